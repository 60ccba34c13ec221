#include "merkle/prefix_bits.h"

#include "gtest/gtest.h"

namespace sealbook::merkle {
namespace {

using crypto::VrfOutput;

TEST(PrefixBitsTest, CountsTheBitsUpToTheFirstDifference) {
  for (size_t bit = 0; bit < 256; ++bit) {
    VrfOutput a, b;
    a.data()[3] = b.data()[3] = 0x5a;
    a.data()[bit / 8] ^= 0x80 >> (bit % 8);
    // What follows the first difference does not matter.
    if (bit < 255) b.data()[31] ^= 1;
    EXPECT_EQ(CommonPrefixBits(a, b), bit);
    EXPECT_EQ(CommonPrefixBits(b, a), bit);
  }
  EXPECT_EQ(CommonPrefixBits(VrfOutput(), VrfOutput()), 256u);
}

TEST(PrefixBitsTest, TakesTheHigherHalfOfAByteFirst) {
  VrfOutput key;
  key.data()[0] = 0x12;
  key.data()[31] = 0xef;
  EXPECT_EQ(NibbleAt(key, 0), 1u);
  EXPECT_EQ(NibbleAt(key, 4), 2u);
  EXPECT_EQ(NibbleAt(key, 248), 0xeu);
  EXPECT_EQ(NibbleAt(key, 252), 0xfu);
}

}  // namespace
}  // namespace sealbook::merkle
