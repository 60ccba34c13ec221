// Square roots modulo the prime of P-256, for points that are given by their x.
// Not constant-time in what it refuses: only for public values.
#ifndef SEALBOOK_CRYPTO_P256_FIELD_H_
#define SEALBOOK_CRYPTO_P256_FIELD_H_

#include <array>
#include <cstdint>
#include <optional>

namespace sealbook::crypto {

// 32 bytes, big endian, less than p.
using P256Coordinate = std::array<uint8_t, 32>;

// The y whose lowest bit is `odd` on the curve y^2 = x^3 - 3x + b (SEC
// 1, 2.3.4, steps 2.1 to 2.4). None: x >= p, or no point has this x.
std::optional<P256Coordinate> P256SolveY(const P256Coordinate& x, bool odd);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_P256_FIELD_H_
