#include "crypto/signature.h"

#include "crypto/cipher_suite.h"
#include "crypto/ecdsa_p256.h"

namespace sealbook::crypto {

absl::StatusOr<std::unique_ptr<SignaturePublicKey>> SignaturePublicKey::Parse(
    CipherSuite suite, absl::string_view encoded) {
  switch (suite) {
    case CipherSuite::kP256:
      return ParseEcdsaP256(encoded);
  }
  return UnsupportedCipherSuite(suite);
}

absl::StatusOr<std::unique_ptr<SignaturePrivateKey>>
SignaturePrivateKey::Generate(CipherSuite suite) {
  switch (suite) {
    case CipherSuite::kP256:
      return GenerateEcdsaP256();
  }
  return UnsupportedCipherSuite(suite);
}

absl::StatusOr<std::unique_ptr<SignaturePrivateKey>>
SignaturePrivateKey::FromPem(CipherSuite suite, absl::string_view pem) {
  switch (suite) {
    case CipherSuite::kP256:
      return EcdsaP256FromPem(pem);
  }
  return UnsupportedCipherSuite(suite);
}

}  // namespace sealbook::crypto
