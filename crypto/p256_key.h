// A P-256 private key as OpenSSL holds it: both uses of such a key (ECDSA,
// ECVRF) make, read and write it in the same way.
#ifndef SEALBOOK_CRYPTO_P256_KEY_H_
#define SEALBOOK_CRYPTO_P256_KEY_H_

#include <openssl/evp.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/openssl_ptr.h"

namespace sealbook::crypto {

absl::StatusOr<EvpPkeyPtr> GenerateP256Key();

// From PKCS#8 or SEC 1 PEM text, not encrypted. INVALID_ARGUMENT: no private
// key, more than 64 KiB, another algorithm or curve, a curve given by its
// parameters, or a private key that does not belong to its public key.
absl::StatusOr<EvpPkeyPtr> P256KeyFromPem(absl::string_view pem);

// The public key in the uncompressed form of SEC 1, 2.3.3 (65 bytes).
absl::StatusOr<std::string> P256PublicKey(const EVP_PKEY* key);

// The private scalar, in [1, n), flagged for constant-time use.
absl::StatusOr<BnPtr> P256PrivateScalar(const EVP_PKEY* key);

// A public key for verifying. `encoded` as P256PublicKey returns it;
// INVALID_ARGUMENT: another length or form, or not a point of the curve.
absl::StatusOr<EvpPkeyPtr> P256KeyFromPublic(absl::string_view encoded);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_P256_KEY_H_
