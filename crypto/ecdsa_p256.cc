#include "crypto/ecdsa_p256.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "crypto/p256.h"
#include "crypto/p256_key.h"
#include "crypto/private_key_pem.h"

namespace sealbook::crypto {
namespace {

constexpr size_t kSignatureSize = 2 * kP256ScalarSize;
// SEQUENCE of two INTEGERs of up to 33 bytes.
constexpr size_t kMaxDerSize = 72;

const uint8_t* Bytes(absl::string_view view) {
  return reinterpret_cast<const uint8_t*>(view.data());
}

bool InScalarRange(const BIGNUM* number) {
  return !BN_is_zero(number) && BN_cmp(number, P256Order()) < 0;
}

// The Ecdsa-Sig-Value that OpenSSL verifies, from r || s.
absl::StatusOr<std::string> ToDer(absl::string_view signature) {
  if (signature.size() != kSignatureSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("ECDSA P-256 signature has ", signature.size(),
                     " bytes, not ", kSignatureSize));
  }
  BnPtr r(BN_bin2bn(Bytes(signature), kP256ScalarSize, nullptr));
  BnPtr s(
      BN_bin2bn(Bytes(signature) + kP256ScalarSize, kP256ScalarSize, nullptr));
  EcdsaSigPtr parts(ECDSA_SIG_new());
  RequireOpenSsl(r != nullptr && s != nullptr && parts != nullptr, "BN_bin2bn");
  if (!InScalarRange(r.get()) || !InScalarRange(s.get())) {
    return absl::InvalidArgumentError(
        "ECDSA P-256 signature with r or s out of range");
  }
  ECDSA_SIG_set0(parts.get(), r.release(), s.release());
  std::array<uint8_t, kMaxDerSize> der;
  uint8_t* end = der.data();
  RequireOpenSsl(i2d_ECDSA_SIG(parts.get(), &end) > 0, "i2d_ECDSA_SIG");
  return std::string(der.data(), end);
}

absl::StatusOr<std::string> FromDer(const uint8_t* der, size_t size) {
  EcdsaSigPtr parts(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size)));
  std::array<uint8_t, kSignatureSize> raw;
  if (parts == nullptr ||
      BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), raw.data(), kP256ScalarSize) <
          0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), &raw[kP256ScalarSize],
                   kP256ScalarSize) < 0) {
    return OpenSslError(absl::StatusCode::kInternal,
                        "reading an ECDSA P-256 signature");
  }
  return std::string(raw.begin(), raw.end());
}

class EcdsaP256PublicKey : public SignaturePublicKey {
 public:
  // `verifying` is a context of `key`, ready to verify. It is only ever copied,
  // which is cheaper than preparing another one and needs no lock.
  explicit EcdsaP256PublicKey(EvpPkeyCtxPtr verifying)
      : verifying_(std::move(verifying)) {}

  absl::Status Verify(absl::string_view message,
                      absl::string_view signature) const override {
    ScopedOpenSslErrors errors;
    SEALBOOK_ASSIGN_OR_RETURN(std::string der, ToDer(signature));
    Hash digest = Sha256(message);
    EvpPkeyCtxPtr context(EVP_PKEY_CTX_dup(verifying_.get()));
    if (context == nullptr) {
      return OpenSslError(absl::StatusCode::kInternal, "EVP_PKEY_CTX_dup");
    }
    if (EVP_PKEY_verify(context.get(), Bytes(der), der.size(), digest.data(),
                        digest.size()) != 1) {
      return absl::InvalidArgumentError(
          "ECDSA P-256 signature does not verify");
    }
    return absl::OkStatus();
  }

 private:
  EvpPkeyCtxPtr verifying_;
};

class EcdsaP256PrivateKey : public SignaturePrivateKey {
 public:
  static absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> Make(
      EvpPkeyPtr key) {
    SEALBOOK_ASSIGN_OR_RETURN(std::string public_key, P256PublicKey(key.get()));
    EvpPkeyCtxPtr signing(
        EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    if (signing == nullptr || EVP_PKEY_sign_init(signing.get()) != 1) {
      return OpenSslError(absl::StatusCode::kInternal, "EVP_PKEY_sign_init");
    }
    return std::make_unique<EcdsaP256PrivateKey>(
        std::move(key), std::move(signing), std::move(public_key));
  }

  EcdsaP256PrivateKey(EvpPkeyPtr key, EvpPkeyCtxPtr signing,
                      std::string public_key)
      : key_(std::move(key)),
        signing_(std::move(signing)),
        public_key_(std::move(public_key)) {}

  absl::StatusOr<std::string> Sign(absl::string_view message) const override {
    ScopedOpenSslErrors errors;
    Hash digest = Sha256(message);
    std::array<uint8_t, kMaxDerSize> der;
    size_t size = der.size();
    EvpPkeyCtxPtr context(EVP_PKEY_CTX_dup(signing_.get()));
    if (context == nullptr ||
        EVP_PKEY_sign(context.get(), der.data(), &size, digest.data(),
                      digest.size()) != 1) {
      return OpenSslError(absl::StatusCode::kInternal, "ECDSA P-256 signing");
    }
    return FromDer(der.data(), size);
  }

  const std::string& public_key() const override { return public_key_; }

  absl::StatusOr<SecretText> ToPem() const override {
    return PrivateKeyToPem(key_.get());
  }

 private:
  EvpPkeyPtr key_;
  EvpPkeyCtxPtr signing_;  // Ready to sign; only ever copied, as above.
  std::string public_key_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SignaturePublicKey>> ParseEcdsaP256(
    absl::string_view encoded) {
  ScopedOpenSslErrors errors;
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, P256KeyFromPublic(encoded));
  EvpPkeyCtxPtr verifying(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (verifying == nullptr || EVP_PKEY_verify_init(verifying.get()) != 1) {
    return OpenSslError(absl::StatusCode::kInternal, "EVP_PKEY_verify_init");
  }
  return std::make_unique<EcdsaP256PublicKey>(std::move(verifying));
}

absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> GenerateEcdsaP256() {
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, GenerateP256Key());
  return EcdsaP256PrivateKey::Make(std::move(key));
}

absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> EcdsaP256FromPem(
    absl::string_view pem) {
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, P256KeyFromPem(pem));
  return EcdsaP256PrivateKey::Make(std::move(key));
}

}  // namespace sealbook::crypto
