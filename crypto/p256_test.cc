#include "crypto/p256.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "crypto/test_util.h"

namespace sealbook::crypto {
namespace {

using ::testing::HasSubstr;

constexpr char kPointHex[] =
    "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";

std::string Encode(const EcPointPtr& point) {
  absl::StatusOr<P256PointBytes> bytes = EncodeP256Point(point.get());
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return std::string(AsView(*bytes));
}

BnPtr RandomScalar(SeededRandom& random) {
  std::string bytes = random.Bytes(40);
  BnPtr scalar(BN_bin2bn(reinterpret_cast<const uint8_t*>(bytes.data()),
                         static_cast<int>(bytes.size()), nullptr));
  EXPECT_EQ(BN_nnmod(scalar.get(), scalar.get(), P256Order(), ThreadBnCtx()),
            1);
  return scalar;
}

BnPtr Number(BN_ULONG value) {
  BnPtr number = NewBn();
  EXPECT_EQ(BN_set_word(number.get(), value), 1);
  return number;
}

TEST(P256Test, DecodesWhatItEncodes) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  for (int i = 0; i < 100; ++i) {
    EcPointPtr point = NewP256Point();
    ASSERT_TRUE(
        P256MultiplyGenerator(RandomScalar(random).get(), point.get()).ok());
    absl::StatusOr<EcPointPtr> decoded = DecodeP256Point(Encode(point));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(
        EC_POINT_cmp(P256Group(), point.get(), decoded->get(), ThreadBnCtx()),
        0);
  }
}

TEST(P256Test, RefusesEveryOtherLength) {
  std::string good = absl::HexStringToBytes(kPointHex);
  ASSERT_TRUE(DecodeP256Point(good).ok());
  for (const std::string& bad :
       {std::string(), std::string(1, '\0'), good.substr(0, 32),
        good + std::string(1, '\0'), good + good.substr(1)}) {
    absl::Status status = DecodeP256Point(bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.size();
    EXPECT_THAT(status.message(), HasSubstr("bytes, not 33"));
  }
}

TEST(P256Test, RefusesEveryOtherFirstByte) {
  std::string encoded = absl::HexStringToBytes(kPointHex);
  for (int first = 0; first < 256; ++first) {
    if (first == 2 || first == 3) continue;
    encoded[0] = static_cast<char>(first);
    absl::Status status = DecodeP256Point(encoded).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << first;
    EXPECT_THAT(status.message(), HasSubstr("not 2 or 3"));
  }
}

TEST(P256Test, RefusesAnXThatIsNotReducedOrNotOnTheCurve) {
  // p + 5 (x = 5 is on the curve), p, 2^256 - 1, and x = 1, which is on no
  // point.
  for (const char* hex :
       {"02ffffffff00000001000000000000000000000001000000000000000000000004",
        "02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "020000000000000000000000000000000000000000000000000000000000000001"}) {
    absl::Status status = DecodeP256Point(absl::HexStringToBytes(hex)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << hex;
    EXPECT_THAT(status.message(), HasSubstr("no P-256 point has this x"));
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
}

TEST(P256Test, InfinityHasNoEncoding) {
  absl::Status status = EncodeP256Point(NewP256Point().get()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("infinity"));
}

TEST(P256Test, ProductsAgreeWithEachOther) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  for (int i = 0; i < 20; ++i) {
    BnPtr a = RandomScalar(random);
    BnPtr b = RandomScalar(random);
    BnPtr c = RandomScalar(random);
    EcPointPtr point = NewP256Point();
    ASSERT_TRUE(P256MultiplyGenerator(c.get(), point.get()).ok());
    EcPointPtr a_base = NewP256Point();
    EcPointPtr b_point = NewP256Point();
    EcPointPtr sum = NewP256Point();
    ASSERT_TRUE(P256MultiplyGenerator(a.get(), a_base.get()).ok());
    ASSERT_TRUE(P256Multiply(b.get(), point.get(), b_point.get()).ok());
    ASSERT_EQ(EC_POINT_add(P256Group(), sum.get(), a_base.get(), b_point.get(),
                           ThreadBnCtx()),
              1);
    EcPointPtr got = NewP256Point();
    ASSERT_TRUE(
        P256MultiplyGeneratorAdd(a.get(), b.get(), point.get(), got.get())
            .ok());
    EXPECT_EQ(Encode(got), Encode(sum));
    EcPointPtr base = NewP256Point();
    ASSERT_TRUE(P256MultiplyGenerator(Number(1).get(), base.get()).ok());
    ASSERT_TRUE(
        P256MultiplyAdd(a.get(), base.get(), b.get(), point.get(), got.get())
            .ok());
    EXPECT_EQ(Encode(got), Encode(sum));
  }
}

TEST(P256Test, SumOfOppositeProductsIsInfinity) {
  EcPointPtr base = NewP256Point();
  ASSERT_TRUE(P256MultiplyGenerator(Number(1).get(), base.get()).ok());
  BnPtr minus_five = NewBn();
  ASSERT_EQ(BN_sub(minus_five.get(), P256Order(), Number(5).get()), 1);
  EcPointPtr got = NewP256Point();
  ASSERT_TRUE(P256MultiplyAdd(Number(5).get(), base.get(), minus_five.get(),
                              base.get(), got.get())
                  .ok());
  EXPECT_EQ(EC_POINT_is_at_infinity(P256Group(), got.get()), 1);
}

}  // namespace
}  // namespace sealbook::crypto
