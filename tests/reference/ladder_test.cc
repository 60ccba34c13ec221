#include "tests/reference/ladder.h"

#include <algorithm>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;

constexpr uint32_t kMaxVersion = std::numeric_limits<uint32_t>::max();

// The expectations are the output of the Python code in the draft's appendix.
TEST(BaseLadderTest, IsThatOfTheDraftsAppendix) {
  EXPECT_THAT(BaseLadder(0), ElementsAre(0, 1));
  EXPECT_THAT(BaseLadder(1), ElementsAre(0, 1, 3, 2));
  EXPECT_THAT(BaseLadder(2), ElementsAre(0, 1, 3, 2));
  EXPECT_THAT(BaseLadder(3), ElementsAre(0, 1, 3, 7, 5, 4));
  EXPECT_THAT(BaseLadder(6), ElementsAre(0, 1, 3, 7, 5, 6));
  EXPECT_THAT(BaseLadder(7), ElementsAre(0, 1, 3, 7, 15, 11, 9, 8));
  EXPECT_THAT(BaseLadder(100), ElementsAre(0, 1, 3, 7, 15, 31, 63, 127, 95, 111,
                                           103, 99, 101, 100));
  EXPECT_THAT(BaseLadder(1000),
              ElementsAre(0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 767, 895,
                          959, 991, 1007, 999, 1003, 1001, 1000));
}

TEST(BaseLadderTest, IsVersionZeroAloneForALabelThatDoesNotExist) {
  EXPECT_THAT(BaseLadder(std::nullopt), ElementsAre(0));
}

TEST(BaseLadderTest, LeavesOutWhatNoVersionCanBe) {
  const std::vector<uint32_t> top = BaseLadder(kMaxVersion);
  ASSERT_EQ(top.size(), 33u);  // 2^0 - 1 to 2^32 - 1
  EXPECT_EQ(top.back(), kMaxVersion);
  EXPECT_TRUE(std::is_sorted(top.begin(), top.end()));
  EXPECT_EQ(BaseLadder(kMaxVersion - 1).size(), 64u);
  EXPECT_EQ(BaseLadder(kMaxVersion - 1).back(), kMaxVersion - 1);
}

TEST(BaseLadderTest, TellsEveryGreatestVersionFromEveryOther) {
  for (uint32_t greatest = 0; greatest <= 200; ++greatest) {
    const std::vector<uint32_t> ladder = BaseLadder(greatest);
    const auto exists = [&](uint32_t version) {
      return std::find(ladder.begin(), ladder.end(), version) != ladder.end();
    };
    ASSERT_TRUE(exists(greatest)) << greatest;
    ASSERT_TRUE(exists(greatest + 1)) << greatest;
    const std::set<uint32_t> distinct(ladder.begin(), ladder.end());
    ASSERT_EQ(distinct.size(), ladder.size()) << greatest;
  }
}

TEST(SearchLadderTest, EndsWhereTheTargetIsDecided) {
  EXPECT_THAT(SearchLadder(2, 2), ElementsAre(0, 1, 3, 2));
  EXPECT_THAT(SearchLadder(6, 2), ElementsAre(0, 1, 3));
  EXPECT_THAT(SearchLadder(6, 0), ElementsAre(0, 1));
  EXPECT_THAT(SearchLadder(6, std::nullopt), ElementsAre(0));
  EXPECT_THAT(SearchLadder(3, 7), ElementsAre(0, 1, 3, 7));
  EXPECT_THAT(SearchLadder(0, 5), ElementsAre(0, 1));
  EXPECT_THAT(SearchLadder(5, 4), ElementsAre(0, 1, 3, 7, 5));
  EXPECT_THAT(SearchLadder(100, 63),
              ElementsAre(0, 1, 3, 7, 15, 31, 63, 127, 95));
}

TEST(SearchLadderTest, OmitsWhatOtherEntriesHaveShown) {
  EXPECT_THAT(SearchLadder(2, 2, {0, 1, 2}), ElementsAre(3));
  EXPECT_THAT(SearchLadder(6, 6, {0, 1, 3}, {7}), ElementsAre(5, 6));
}

TEST(SearchLadderTest, IsEmptyOnlyForTheGreatestPossibleVersion) {
  const std::vector<uint32_t> ladder = BaseLadder(kMaxVersion);
  const std::set<uint32_t> all(ladder.begin(), ladder.end());
  EXPECT_THAT(SearchLadder(kMaxVersion, kMaxVersion, all), ElementsAre());
}

// A verifier does not know an entry's greatest version: it plays the target's
// ladder and stops where the results decide. Both have to be the same.
TEST(SearchLadderTest, IsABeginningOfTheTargetsLadderInOlderEntries) {
  for (uint32_t target = 0; target <= 100; ++target) {
    const std::vector<uint32_t> whole = BaseLadder(target);
    for (uint32_t greatest = 0; greatest <= target; ++greatest) {
      const std::vector<uint32_t> part = SearchLadder(target, greatest);
      ASSERT_LE(part.size(), whole.size());
      ASSERT_TRUE(std::equal(part.begin(), part.end(), whole.begin()))
          << target << " " << greatest;
    }
  }
}

TEST(MonitoringLadderTest, StopsAtTheTarget) {
  EXPECT_THAT(MonitoringLadder(9), ElementsAre(0, 1, 3, 7, 9));
  EXPECT_THAT(MonitoringLadder(6), ElementsAre(0, 1, 3, 5, 6));
  EXPECT_THAT(MonitoringLadder(0), ElementsAre(0));
}

}  // namespace
}  // namespace sealbook::reference
