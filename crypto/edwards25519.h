// The group of edwards25519 (RFC 8032, 5.1) as Ed25519 and ECVRF use it, on
// libsodium. Thread-safe.
//
// The curve has 8*q points: those of prime order q, the identity, and sums of
// them with the 8 points of small order. An honest key, and what is computed
// from it, has prime order.
#ifndef SEALBOOK_CRYPTO_EDWARDS25519_H_
#define SEALBOOK_CRYPTO_EDWARDS25519_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "crypto/secret_bytes.h"

namespace sealbook::crypto {

// A point of the curve in the one encoding that RFC 8032, 5.1.3 decodes: y < p,
// and no sign where x is 0.
using EdwardsPoint = FixedBytes<struct EdwardsPointTag, 32>;

// In [0, q), little endian. Wiped, as many are secret.
using EdwardsScalar = SecretBytes<32>;

EdwardsPoint EdwardsIdentity();

// 8 * the point that `encoded` is. Absent: another length, not canonical, or no
// point has this y. Variable time: for public points only.
std::optional<EdwardsPoint> MultiplyByCofactor(absl::string_view encoded);

// Decodes a point of prime order. INVALID_ARGUMENT: another length or another
// point. Variable time.
absl::StatusOr<EdwardsPoint> ParsePrimeOrderPoint(absl::string_view encoded);

// Whether `bytes` (32) are below q. Variable time.
bool IsEdwardsScalar(absl::string_view bytes);

// The little-endian number `wide` mod q.
EdwardsScalar ReduceScalar(const SecretBytes<64>& wide);
// (a * b + c) mod q, in constant time.
EdwardsScalar MultiplyAddScalars(const EdwardsScalar& a, const EdwardsScalar& b,
                                 const EdwardsScalar& c);

// scalar * generator, in constant time.
EdwardsPoint MultiplyGenerator(const EdwardsScalar& scalar);
// scalar * point, for every point of the curve; in constant time with regard to
// a scalar other than 0 if the point has prime order.
EdwardsPoint Multiply(const EdwardsScalar& scalar, const EdwardsPoint& point);
EdwardsPoint Add(const EdwardsPoint& a, const EdwardsPoint& b);
EdwardsPoint Subtract(const EdwardsPoint& a, const EdwardsPoint& b);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_EDWARDS25519_H_
