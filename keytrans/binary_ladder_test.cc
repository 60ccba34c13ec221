#include "keytrans/binary_ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace sealbook::keytrans {
namespace {

using ::testing::ElementsAre;

TEST(BinaryLadderTest, KnowsTheDraftsExamples) {
  EXPECT_THAT(BaseBinaryLadder(0), ElementsAre(0, 1));
  EXPECT_THAT(BaseBinaryLadder(2), ElementsAre(0, 1, 3, 2));
  EXPECT_THAT(BaseBinaryLadder(6), ElementsAre(0, 1, 3, 7, 5, 6));
}

// "This series of lookups uniquely identifies" the greatest version: it
// contains the version itself and its successor, and nothing twice.
TEST(BinaryLadderTest, PinsTheGreatestVersionFromBothSides) {
  for (uint32_t version = 0; version < 5000; ++version) {
    std::vector<uint32_t> ladder = BaseBinaryLadder(version);
    std::set<uint32_t> distinct(ladder.begin(), ladder.end());
    ASSERT_EQ(distinct.size(), ladder.size());
    ASSERT_TRUE(distinct.contains(version)) << version;
    ASSERT_TRUE(distinct.contains(version + 1)) << version;
  }
}

TEST(BinaryLadderTest, LeavesOutLookupsAboveTheGreatestPossibleVersion) {
  constexpr uint32_t kMax = std::numeric_limits<uint32_t>::max();
  std::vector<uint32_t> ladder = BaseBinaryLadder(kMax);
  ASSERT_EQ(ladder.size(), 33u);
  EXPECT_EQ(ladder.back(), kMax);
  // One below: 2^32 - 1 is still looked up, nothing above it.
  EXPECT_THAT(BaseBinaryLadder(kMax - 1), ::testing::Contains(kMax));
}

TEST(MonitoringBinaryLadderTest, LeavesOutWhatIsAboveTheTarget) {
  EXPECT_EQ(MonitoringBinaryLadder(9), (std::vector<uint32_t>{0, 1, 3, 7, 9}));
  EXPECT_EQ(MonitoringBinaryLadder(0), (std::vector<uint32_t>{0}));
}

}  // namespace
}  // namespace sealbook::keytrans
