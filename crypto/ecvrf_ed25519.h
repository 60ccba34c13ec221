// ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, 5.5), the VRF of cipher suite
// 0x0002; crypto/vrf.h is its interface.
#ifndef SEALBOOK_CRYPTO_ECVRF_ED25519_H_
#define SEALBOOK_CRYPTO_ECVRF_ED25519_H_

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/vrf.h"

namespace sealbook::crypto {

// Gamma (32) || c (16) || s (32).
inline constexpr size_t kEcvrfEd25519ProofSize = 80;

absl::StatusOr<std::unique_ptr<VrfPublicKey>> ParseEcvrfEd25519(
    absl::string_view encoded);
absl::StatusOr<std::unique_ptr<VrfPrivateKey>> GenerateEcvrfEd25519();
absl::StatusOr<std::unique_ptr<VrfPrivateKey>> EcvrfEd25519FromPem(
    absl::string_view pem);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_ECVRF_ED25519_H_
