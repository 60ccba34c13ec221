// Ed25519 (RFC 8032, 5.1), the signatures of cipher suite 0x0002;
// crypto/signature.h is their interface.
#ifndef SEALBOOK_CRYPTO_ED25519_H_
#define SEALBOOK_CRYPTO_ED25519_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/signature.h"

namespace sealbook::crypto {

absl::StatusOr<std::unique_ptr<SignaturePublicKey>> ParseEd25519(
    absl::string_view encoded);
absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> GenerateEd25519();
absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> Ed25519FromPem(
    absl::string_view pem);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_ED25519_H_
