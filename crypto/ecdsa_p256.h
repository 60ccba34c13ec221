// The signatures of cipher suite 0x0001; crypto/signature.h is their interface.
#ifndef SEALBOOK_CRYPTO_ECDSA_P256_H_
#define SEALBOOK_CRYPTO_ECDSA_P256_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/signature.h"

namespace sealbook::crypto {

absl::StatusOr<std::unique_ptr<SignaturePublicKey>> ParseEcdsaP256(
    absl::string_view encoded);
absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> GenerateEcdsaP256();
absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> EcdsaP256FromPem(
    absl::string_view pem);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_ECDSA_P256_H_
