#include "crypto/p256_field.h"

#include <cstddef>

namespace sealbook::crypto {
namespace {

// OpenSSL's own decoding of a compressed point prepares the modulus anew for
// every root: it takes four times as long, and a VRF input needs two roots on
// average. Here a number is four 64-bit limbs, the lowest first, and, unless
// said otherwise, in Montgomery form (times 2^256 modulo p) and less than p.

using Wide = unsigned __int128;

struct Field {
  std::array<uint64_t, 4> limb;
  friend bool operator==(const Field&, const Field&) = default;
};

// p = 2^256 - 2^224 + 2^192 + 2^96 - 1.
constexpr Field kPrime = {{0xffffffffffffffff, 0x00000000ffffffff,
                           0x0000000000000000, 0xffffffff00000001}};

// carry * 2^256 + a, reduced once; requires that to be less than 2p.
Field ReduceOnce(const Field& a, uint64_t carry) {
  Field reduced;
  uint64_t borrow = 0;
  for (size_t i = 0; i < 4; ++i) {
    Wide difference = Wide{a.limb[i]} - kPrime.limb[i] - borrow;
    reduced.limb[i] = static_cast<uint64_t>(difference);
    borrow = static_cast<uint64_t>(difference >> 64) & 1;
  }
  return carry >= borrow ? reduced : a;
}

Field Add(const Field& a, const Field& b) {
  Field sum;
  Wide carry = 0;
  for (size_t i = 0; i < 4; ++i) {
    carry += Wide{a.limb[i]} + b.limb[i];
    sum.limb[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
  return ReduceOnce(sum, static_cast<uint64_t>(carry));
}

// p - a for a in [1, p).
Field Negate(const Field& a) {
  Field result;
  uint64_t borrow = 0;
  for (size_t i = 0; i < 4; ++i) {
    Wide difference = Wide{kPrime.limb[i]} - a.limb[i] - borrow;
    result.limb[i] = static_cast<uint64_t>(difference);
    borrow = static_cast<uint64_t>(difference >> 64) & 1;
  }
  return result;
}

uint64_t Low(Wide w) { return static_cast<uint64_t>(w); }
uint64_t High(Wide w) { return static_cast<uint64_t>(w >> 64); }

// A step of the reduction: adds t0 * p to t0, t1, t2, t3 (lowest first), which
// makes the lowest limb zero, and stores the carry there, the next limb up. As
// p is -1 modulo 2^64, t0 is the multiple of p to add; as p's lower three limbs
// are 2^96 - 1, they cost two shifts.
inline void EliminateLimb(uint64_t& t0, uint64_t& t1, uint64_t& t2,
                          uint64_t& t3) {
  const uint64_t m = t0;
  Wide w = Wide{t1} + (m << 32);
  t1 = Low(w);
  w = Wide{t2} + (m >> 32) + High(w);
  t2 = Low(w);
  w = Wide{m} * kPrime.limb[3] + t3 + High(w);
  t3 = Low(w);
  t0 = High(w);
}

// a * b / 2^256.
inline Field Multiply(const Field& a, const Field& b) {
  std::array<uint64_t, 8> t{};  // a * b
  for (size_t i = 0; i < 4; ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < 4; ++j) {
      Wide w = Wide{a.limb[i]} * b.limb[j] + t[i + j] + carry;
      t[i + j] = Low(w);
      carry = High(w);
    }
    t[i + 4] = carry;
  }
  EliminateLimb(t[0], t[1], t[2], t[3]);
  EliminateLimb(t[1], t[2], t[3], t[0]);
  EliminateLimb(t[2], t[3], t[0], t[1]);
  EliminateLimb(t[3], t[0], t[1], t[2]);
  // The carries of the steps are now in t[0..3], at the height of t[4..7].
  Field sum;
  uint64_t carry = 0;
  for (size_t i = 0; i < 4; ++i) {
    Wide w = Wide{t[i]} + t[4 + i] + carry;
    sum.limb[i] = Low(w);
    carry = High(w);
  }
  return ReduceOnce(sum, carry);
}

Field SquareTimes(Field a, int times) {
  for (int i = 0; i < times; ++i) a = Multiply(a, a);
  return a;
}

// a^((p+1)/4), which is a square root of `a` if there is one, since p = 3
// mod 4. The exponent is 2^94 * ((2^32 - 1) * 2^128 + 2^96 + 1).
Field SquareRootCandidate(const Field& a) {
  Field power = a;  // a^(2^n - 1) for n = 1, 2, 4, ... 32
  for (int n = 1; n < 32; n *= 2) {
    power = Multiply(SquareTimes(power, n), power);
  }
  power = Multiply(SquareTimes(power, 32), a);
  power = Multiply(SquareTimes(power, 96), a);
  return SquareTimes(power, 94);
}

// Ordinary form, less than 2^256.
Field FromBytes(const P256Coordinate& bytes) {
  Field result{};
  for (size_t i = 0; i < bytes.size(); ++i) {
    uint64_t& limb = result.limb[3 - i / 8];
    limb = limb << 8 | bytes[i];
  }
  return result;
}

P256Coordinate ToBytes(const Field& ordinary) {
  P256Coordinate bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] =
        static_cast<uint8_t>(ordinary.limb[3 - i / 8] >> (56 - 8 * (i % 8)));
  }
  return bytes;
}

constexpr Field kOne = {{1, 0, 0, 0}};
// 2^512 modulo p: multiplying by it brings a number into Montgomery form.
constexpr Field kMontgomerySquared = {{0x0000000000000003, 0xfffffffbffffffff,
                                       0xfffffffffffffffe, 0x00000004fffffffd}};
// The curve's b, in ordinary form.
constexpr Field kCurveB = {{0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6,
                            0xb3ebbd55769886bc, 0x5ac635d8aa3a93e7}};

Field CurveEquation(const Field& x) {
  static const Field b = Multiply(kCurveB, kMontgomerySquared);
  Field cube = Multiply(Multiply(x, x), x);
  Field x3 = Add(Add(x, x), x);
  Field right = Add(cube, b);
  return x3 == Field{} ? right : Add(right, Negate(x3));
}

}  // namespace

std::optional<P256Coordinate> P256SolveY(const P256Coordinate& x, bool odd) {
  Field ordinary_x = FromBytes(x);
  if (ReduceOnce(ordinary_x, 0) != ordinary_x) return std::nullopt;
  Field square = CurveEquation(Multiply(ordinary_x, kMontgomerySquared));
  Field root = SquareRootCandidate(square);
  if (Multiply(root, root) != square) return std::nullopt;
  // Never zero: the group's order is odd, so no point is its own inverse.
  Field y = Multiply(root, kOne);
  if ((y.limb[0] & 1) != static_cast<uint64_t>(odd)) y = Negate(y);
  return ToBytes(y);
}

}  // namespace sealbook::crypto
