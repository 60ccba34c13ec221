#include "crypto/p256_field.h"

#include <gtest/gtest.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "crypto/openssl_ptr.h"
#include "crypto/test_util.h"

namespace sealbook::crypto {
namespace {

P256Coordinate FromHex(absl::string_view hex) {
  std::string bytes = absl::HexStringToBytes(hex);
  P256Coordinate result;
  EXPECT_EQ(bytes.size(), result.size());
  std::copy(bytes.begin(), bytes.end(), result.begin());
  return result;
}

std::string ToHex(const P256Coordinate& bytes) {
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

// The same by OpenSSL, which decodes a compressed point.
std::optional<P256Coordinate> ReferenceY(const P256Coordinate& x, bool odd) {
  static const EcGroupPtr& group =
      *new EcGroupPtr(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  EcPointPtr point(EC_POINT_new(group.get()));
  std::array<uint8_t, 33> compressed;
  compressed[0] = odd ? 3 : 2;
  std::copy(x.begin(), x.end(), compressed.begin() + 1);
  if (EC_POINT_oct2point(group.get(), point.get(), compressed.data(),
                         compressed.size(), nullptr) != 1) {
    return std::nullopt;
  }
  std::array<uint8_t, 65> full;
  EXPECT_EQ(EC_POINT_point2oct(group.get(), point.get(),
                               POINT_CONVERSION_UNCOMPRESSED, full.data(),
                               full.size(), nullptr),
            full.size());
  P256Coordinate y;
  std::copy(full.begin() + 33, full.end(), y.begin());
  return y;
}

// RFC 6979, A.2.5.
TEST(P256FieldTest, FindsTheYOfAPublishedKey) {
  P256Coordinate x = FromHex(
      "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
  EXPECT_EQ(ToHex(P256SolveY(x, true).value()),
            "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
  EXPECT_EQ(ToHex(P256SolveY(x, false).value()),
            "86fc01eef74743675be51616a9d7439b0d0e4df4d28160ae885c3d6b2bb9dd66");
}

TEST(P256FieldTest, AgreesWithOpenSslOnRandomCoordinates) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  int points = 0;
  for (int i = 0; i < 3000; ++i) {
    P256Coordinate x;
    ASSERT_TRUE(random.Fill(x.data(), x.size()).ok());
    bool odd = i % 2 == 1;
    std::optional<P256Coordinate> y = P256SolveY(x, odd);
    ASSERT_EQ(y, ReferenceY(x, odd)) << ToHex(x);
    points += y.has_value();
  }
  // Half of all x belong to a point; 1000 is twenty standard deviations away.
  EXPECT_GT(points, 1000);
  EXPECT_LT(points, 2000);
}

// Carries and borrows run through whole limbs here.
TEST(P256FieldTest, AgreesWithOpenSslOnExtremeLimbs) {
  const absl::string_view limbs[] = {"0000000000000000", "0000000000000001",
                                     "00000000ffffffff", "ffffffff00000000",
                                     "ffffffff00000001", "ffffffffffffffff"};
  for (absl::string_view a : limbs) {
    for (absl::string_view b : limbs) {
      for (absl::string_view c : limbs) {
        for (absl::string_view d : limbs) {
          P256Coordinate x = FromHex(absl::StrCat(a, b, c, d));
          ASSERT_EQ(P256SolveY(x, true), ReferenceY(x, true)) << ToHex(x);
        }
      }
    }
  }
}

TEST(P256FieldTest, RefusesTheSamePointUnderAnXPlusP) {
  // The point with x = 5, and p + 5 in place of 5.
  P256Coordinate five{};
  five.back() = 5;
  ASSERT_TRUE(P256SolveY(five, true).has_value());
  EXPECT_FALSE(
      P256SolveY(FromHex("ffffffff00000001000000000000000000000001000000000000"
                         "000000000004"),
                 true)
          .has_value());
  // p itself.
  EXPECT_FALSE(
      P256SolveY(FromHex("ffffffff00000001000000000000000000000000ffffffffffff"
                         "ffffffffffff"),
                 true)
          .has_value());
}

}  // namespace
}  // namespace sealbook::crypto
