// Private keys in PEM files.
//
//   SEALBOOK_ASSIGN_OR_RETURN(SecretText pem, ReadKeyFile("/etc/x/vrf.pem"));
//   auto key = VrfPrivateKey::FromPem(CipherSuite::kP256, pem.view());
//
// Thread-safe.
#ifndef SEALBOOK_CRYPTO_KEY_FILE_H_
#define SEALBOOK_CRYPTO_KEY_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/secret_text.h"

namespace sealbook::crypto {

// The whole file; a symbolic link is followed and its target judged.
// NOT_FOUND: no such file. FAILED_PRECONDITION: the file may be read or written
// by group or others, or is owned by somebody else (the message names the file,
// its mode and `chmod 600`). INVALID_ARGUMENT: larger than 64 KiB, or not a
// regular file. Another failure has the status of its errno.
absl::StatusOr<SecretText> ReadKeyFile(const std::string& path);

// What an open descriptor still gives (a pipe, a file), up to its end; `name`
// is for messages. INVALID_ARGUMENT: more than 64 KiB. Does not close it.
absl::StatusOr<SecretText> ReadSecret(int descriptor, const std::string& name);

// Creates `path` with mode 0600, durably (file and folder synced): it appears
// with all its bytes or not at all. ALREADY_EXISTS: never overwrites.
// NOT_FOUND: no such folder. Another failure has the status of its errno; if
// only the last sync of the folder failed, the file is there.
absl::Status WriteKeyFile(const std::string& path, const SecretText& pem);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_KEY_FILE_H_
