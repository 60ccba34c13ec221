#include "tests/reference/implicit_tree.h"

#include <algorithm>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Trailing ones of a position: its height above the leaves of the full tree.
uint64_t Height(uint64_t x) {
  uint64_t height = 0;
  while ((x >> height) % 2 == 1) ++height;
  return height;
}

TEST(ImplicitTreeTest, HasTheShapeOfTheDraftsFigureOfFourteenEntries) {
  EXPECT_EQ(ImplicitRoot(14), 7u);
  EXPECT_EQ(LeftChild(7, 14), 3u);
  EXPECT_EQ(RightChild(7, 14), 11u);
  EXPECT_EQ(LeftChild(11, 14), 9u);
  EXPECT_EQ(RightChild(11, 14), 13u);
  EXPECT_EQ(LeftChild(13, 14), 12u);
  EXPECT_EQ(RightChild(13, 14), std::nullopt);
  EXPECT_EQ(LeftChild(8, 14), std::nullopt);
  EXPECT_EQ(RightChild(8, 14), std::nullopt);
  EXPECT_THAT(DirectPath(4, 14), ElementsAre(5, 3, 7));
  EXPECT_THAT(DirectPath(7, 14), IsEmpty());
}

// The draft's appendix navigates by bits: the left child of a position at
// height k is 2^(k-1) smaller, the right child 2^(k-1) larger, replaced by its
// left child as long as it lies outside.
TEST(ImplicitTreeTest, AgreesWithTheAppendixOnAllSizesUpTo300) {
  for (uint64_t n = 1; n <= 300; ++n) {
    for (uint64_t x = 0; x < n; ++x) {
      SCOPED_TRACE(testing::Message() << "n=" << n << " x=" << x);
      const uint64_t height = Height(x);
      std::optional<uint64_t> left, right;
      if (height > 0) left = x - (uint64_t{1} << (height - 1));
      if (height > 0 && x != n - 1) {
        right = x + (uint64_t{1} << (height - 1));
        while (*right >= n) *right -= uint64_t{1} << (Height(*right) - 1);
      }
      ASSERT_EQ(LeftChild(x, n), left);
      ASSERT_EQ(RightChild(x, n), right);
    }
  }
}

TEST(ImplicitTreeTest, HoldsUpToTheLargestTreeSize) {
  const uint64_t n = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(ImplicitRoot(n), (uint64_t{1} << 63) - 1);
  EXPECT_EQ(Frontier(n).back(), n - 1);
  EXPECT_EQ(Frontier(n).size(), 63u + 1u);
}

TEST(FrontierTest, OfFiftyEntriesIsThatOfTheDraft) {
  EXPECT_THAT(Frontier(50), ElementsAre(31, 47, 49));
  EXPECT_THAT(Frontier(13), ElementsAre(7, 11, 12));
  EXPECT_THAT(Frontier(1), ElementsAre(0));
}

TEST(UpdateViewTest, AsksForTheKnownPositions) {
  EXPECT_THAT(UpdateView(100, std::nullopt), ElementsAre(63, 95, 99));
  EXPECT_THAT(UpdateView(200, 100), ElementsAre(103, 111, 127, 191, 199));
  EXPECT_THAT(UpdateView(13, 4), ElementsAre(7, 11, 12));
}

TEST(UpdateViewTest, GoesOnAlongTheFrontierIfTheLastEntryAlreadyLiesOnIt) {
  EXPECT_THAT(UpdateView(7, 4), ElementsAre(5, 6));
  EXPECT_THAT(UpdateView(2, 1), ElementsAre(1));
}

TEST(UpdateViewTest, AsksForNothingIfNothingIsNew) {
  for (uint64_t n = 1; n <= 100; ++n) {
    EXPECT_THAT(UpdateView(n, n), IsEmpty()) << n;
  }
}

TEST(UpdateViewTest, CompletesTheNewFrontierWithNewPositionsInOrder) {
  for (uint64_t n = 1; n <= 150; ++n) {
    for (uint64_t last = 1; last <= n; ++last) {
      SCOPED_TRACE(testing::Message() << "n=" << n << " last=" << last);
      const std::vector<uint64_t> view = UpdateView(n, last);
      ASSERT_TRUE(std::is_sorted(view.begin(), view.end()));
      const std::vector<uint64_t> old = Frontier(last);
      std::set<uint64_t> known(old.begin(), old.end());
      for (uint64_t x : view) {
        ASSERT_GE(x, last);
        ASSERT_TRUE(known.insert(x).second) << x;
      }
      for (uint64_t x : Frontier(n)) ASSERT_TRUE(known.contains(x)) << x;
    }
  }
}

// Root 3 spans 0 to 1500; its left child 1 spans 0 to 1400; 2 spans 200 to
// 1400. Entry 0 spans 0 to 200 and entry 4 spans 1400 to 1500: too little.
TEST(DistinguishedTest, FollowsTheRecursionOfTheDraft) {
  EXPECT_THAT(Distinguished({100, 200, 300, 1400, 1500}, 1000),
              ElementsAre(1, 2, 3));
}

TEST(DistinguishedTest, TakesADifferenceOfExactlyTheWindow) {
  EXPECT_THAT(Distinguished({1000}, 1000), ElementsAre(0));
  EXPECT_THAT(Distinguished({999}, 1000), IsEmpty());
}

TEST(DistinguishedTest, TakesEveryEntryIfTheWindowIsZero) {
  EXPECT_EQ(Distinguished(std::vector<uint64_t>(37, 5), 0).size(), 37u);
}

TEST(DistinguishedTest, NeverStopsBeingDistinguished) {
  std::vector<uint64_t> timestamps;
  std::set<uint64_t> before;
  for (uint64_t i = 0; i < 200; ++i) {
    timestamps.push_back(10000 + 137 * i + i * i % 71);
    const std::set<uint64_t> now = Distinguished(timestamps, 1000);
    ASSERT_TRUE(
        std::includes(now.begin(), now.end(), before.begin(), before.end()))
        << i;
    const std::vector<uint64_t> frontier = Frontier(i + 1);
    ASSERT_NE(std::find(frontier.begin(), frontier.end(), *now.rbegin()),
              frontier.end())
        << "the rightmost one lies on the frontier";
    before = now;
  }
  EXPECT_GT(before.size(), 10u);
  EXPECT_LT(before.size(), 100u);
}

}  // namespace
}  // namespace sealbook::reference
