// EC_POINTs_mul is deprecated and has no successor: two products with common
// doublings cost three quarters of two separate ones.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/p256.h"

#include <openssl/obj_mac.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "crypto/openssl_error.h"
#include "crypto/p256_field.h"

namespace sealbook::crypto {
namespace {

absl::Status MultiplyStatus(int result) {
  if (result == 1) return absl::OkStatus();
  return OpenSslError(absl::StatusCode::kInternal, "P-256 multiplication");
}

}  // namespace

const EC_GROUP* P256Group() {
  static const EC_GROUP* const group = [] {
    const EC_GROUP* made = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    RequireOpenSsl(made != nullptr, "EC_GROUP_new_by_curve_name(P-256)");
    return made;
  }();
  return group;
}

const BIGNUM* P256Order() { return EC_GROUP_get0_order(P256Group()); }

const BN_MONT_CTX* P256OrderMontgomery() {
  static const BN_MONT_CTX* const montgomery = [] {
    BN_MONT_CTX* made = BN_MONT_CTX_new();
    RequireOpenSsl(made != nullptr &&
                       BN_MONT_CTX_set(made, P256Order(), ThreadBnCtx()) == 1,
                   "BN_MONT_CTX_set");
    return made;
  }();
  return montgomery;
}

BN_CTX* ThreadBnCtx() {
  thread_local const BnCtxPtr context(BN_CTX_new());
  RequireOpenSsl(context != nullptr, "BN_CTX_new");
  return context.get();
}

EcPointPtr NewP256Point() {
  EcPointPtr point(EC_POINT_new(P256Group()));
  RequireOpenSsl(point != nullptr, "EC_POINT_new");
  return point;
}

BnPtr NewBn() {
  BnPtr number(BN_new());
  RequireOpenSsl(number != nullptr, "BN_new");
  return number;
}

absl::StatusOr<EcPointPtr> DecodeP256Point(absl::string_view encoded) {
  if (encoded.size() != kP256PointSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("compressed P-256 point has ", encoded.size(),
                     " bytes, not ", kP256PointSize));
  }
  if (encoded[0] != 2 && encoded[0] != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("compressed P-256 point starts with byte ",
                     static_cast<uint8_t>(encoded[0]), ", not 2 or 3"));
  }
  P256Coordinate x;
  std::copy(encoded.begin() + 1, encoded.end(), x.begin());
  std::optional<P256Coordinate> y = P256SolveY(x, encoded[0] == 3);
  if (!y.has_value()) {
    return absl::InvalidArgumentError("no P-256 point has this x coordinate");
  }
  BnPtr x_number(BN_bin2bn(x.data(), x.size(), nullptr));
  BnPtr y_number(BN_bin2bn(y->data(), y->size(), nullptr));
  RequireOpenSsl(x_number != nullptr && y_number != nullptr, "BN_bin2bn");
  EcPointPtr point = NewP256Point();
  // Checks the curve's equation once more.
  if (EC_POINT_set_affine_coordinates(P256Group(), point.get(), x_number.get(),
                                      y_number.get(), ThreadBnCtx()) != 1) {
    return OpenSslError(absl::StatusCode::kInternal, "decoding a P-256 point");
  }
  return point;
}

absl::StatusOr<P256PointBytes> EncodeP256Point(const EC_POINT* point) {
  if (EC_POINT_is_at_infinity(P256Group(), point) == 1) {
    return absl::InvalidArgumentError("P-256 point at infinity");
  }
  P256PointBytes bytes;
  if (EC_POINT_point2oct(P256Group(), point, POINT_CONVERSION_COMPRESSED,
                         bytes.data(), bytes.size(),
                         ThreadBnCtx()) != bytes.size()) {
    return OpenSslError(absl::StatusCode::kInternal, "encoding a P-256 point");
  }
  return bytes;
}

absl::Status P256Multiply(const BIGNUM* scalar, const EC_POINT* point,
                          EC_POINT* result) {
  return MultiplyStatus(
      EC_POINT_mul(P256Group(), result, nullptr, point, scalar, ThreadBnCtx()));
}

absl::Status P256MultiplyGenerator(const BIGNUM* scalar, EC_POINT* result) {
  return MultiplyStatus(EC_POINT_mul(P256Group(), result, scalar, nullptr,
                                     nullptr, ThreadBnCtx()));
}

absl::Status P256MultiplyGeneratorAdd(const BIGNUM* generator_scalar,
                                      const BIGNUM* scalar,
                                      const EC_POINT* point, EC_POINT* result) {
  return MultiplyStatus(EC_POINT_mul(P256Group(), result, generator_scalar,
                                     point, scalar, ThreadBnCtx()));
}

absl::Status P256MultiplyAdd(const BIGNUM* scalar1, const EC_POINT* point1,
                             const BIGNUM* scalar2, const EC_POINT* point2,
                             EC_POINT* result) {
  std::array<const EC_POINT*, 2> points = {point1, point2};
  std::array<const BIGNUM*, 2> scalars = {scalar1, scalar2};
  return MultiplyStatus(EC_POINTs_mul(P256Group(), result, nullptr,
                                      points.size(), points.data(),
                                      scalars.data(), ThreadBnCtx()));
}

}  // namespace sealbook::crypto
