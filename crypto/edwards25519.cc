#include "crypto/edwards25519.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "crypto/openssl_error.h"

namespace sealbook::crypto {
namespace {

// q = 2^252 + 27742317777372353535851937790883648493, little endian.
constexpr std::array<uint8_t, 32> kOrder = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
    0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

const uint8_t* Bytes(absl::string_view view) {
  return reinterpret_cast<const uint8_t*>(view.data());
}

// 1 / 8 mod q.
const EdwardsScalar& InverseOfCofactor() {
  static const EdwardsScalar& inverse = *[] {
    EdwardsScalar eight;
    eight[0] = 8;
    auto* made = new EdwardsScalar;
    RequireOpenSsl(
        crypto_core_ed25519_scalar_invert(made->data(), eight.data()) == 0,
        "crypto_core_ed25519_scalar_invert");
    return made;
  }();
  return inverse;
}

// RFC 8032, 5.1.3, as far as it is about form. libsodium takes the sign of an x
// that is 0, and its additions reduce y >= p.
bool IsCanonical(absl::string_view encoded) {
  const uint8_t* bytes = Bytes(encoded);
  const bool sign = (bytes[31] & 0x80) != 0;
  const uint8_t top = bytes[31] & 0x7f;
  const auto all = [&](uint8_t value) {
    return std::all_of(bytes + 1, bytes + 31,
                       [&](uint8_t byte) { return byte == value; });
  };
  if (top == 0x7f && bytes[0] >= 0xec && all(0xff)) {
    // p - 1, with which x is 0, and from there on p and more.
    return bytes[0] == 0xec && !sign;
  }
  const bool is_one = top == 0 && bytes[0] == 1 && all(0);  // x is 0 again
  return !(is_one && sign);
}

// For a point of prime order or the identity. libsodium refuses the identity,
// both as the point and as the result.
EdwardsPoint MultiplyPrimeOrder(const EdwardsScalar& scalar,
                                const EdwardsPoint& point) {
  EdwardsPoint result;
  if (crypto_scalarmult_ed25519_noclamp(result.data(), scalar.data(),
                                        point.data()) != 0) {
    return EdwardsIdentity();
  }
  return result;
}

// scalar * point for whatever libsodium refuses: a point not of prime order, or
// a result that is the identity. The point is the sum of one in the prime-order
// subgroup, (1/8) * (8 * point), and one of small order.
EdwardsPoint MultiplyByParts(const EdwardsScalar& scalar,
                             const EdwardsPoint& point) {
  const std::optional<EdwardsPoint> cleared = MultiplyByCofactor(point.view());
  RequireOpenSsl(cleared.has_value(), "EdwardsPoint");
  const EdwardsPoint small =
      Subtract(point, MultiplyPrimeOrder(InverseOfCofactor(), *cleared));
  EdwardsPoint result = MultiplyPrimeOrder(
      MultiplyAddScalars(scalar, InverseOfCofactor(), EdwardsScalar()),
      *cleared);
  for (int i = 0; i < scalar[0] % 8; ++i) result = Add(result, small);
  return result;
}

}  // namespace

EdwardsPoint EdwardsIdentity() {
  EdwardsPoint identity;
  identity.data()[0] = 1;
  return identity;
}

std::optional<EdwardsPoint> MultiplyByCofactor(absl::string_view encoded) {
  if (encoded.size() != EdwardsPoint::kSize || !IsCanonical(encoded)) {
    return std::nullopt;
  }
  EdwardsPoint point;
  std::memcpy(point.data(), encoded.data(), encoded.size());
  // The only one of libsodium's functions that takes every point; the first
  // call decides whether it is one. Doubling is adding, and three calls cost
  // half of what a multiplication does.
  for (int i = 0; i < 3; ++i) {
    if (crypto_core_ed25519_add(point.data(), point.data(), point.data()) !=
        0) {
      return std::nullopt;
    }
  }
  return point;
}

absl::StatusOr<EdwardsPoint> ParsePrimeOrderPoint(absl::string_view encoded) {
  if (encoded.size() != EdwardsPoint::kSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("edwards25519 point has ", encoded.size(), " bytes, not ",
                     EdwardsPoint::kSize));
  }
  const std::optional<EdwardsPoint> cleared = MultiplyByCofactor(encoded);
  if (!cleared.has_value()) {
    return absl::InvalidArgumentError(
        "not the canonical encoding of an edwards25519 point");
  }
  if (*cleared == EdwardsIdentity()) {
    return absl::InvalidArgumentError("edwards25519 point of small order");
  }
  // crypto_core_ed25519_is_valid_point would not do: up to version 1.0.20 it
  // misses the point of order 2 beside one of prime order (CVE-2025-69277).
  const EdwardsPoint projected =
      MultiplyPrimeOrder(InverseOfCofactor(), *cleared);
  if (projected.view() != encoded) {
    return absl::InvalidArgumentError(
        "edwards25519 point outside the group of prime order");
  }
  return projected;
}

bool IsEdwardsScalar(absl::string_view bytes) {
  return bytes.size() == kOrder.size() &&
         std::lexicographical_compare(
             std::make_reverse_iterator(Bytes(bytes) + bytes.size()),
             std::make_reverse_iterator(Bytes(bytes)), kOrder.rbegin(),
             kOrder.rend());
}

EdwardsScalar ReduceScalar(const SecretBytes<64>& wide) {
  EdwardsScalar scalar;
  crypto_core_ed25519_scalar_reduce(scalar.data(), wide.data());
  return scalar;
}

EdwardsScalar MultiplyAddScalars(const EdwardsScalar& a, const EdwardsScalar& b,
                                 const EdwardsScalar& c) {
  EdwardsScalar result;
  crypto_core_ed25519_scalar_mul(result.data(), a.data(), b.data());
  crypto_core_ed25519_scalar_add(result.data(), result.data(), c.data());
  return result;
}

EdwardsPoint MultiplyGenerator(const EdwardsScalar& scalar) {
  EdwardsPoint result;
  // Refused: 0 * generator.
  if (crypto_scalarmult_ed25519_base_noclamp(result.data(), scalar.data()) !=
      0) {
    return EdwardsIdentity();
  }
  return result;
}

EdwardsPoint Multiply(const EdwardsScalar& scalar, const EdwardsPoint& point) {
  EdwardsPoint result;
  if (crypto_scalarmult_ed25519_noclamp(result.data(), scalar.data(),
                                        point.data()) == 0) {
    return result;
  }
  return MultiplyByParts(scalar, point);
}

EdwardsPoint Add(const EdwardsPoint& a, const EdwardsPoint& b) {
  EdwardsPoint result;
  RequireOpenSsl(
      crypto_core_ed25519_add(result.data(), a.data(), b.data()) == 0,
      "crypto_core_ed25519_add");
  return result;
}

EdwardsPoint Subtract(const EdwardsPoint& a, const EdwardsPoint& b) {
  EdwardsPoint result;
  RequireOpenSsl(
      crypto_core_ed25519_sub(result.data(), a.data(), b.data()) == 0,
      "crypto_core_ed25519_sub");
  return result;
}

}  // namespace sealbook::crypto
