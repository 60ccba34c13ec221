#include "crypto/vrf.h"

#include "crypto/cipher_suite.h"
#include "crypto/ecvrf_ed25519.h"
#include "crypto/ecvrf_p256.h"

namespace sealbook::crypto {

size_t VrfProofSize(CipherSuite suite) {
  switch (suite) {
    case CipherSuite::kP256:
      return kEcvrfP256ProofSize;
    case CipherSuite::kEd25519:
      return kEcvrfEd25519ProofSize;
  }
  return 0;
}

absl::StatusOr<std::unique_ptr<VrfPublicKey>> VrfPublicKey::Parse(
    CipherSuite suite, absl::string_view encoded) {
  switch (suite) {
    case CipherSuite::kP256:
      return ParseEcvrfP256(encoded);
    case CipherSuite::kEd25519:
      return ParseEcvrfEd25519(encoded);
  }
  return UnsupportedCipherSuite(suite);
}

absl::StatusOr<std::unique_ptr<VrfPrivateKey>> VrfPrivateKey::Generate(
    CipherSuite suite) {
  switch (suite) {
    case CipherSuite::kP256:
      return GenerateEcvrfP256();
    case CipherSuite::kEd25519:
      return GenerateEcvrfEd25519();
  }
  return UnsupportedCipherSuite(suite);
}

absl::StatusOr<std::unique_ptr<VrfPrivateKey>> VrfPrivateKey::FromPem(
    CipherSuite suite, absl::string_view pem) {
  switch (suite) {
    case CipherSuite::kP256:
      return EcvrfP256FromPem(pem);
    case CipherSuite::kEd25519:
      return EcvrfEd25519FromPem(pem);
  }
  return UnsupportedCipherSuite(suite);
}

}  // namespace sealbook::crypto
