// An Ed25519 private key (RFC 8032, 5.1.5) as OpenSSL holds it: both uses of
// such a key (signatures, ECVRF) make, read and write it in the same way.
#ifndef SEALBOOK_CRYPTO_ED25519_KEY_H_
#define SEALBOOK_CRYPTO_ED25519_KEY_H_

#include <openssl/evp.h>

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/openssl_ptr.h"
#include "crypto/secret_bytes.h"

namespace sealbook::crypto {

inline constexpr size_t kEd25519KeySize = 32;  // private and public

absl::StatusOr<EvpPkeyPtr> GenerateEd25519Key();

// From PKCS#8 PEM text (RFC 8410), not encrypted. INVALID_ARGUMENT: no private
// key, more than 64 KiB, or another algorithm.
absl::StatusOr<EvpPkeyPtr> Ed25519KeyFromPem(absl::string_view pem);

// The public key (32 bytes).
absl::StatusOr<std::string> Ed25519PublicKey(const EVP_PKEY* key);

// The private key itself: the 32 bytes that are hashed to the scalar.
absl::StatusOr<SecretBytes<kEd25519KeySize>> Ed25519Seed(const EVP_PKEY* key);

// A public key for verifying. INVALID_ARGUMENT: not 32 bytes, or not the one
// encoding of a point of prime order. RFC 8032 lets other points pass, but no
// private key belongs to them.
absl::StatusOr<EvpPkeyPtr> Ed25519KeyFromPublic(absl::string_view encoded);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_ED25519_KEY_H_
