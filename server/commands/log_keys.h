// The log's own two keys and the files that they live in.
#ifndef SEALBOOK_SERVER_COMMANDS_LOG_KEYS_H_
#define SEALBOOK_SERVER_COMMANDS_LOG_KEYS_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/signature.h"
#include "crypto/types.h"
#include "crypto/vrf.h"
#include "keytrans/structures.h"
#include "server/config/config.h"

namespace sealbook::server {

struct LogKeys {
  std::unique_ptr<crypto::SignaturePrivateKey> signing;
  std::unique_ptr<crypto::VrfPrivateKey> vrf;
};

// Reads both, from files or URIs, with the configured passphrase. Messages name
// the file; NOT_FOUND says that `init` makes keys; else as crypto/key_file.h,
// crypto/key_store.h, ReadKeyPassphrase, and FromPem, with the suite's name.
absl::StatusOr<LogKeys> ReadLogKeys(const Config& config,
                                    crypto::CipherSuite suite);

// True: both files are there (URIs always are); false: none.
// FAILED_PRECONDITION: only one is, with what that means.
absl::StatusOr<bool> HaveLogKeys(const Config& config);

// New ones, in memory.
absl::StatusOr<LogKeys> GenerateLogKeys(crypto::CipherSuite suite);

// Writes both files (mode 0600, durably), encrypted if a passphrase is
// configured. ALREADY_EXISTS: never overwrites.
absl::Status WriteLogKeys(const Config& config, const LogKeys& keys);

// FAILED_PRECONDITION, naming the file: a key is not the one in
// `configuration`.
absl::Status CheckLogKeys(const Config& config, const LogKeys& keys,
                          const keytrans::Configuration& configuration);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_LOG_KEYS_H_
