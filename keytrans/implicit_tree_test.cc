#include "keytrans/implicit_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

namespace sealbook::keytrans {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The draft's inductive definition: the root of n entries is the greatest power
// of two, minus one, below n; its subtrees are defined alike.
struct NaiveTree {
  explicit NaiveTree(uint64_t size) { root = Build(0, size, {}); }

  uint64_t Build(uint64_t offset, uint64_t size, std::vector<uint64_t> path) {
    uint64_t power = 1;
    while (power * 2 <= size) power *= 2;
    uint64_t local = power - 1;
    uint64_t position = offset + local;
    direct_paths[position] = path;
    path.insert(path.begin(), position);
    if (local > 0) left[position] = Build(offset, local, path);
    if (size > local + 1) {
      right[position] = Build(position + 1, size - local - 1, path);
    }
    return position;
  }

  uint64_t root;
  std::map<uint64_t, uint64_t> left;
  std::map<uint64_t, uint64_t> right;
  std::map<uint64_t, std::vector<uint64_t>> direct_paths;
};

TEST(ImplicitTreeTest, EqualsTheInductiveDefinitionUpTo300Entries) {
  for (uint64_t size = 1; size <= 300; ++size) {
    NaiveTree naive(size);
    ASSERT_EQ(ImplicitRoot(size), naive.root);
    for (uint64_t x = 0; x < size; ++x) {
      auto left = naive.left.find(x);
      auto right = naive.right.find(x);
      ASSERT_EQ(ImplicitLeft(x).has_value(), left != naive.left.end());
      if (left != naive.left.end()) {
        ASSERT_EQ(*ImplicitLeft(x), left->second);
      }
      ASSERT_EQ(ImplicitRight(x, size).has_value(), right != naive.right.end())
          << x << " of " << size;
      if (right != naive.right.end()) {
        ASSERT_EQ(*ImplicitRight(x, size), right->second);
      }
      ASSERT_EQ(DirectPath(x, size), naive.direct_paths[x]);
    }
  }
}

TEST(ImplicitTreeTest, KnowsTheFrontierOf50Entries) {
  EXPECT_THAT(Frontier(50), ElementsAre(31, 47, 49));
}

TEST(ImplicitTreeTest, UpdatesViewsAsTheDraftsExamplesDo) {
  EXPECT_THAT(UpdateViewPositions(100, std::nullopt), ElementsAre(63, 95, 99));
  EXPECT_THAT(UpdateViewPositions(200, 100),
              ElementsAre(103, 111, 127, 191, 199));
  EXPECT_THAT(UpdateViewPositions(13, 4), ElementsAre(7, 11, 12));
  // The retained right edge lies on the new frontier (KEYTRANS rule 5).
  EXPECT_THAT(UpdateViewPositions(7, 4), ElementsAre(5, 6));
  EXPECT_THAT(UpdateViewPositions(7, 7), IsEmpty());
}

TEST(ImplicitTreeTest, UpdatedViewsHoldTheWholeNewFrontier) {
  for (uint64_t size = 1; size <= 130; ++size) {
    for (uint64_t last = 1; last <= size; ++last) {
      std::vector<uint64_t> known = UpdateViewPositions(size, last);
      EXPECT_TRUE(std::is_sorted(known.begin(), known.end()));
      for (uint64_t position : Frontier(last)) known.push_back(position);
      for (uint64_t position : Frontier(size)) {
        EXPECT_THAT(known, ::testing::Contains(position))
            << last << " -> " << size;
      }
    }
  }
}

TEST(ImplicitTreeTest, ReachesTheGreatestSizes) {
  const uint64_t size = (uint64_t{1} << 62) + 1;
  EXPECT_EQ(ImplicitRoot(size), (uint64_t{1} << 62) - 1);
  EXPECT_THAT(Frontier(size), ElementsAre((uint64_t{1} << 62) - 1, size - 1));
}

}  // namespace
}  // namespace sealbook::keytrans
