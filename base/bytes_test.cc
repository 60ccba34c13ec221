#include "base/bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace sealbook {
namespace {

using Four = FixedBytes<struct FourTag, 4>;

TEST(FixedBytesTest, RefusesAnyOtherLength) {
  for (size_t length : {0, 3, 5}) {
    absl::StatusOr<Four> value = Four::FromBytes(std::string(length, 'x'));
    EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(value.status().message(),
              absl::StrCat("expected 4 bytes, got ", length));
  }
}

TEST(FixedBytesTest, CountsBitsFromTheMostSignificant) {
  Four value = *Four::FromBytes(std::string("\x80\x01\x00\x40", 4));
  std::string bits;
  for (size_t i = 0; i < 32; ++i) bits += value.Bit(i) ? '1' : '0';
  EXPECT_EQ(bits, "10000000000000010000000001000000");
}

TEST(FixedBytesTest, OrdersAsUnsignedBytes) {
  Four low = *Four::FromBytes(std::string("\x01\xff\xff\xff", 4));
  Four high = *Four::FromBytes(std::string("\xff\x00\x00\x00", 4));
  EXPECT_LT(low, high);
  EXPECT_EQ(low.ToHex(), "01ffffff");
}

}  // namespace
}  // namespace sealbook
