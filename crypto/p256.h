// The group of P-256 as ECVRF uses it, on OpenSSL's EC_GROUP. Thread-safe.
#ifndef SEALBOOK_CRYPTO_P256_H_
#define SEALBOOK_CRYPTO_P256_H_

#include <openssl/bn.h>
#include <openssl/ec.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/openssl_ptr.h"

namespace sealbook::crypto {

inline constexpr size_t kP256ScalarSize = 32;
inline constexpr size_t kP256PointSize = 33;  // compressed
inline constexpr size_t kP256UncompressedSize = 65;

// A point other than infinity in the compressed form of SEC 1, 2.3.3.
using P256PointBytes = std::array<uint8_t, kP256PointSize>;

inline absl::string_view AsView(const P256PointBytes& bytes) {
  return absl::string_view(reinterpret_cast<const char*>(bytes.data()),
                           bytes.size());
}

// Never null, never freed. Nobody changes them.
const EC_GROUP* P256Group();
const BIGNUM* P256Order();
const BN_MONT_CTX* P256OrderMontgomery();

// This thread's scratch memory; valid until the thread ends.
BN_CTX* ThreadBnCtx();

// A new point (infinity). Ends the process when memory is exhausted.
EcPointPtr NewP256Point();
// A new number (zero). Ends the process when memory is exhausted.
BnPtr NewBn();

// The point on the curve that `encoded` is. INVALID_ARGUMENT: another length or
// first byte, x >= p, or no point has this x. Never infinity. As the cofactor
// is 1, such a point is in the group. Variable time: for public points only.
absl::StatusOr<EcPointPtr> DecodeP256Point(absl::string_view encoded);

// INVALID_ARGUMENT: infinity, which has no such encoding.
absl::StatusOr<P256PointBytes> EncodeP256Point(const EC_POINT* point);

// scalar * point, in constant time with regard to the scalar (in [0, n)).
absl::Status P256Multiply(const BIGNUM* scalar, const EC_POINT* point,
                          EC_POINT* result);
// The same with the generator.
absl::Status P256MultiplyGenerator(const BIGNUM* scalar, EC_POINT* result);
// generator_scalar * generator + scalar * point.
absl::Status P256MultiplyGeneratorAdd(const BIGNUM* generator_scalar,
                                      const BIGNUM* scalar,
                                      const EC_POINT* point, EC_POINT* result);
// scalar1 * point1 + scalar2 * point2, cheaper than the two products.
absl::Status P256MultiplyAdd(const BIGNUM* scalar1, const EC_POINT* point1,
                             const BIGNUM* scalar2, const EC_POINT* point2,
                             EC_POINT* result);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_P256_H_
