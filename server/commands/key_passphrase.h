// The passphrase of the log's keys.
#ifndef SEALBOOK_SERVER_COMMANDS_KEY_PASSPHRASE_H_
#define SEALBOOK_SERVER_COMMANDS_KEY_PASSPHRASE_H_

#include <optional>

#include "absl/status/statusor.h"
#include "crypto/secret_text.h"
#include "server/config/config.h"

namespace sealbook::server {

// Absent: none is configured. One line end after it is taken off. A descriptor
// is read to its end, so this works once. INVALID_ARGUMENT: it is empty.
// NOT_FOUND, FAILED_PRECONDITION and others: as crypto/key_file.h, or systemd
// has given this process no credentials; the message names the place.
absl::StatusOr<std::optional<crypto::SecretText>> ReadKeyPassphrase(
    const PassphraseSource& source);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_KEY_PASSPHRASE_H_
