#include "crypto/ed25519.h"

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/ed25519_key.h"
#include "crypto/edwards25519.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "crypto/private_key_pem.h"

namespace sealbook::crypto {
namespace {

constexpr size_t kSignatureSize = 64;  // R (32) || S (32)

const uint8_t* Bytes(absl::string_view view) {
  return reinterpret_cast<const uint8_t*>(view.data());
}

class Ed25519Verifier : public SignaturePublicKey {
 public:
  explicit Ed25519Verifier(EvpPkeyPtr key) : key_(std::move(key)) {}

  absl::Status Verify(absl::string_view message,
                      absl::string_view signature) const override {
    ScopedOpenSslErrors errors;
    if (signature.size() != kSignatureSize) {
      return absl::InvalidArgumentError(
          absl::StrCat("Ed25519 signature has ", signature.size(),
                       " bytes, not ", kSignatureSize));
    }
    if (!IsEdwardsScalar(signature.substr(32))) {
      return absl::InvalidArgumentError(
          "Ed25519 signature with S out of range");
    }
    // A context that is ready cannot be copied for this algorithm (OpenSSL
    // 3.0: EVP_MD_CTX_copy wants a digest).
    EvpMdCtxPtr context(EVP_MD_CTX_new());
    if (context == nullptr ||
        EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr,
                                nullptr, key_.get(), nullptr) != 1) {
      return OpenSslError(absl::StatusCode::kInternal,
                          "EVP_DigestVerifyInit_ex");
    }
    // Computes R = S*B - h*A without the cofactor and compares encodings: an R
    // that is not canonical never verifies.
    if (EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                         Bytes(message), message.size()) != 1) {
      return absl::InvalidArgumentError("Ed25519 signature does not verify");
    }
    return absl::OkStatus();
  }

 private:
  EvpPkeyPtr key_;
};

class Ed25519Signer : public SignaturePrivateKey {
 public:
  static absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> Make(
      EvpPkeyPtr key) {
    SEALBOOK_ASSIGN_OR_RETURN(std::string public_key,
                              Ed25519PublicKey(key.get()));
    return std::make_unique<Ed25519Signer>(std::move(key),
                                           std::move(public_key));
  }

  Ed25519Signer(EvpPkeyPtr key, std::string public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}

  absl::StatusOr<std::string> Sign(absl::string_view message) const override {
    ScopedOpenSslErrors errors;
    std::string signature(kSignatureSize, '\0');
    size_t size = signature.size();
    EvpMdCtxPtr context(EVP_MD_CTX_new());
    if (context == nullptr ||
        EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                              key_.get(), nullptr) != 1 ||
        EVP_DigestSign(context.get(),
                       reinterpret_cast<uint8_t*>(signature.data()), &size,
                       Bytes(message), message.size()) != 1 ||
        size != signature.size()) {
      return OpenSslError(absl::StatusCode::kInternal, "Ed25519 signing");
    }
    return signature;
  }

  const std::string& public_key() const override { return public_key_; }

  absl::StatusOr<SecretText> ToPem() const override {
    return PrivateKeyToPem(key_.get());
  }

 private:
  EvpPkeyPtr key_;
  std::string public_key_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SignaturePublicKey>> ParseEd25519(
    absl::string_view encoded) {
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, Ed25519KeyFromPublic(encoded));
  return std::make_unique<Ed25519Verifier>(std::move(key));
}

absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> GenerateEd25519() {
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, GenerateEd25519Key());
  return Ed25519Signer::Make(std::move(key));
}

absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> Ed25519FromPem(
    absl::string_view pem) {
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, Ed25519KeyFromPem(pem));
  return Ed25519Signer::Make(std::move(key));
}

}  // namespace sealbook::crypto
