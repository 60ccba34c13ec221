#include "crypto/edwards25519.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "crypto/openssl_ptr.h"
#include "crypto/test_util.h"

namespace sealbook::crypto {
namespace {

using ::testing::HasSubstr;

// q and p, most significant digit first.
constexpr char kOrder[] =
    "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";
constexpr char kPrime[] =
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";

std::string LittleEndian(absl::string_view hex) {
  std::string bytes = absl::HexStringToBytes(hex);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

EdwardsPoint Point(const std::string& bytes) {
  absl::StatusOr<EdwardsPoint> point = EdwardsPoint::FromBytes(bytes);
  EXPECT_TRUE(point.ok()) << point.status();
  return *point;
}

EdwardsScalar Scalar(const std::string& bytes) {
  EdwardsScalar scalar;
  std::copy_n(bytes.begin(), scalar.size(), scalar.data());
  return scalar;
}

EdwardsScalar SmallScalar(uint8_t value) {
  EdwardsScalar scalar;
  scalar[0] = value;
  return scalar;
}

EdwardsScalar RandomScalar(SeededRandom& random) {
  SecretBytes<64> wide;
  EXPECT_TRUE(random.Fill(wide.data(), wide.size()).ok());
  return ReduceScalar(wide);
}

// By additions alone, which take every point.
EdwardsPoint SlowMultiply(const EdwardsScalar& scalar,
                          const EdwardsPoint& point) {
  EdwardsPoint sum = EdwardsIdentity();
  for (int bit = 255; bit >= 0; --bit) {
    sum = Add(sum, sum);
    if ((scalar[bit / 8] >> bit % 8 & 1) != 0) sum = Add(sum, point);
  }
  return sum;
}

void ExpectNoKey(const std::string& encoded, const char* word) {
  absl::Status status = ParsePrimeOrderPoint(encoded).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
      << absl::BytesToHexString(encoded);
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

TEST(Edwards25519Test, MultipliesThePublishedGenerator) {
  // RFC 8032, 5.1: y = 4/5.
  EXPECT_EQ(MultiplyGenerator(SmallScalar(1)).ToHex(),
            "5866666666666666666666666666666666666666666666666666666666666666");
  EXPECT_EQ(MultiplyGenerator(SmallScalar(0)), EdwardsIdentity());
}

TEST(Edwards25519Test, MultipliesEveryKindOfPointAsAdditionsDo) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  const EdwardsScalar secret = RandomScalar(random);
  const EdwardsPoint prime = MultiplyGenerator(secret);
  EXPECT_EQ(prime, SlowMultiply(secret, MultiplyGenerator(SmallScalar(1))));
  std::string order_minus_one = LittleEndian(kOrder);
  --order_minus_one[0];
  for (const std::string& small : SmallOrderPointsForTest()) {
    for (const EdwardsPoint& point :
         {Point(small), Add(prime, Point(small)),
          Subtract(EdwardsIdentity(), Add(prime, Point(small)))}) {
      SCOPED_TRACE(point.ToHex());
      for (const EdwardsScalar& scalar :
           {SmallScalar(0), SmallScalar(1), SmallScalar(7), SmallScalar(8),
            Scalar(order_minus_one), RandomScalar(random)}) {
        EXPECT_EQ(Multiply(scalar, point), SlowMultiply(scalar, point));
      }
      EXPECT_EQ(MultiplyByCofactor(point.view()),
                SlowMultiply(SmallScalar(8), point));
    }
  }
}

TEST(Edwards25519Test, ScalarsAreComputedModuloTheOrder) {
  std::string order_minus_one = LittleEndian(kOrder);
  --order_minus_one[0];
  const EdwardsScalar minus_one = Scalar(order_minus_one);
  EXPECT_EQ(MultiplyAddScalars(minus_one, minus_one, SmallScalar(5)).view(),
            SmallScalar(6).view());
  EXPECT_EQ(
      MultiplyAddScalars(SmallScalar(2), minus_one, SmallScalar(2)).view(),
      SmallScalar(0).view());
  SecretBytes<64> wide;
  std::copy_n(LittleEndian(kOrder).begin(), 32, wide.data());
  wide[0] += 3;
  EXPECT_EQ(ReduceScalar(wide).view(), SmallScalar(3).view());
}

TEST(Edwards25519Test, ScalarsAreBelowTheOrder) {
  std::string order = LittleEndian(kOrder);
  std::string below = order;
  --below[0];
  std::string above = order;
  ++above[0];
  std::string far_below = order;
  far_below[31] = 0x0f;
  far_below[0] = '\xff';
  EXPECT_TRUE(IsEdwardsScalar(std::string(32, '\0')));
  EXPECT_TRUE(IsEdwardsScalar(below));
  EXPECT_TRUE(IsEdwardsScalar(far_below));
  EXPECT_FALSE(IsEdwardsScalar(order));
  EXPECT_FALSE(IsEdwardsScalar(above));
  EXPECT_FALSE(IsEdwardsScalar(std::string(32, '\xff')));
  EXPECT_FALSE(IsEdwardsScalar(std::string(31, '\0')));
  EXPECT_FALSE(IsEdwardsScalar(std::string(33, '\0')));
}

TEST(Edwards25519Test, PointsOfSmallOrderAreNoKeys) {
  std::set<std::string> all;
  for (const std::string& small : SmallOrderPointsForTest()) {
    EXPECT_EQ(MultiplyByCofactor(small), EdwardsIdentity());
    all.insert(small);
    ExpectNoKey(small, "small order");
  }
  // So these are all of them.
  EXPECT_EQ(all.size(), 8u);
  for (const std::string& small : NonCanonicalSmallOrderPointsForTest()) {
    EXPECT_EQ(MultiplyByCofactor(small), std::nullopt);
    ExpectNoKey(small, "canonical");
  }
}

TEST(Edwards25519Test, PointsWithAPartOfSmallOrderAreNoKeys) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  const EdwardsPoint prime = MultiplyGenerator(RandomScalar(random));
  absl::StatusOr<EdwardsPoint> key = ParsePrimeOrderPoint(prime.view());
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(*key, prime);
  for (const std::string& small : SmallOrderPointsForTest()) {
    const EdwardsPoint mixed = Add(prime, Point(small));
    if (mixed == prime) continue;  // The identity was added.
    EXPECT_EQ(MultiplyByCofactor(mixed.view()),
              MultiplyByCofactor(prime.view()));
    ExpectNoKey(mixed.ToString(), "outside the group of prime order");
  }
}

TEST(Edwards25519Test, RefusesEveryYFromPOn) {
  for (int excess = 0; excess < 19; ++excess) {
    for (char sign : {'\x7f', '\xff'}) {
      std::string encoded(32, '\xff');
      encoded[0] = static_cast<char>(0xed + excess);
      encoded[31] = sign;
      EXPECT_EQ(MultiplyByCofactor(encoded), std::nullopt) << excess;
      ExpectNoKey(encoded, "canonical");
    }
  }
}

TEST(Edwards25519Test, RefusesOtherLengths) {
  const std::string good = MultiplyGenerator(SmallScalar(1)).ToString();
  for (const std::string& bad :
       {std::string(), good.substr(0, 31), good + '\0'}) {
    EXPECT_EQ(MultiplyByCofactor(bad), std::nullopt);
    ExpectNoKey(bad, "bytes, not 32");
  }
}

// Whether x^2 = (y^2 - 1) / (d*y^2 + 1) has a solution, by OpenSSL's numbers.
bool HasX(const std::string& encoded) {
  BnCtxPtr scratch(BN_CTX_new());
  std::string y_bytes = encoded;
  y_bytes[31] &= 0x7f;
  BIGNUM* prime = nullptr;
  BN_hex2bn(&prime, kPrime);
  BnPtr p(prime);
  BnPtr y(BN_lebin2bn(reinterpret_cast<const uint8_t*>(y_bytes.data()), 32,
                      nullptr));
  BnPtr d(BN_new());
  BnPtr inverse(BN_new());
  BN_set_word(d.get(), 121666);
  BN_mod_inverse(inverse.get(), d.get(), p.get(), scratch.get());
  BN_set_word(d.get(), 121665);
  BN_mod_mul(d.get(), d.get(), inverse.get(), p.get(), scratch.get());
  BN_sub(d.get(), p.get(), d.get());
  BnPtr above(BN_new());
  BnPtr below(BN_new());
  BN_mod_sqr(above.get(), y.get(), p.get(), scratch.get());
  BN_mod_mul(below.get(), above.get(), d.get(), p.get(), scratch.get());
  BN_sub_word(above.get(), 1);
  BN_add_word(below.get(), 1);
  // A quotient is a square when the product is.
  BN_mod_mul(above.get(), above.get(), below.get(), p.get(), scratch.get());
  return BN_kronecker(above.get(), p.get(), scratch.get()) >= 0;
}

TEST(Edwards25519Test, DecodesWhatHasAnX) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  int points = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string encoded = random.Bytes(32);
    EXPECT_EQ(MultiplyByCofactor(encoded).has_value(), HasX(encoded))
        << absl::BytesToHexString(encoded);
    points += HasX(encoded);
  }
  EXPECT_GT(points, 75);
  EXPECT_LT(points, 225);
}

}  // namespace
}  // namespace sealbook::crypto
