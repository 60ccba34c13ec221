#include "crypto/p256_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include <array>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/openssl_error.h"
#include "crypto/p256.h"
#include "crypto/private_key_pem.h"

namespace sealbook::crypto {
namespace {

constexpr char kCurveName[] = "prime256v1";
absl::Status CheckCurve(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected an EC key on P-256, got ", EVP_PKEY_get0_type_name(key)));
  }
  std::array<char, 64> name{};
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
                                     name.data(), name.size(), nullptr) != 1) {
    return OpenSslError(absl::StatusCode::kInvalidArgument,
                        "expected an EC key on P-256, got an unnamed curve");
  }
  if (absl::string_view(name.data()) != kCurveName) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected an EC key on P-256, got curve ", name.data()));
  }
  int explicit_parameters = 0;
  if (EVP_PKEY_get_int_param(key,
                             OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                             &explicit_parameters) != 1 ||
      explicit_parameters != 0) {
    return absl::InvalidArgumentError(
        "the EC key spells out its curve's parameters instead of naming P-256");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EvpPkeyPtr> GenerateP256Key() {
  ScopedOpenSslErrors errors;
  EvpPkeyPtr key(EVP_EC_gen(kCurveName));
  if (key == nullptr) {
    return OpenSslError(absl::StatusCode::kInternal, "generating a P-256 key");
  }
  return key;
}

absl::StatusOr<EvpPkeyPtr> P256KeyFromPem(absl::string_view pem) {
  ScopedOpenSslErrors errors;
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, PrivateKeyFromPem(pem));
  SEALBOOK_RETURN_IF_ERROR(CheckCurve(key.get()));
  EvpPkeyCtxPtr context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (context == nullptr || EVP_PKEY_pairwise_check(context.get()) != 1 ||
      EVP_PKEY_private_check(context.get()) != 1) {
    return OpenSslError(absl::StatusCode::kInvalidArgument,
                        "the private key does not belong to its public key");
  }
  return key;
}

absl::StatusOr<std::string> P256PublicKey(const EVP_PKEY* key) {
  ScopedOpenSslErrors errors;
  // OSSL_PKEY_PARAM_PUB_KEY would follow the conversion form of the PEM text.
  BIGNUM* x = nullptr;
  BIGNUM* y = nullptr;
  bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1;
  BnPtr x_owner(x);
  ok = ok && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1;
  BnPtr y_owner(y);
  std::array<unsigned char, kP256UncompressedSize> bytes;
  bytes[0] = POINT_CONVERSION_UNCOMPRESSED;
  ok = ok && BN_bn2binpad(x, &bytes[1], kP256ScalarSize) > 0 &&
       BN_bn2binpad(y, &bytes[1 + kP256ScalarSize], kP256ScalarSize) > 0;
  if (!ok) {
    return OpenSslError(absl::StatusCode::kInternal,
                        "reading a P-256 public key");
  }
  return std::string(bytes.begin(), bytes.end());
}

absl::StatusOr<BnPtr> P256PrivateScalar(const EVP_PKEY* key) {
  ScopedOpenSslErrors errors;
  BIGNUM* scalar = nullptr;
  bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1;
  BnPtr owner(scalar);
  if (!ok || BN_is_zero(scalar) || BN_cmp(scalar, P256Order()) >= 0) {
    return OpenSslError(absl::StatusCode::kInternal,
                        "reading a P-256 private key");
  }
  BN_set_flags(owner.get(), BN_FLG_CONSTTIME);
  return owner;
}

absl::StatusOr<EvpPkeyPtr> P256KeyFromPublic(absl::string_view encoded) {
  ScopedOpenSslErrors errors;
  if (encoded.size() != kP256UncompressedSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("uncompressed P-256 point has ", encoded.size(),
                     " bytes, not ", kP256UncompressedSize));
  }
  // OpenSSL would take the hybrid forms 6 and 7 too.
  if (encoded[0] != POINT_CONVERSION_UNCOMPRESSED) {
    return absl::InvalidArgumentError(
        absl::StrCat("uncompressed P-256 point starts with byte ",
                     static_cast<unsigned char>(encoded[0]), ", not 4"));
  }
  OsslParamBldPtr builder(OSSL_PARAM_BLD_new());
  RequireOpenSsl(builder != nullptr, "OSSL_PARAM_BLD_new");
  OsslParamPtr params;
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                      kCurveName, 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                       encoded.data(), encoded.size()) == 1) {
    params.reset(OSSL_PARAM_BLD_to_param(builder.get()));
  }
  EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  bool ok = params != nullptr && context != nullptr &&
            EVP_PKEY_fromdata_init(context.get()) == 1 &&
            EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY,
                              params.get()) == 1;
  EvpPkeyPtr owner(key);
  if (ok) {
    context.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    ok = context != nullptr && EVP_PKEY_public_check(context.get()) == 1;
  }
  if (!ok) {
    return OpenSslError(absl::StatusCode::kInvalidArgument,
                        "not a point of P-256");
  }
  return owner;
}

}  // namespace sealbook::crypto
