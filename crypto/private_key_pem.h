// Private keys of any algorithm as PEM text. Thread-safe.
#ifndef SEALBOOK_CRYPTO_PRIVATE_KEY_PEM_H_
#define SEALBOOK_CRYPTO_PRIVATE_KEY_PEM_H_

#include <openssl/evp.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/openssl_ptr.h"
#include "crypto/secret_text.h"

namespace sealbook::crypto {

// From PKCS#8 or an algorithm's own PEM text, not encrypted. INVALID_ARGUMENT:
// no private key, or more than 64 KiB. The caller checks the algorithm.
absl::StatusOr<EvpPkeyPtr> PrivateKeyFromPem(absl::string_view pem);

// PKCS#8 PEM text.
absl::StatusOr<SecretText> PrivateKeyToPem(const EVP_PKEY* key);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_PRIVATE_KEY_PEM_H_
