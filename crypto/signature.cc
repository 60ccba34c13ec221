#include "crypto/signature.h"

#include "crypto/cipher_suite.h"
#include "crypto/ecdsa_p256.h"
#include "crypto/ed25519.h"

namespace sealbook::crypto {

absl::StatusOr<std::unique_ptr<SignaturePublicKey>> SignaturePublicKey::Parse(
    CipherSuite suite, absl::string_view encoded) {
  switch (suite) {
    case CipherSuite::kP256:
      return ParseEcdsaP256(encoded);
    case CipherSuite::kEd25519:
      return ParseEd25519(encoded);
  }
  return UnsupportedCipherSuite(suite);
}

absl::StatusOr<std::unique_ptr<SignaturePrivateKey>>
SignaturePrivateKey::Generate(CipherSuite suite) {
  switch (suite) {
    case CipherSuite::kP256:
      return GenerateEcdsaP256();
    case CipherSuite::kEd25519:
      return GenerateEd25519();
  }
  return UnsupportedCipherSuite(suite);
}

absl::StatusOr<std::unique_ptr<SignaturePrivateKey>>
SignaturePrivateKey::FromPem(CipherSuite suite, absl::string_view pem) {
  switch (suite) {
    case CipherSuite::kP256:
      return EcdsaP256FromPem(pem);
    case CipherSuite::kEd25519:
      return Ed25519FromPem(pem);
  }
  return UnsupportedCipherSuite(suite);
}

}  // namespace sealbook::crypto
