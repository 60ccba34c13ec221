// ECVRF-P256-SHA256-TAI (RFC 9381, 5.5), the VRF of cipher suite 0x0001;
// crypto/vrf.h is its interface.
#ifndef SEALBOOK_CRYPTO_ECVRF_P256_H_
#define SEALBOOK_CRYPTO_ECVRF_P256_H_

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/vrf.h"

namespace sealbook::crypto {

// Gamma (33) || c (16) || s (32).
inline constexpr size_t kEcvrfP256ProofSize = 81;

absl::StatusOr<std::unique_ptr<VrfPublicKey>> ParseEcvrfP256(
    absl::string_view encoded);
absl::StatusOr<std::unique_ptr<VrfPrivateKey>> GenerateEcvrfP256();
absl::StatusOr<std::unique_ptr<VrfPrivateKey>> EcvrfP256FromPem(
    absl::string_view pem);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_ECVRF_P256_H_
