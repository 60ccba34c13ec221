#include "tests/reference/log_tree.h"

#include <algorithm>
#include <limits>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/hash.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Leaves(uint64_t n) {
  std::vector<std::string> out;
  for (uint64_t i = 0; i < n; ++i) out.push_back(Sha256(std::to_string(i)));
  return out;
}

std::vector<std::string> Values(const std::vector<std::string>& leaves,
                                const std::vector<Range>& nodes) {
  std::vector<std::string> out;
  for (Range node : nodes) out.push_back(LogNodeValue(leaves, node, nullptr));
  return out;
}

// The values of the full subtrees of the first `last` leaves.
std::vector<std::string> Heads(const std::vector<std::string>& leaves,
                               std::optional<uint64_t> last) {
  if (!last.has_value()) return {};
  return Values(leaves, FullSubtrees(*last));
}

TEST(LogRootTest, OfOneLeafIsTheLeaf) {
  EXPECT_EQ(LogRoot({Sha256("x")}), Sha256("x"));
}

TEST(LogRootTest, OfFiveLeavesIsTheDraftsFigure) {
  const std::vector<std::string> leaf = Leaves(5);
  const std::string zero(1, '\0'), one(1, '\x01');
  const std::string left = Sha256(zero + leaf[0] + zero + leaf[1]);
  const std::string right = Sha256(zero + leaf[2] + zero + leaf[3]);
  const std::string four = Sha256(one + left + one + right);
  EXPECT_EQ(LogRoot(leaf), Sha256(one + four + zero + leaf[4]));
}

TEST(LogRootTest, IsTheSameThroughACache) {
  const std::vector<std::string> leaves = Leaves(70);
  LogCache cache;
  for (uint64_t n = 1; n <= 70; ++n) {
    EXPECT_EQ(LogNodeValue(leaves, {0, n}, &cache),
              LogRoot({leaves.begin(), leaves.begin() + n}));
  }
}

TEST(FullSubtreesTest, AreThePowersOfTwoFromLargestToSmallest) {
  EXPECT_THAT(FullSubtrees(13),
              ElementsAre(Range{0, 8}, Range{8, 4}, Range{12, 1}));
  EXPECT_THAT(FullSubtrees(8), ElementsAre(Range{0, 8}));
  EXPECT_EQ(FullSubtrees(std::numeric_limits<uint64_t>::max()).size(), 64u);
}

TEST(BatchProofNodesTest, AreTheCopathInTheDraftsFigure) {
  EXPECT_THAT(BatchProofNodes(6, {2}, std::nullopt),
              ElementsAre(Range{0, 2}, Range{3, 1}, Range{4, 2}));
}

TEST(BatchProofNodesTest, AreTheConsistencyProofOfTheDraftsFigure) {
  EXPECT_THAT(BatchProofNodes(7, {}, 5), ElementsAre(Range{5, 1}, Range{6, 1}));
}

TEST(BatchProofNodesTest, AreThoseOfTheWorkedExample) {
  EXPECT_THAT(BatchProofNodes(13, {7, 11, 12}, 4),
              ElementsAre(Range{4, 2}, Range{6, 1}, Range{8, 2}, Range{10, 1}));
}

TEST(BatchProofNodesTest, BreakUnbalancedSubtreesDown) {
  EXPECT_THAT(BatchProofNodes(7, {0}, std::nullopt),
              ElementsAre(Range{1, 1}, Range{2, 2}, Range{4, 2}, Range{6, 1}));
}

TEST(BatchProofNodesTest, UseARetainedHeadInsideABalancedSubtree) {
  EXPECT_THAT(BatchProofNodes(8, {}, 5), ElementsAre(Range{5, 1}, Range{6, 2}));
}

TEST(BatchProofNodesTest, DeriveARetainedHeadAgainAboveALeaf) {
  EXPECT_THAT(BatchProofNodes(8, {1}, 4),
              ElementsAre(Range{0, 1}, Range{2, 2}, Range{4, 4}));
}

TEST(BatchProofNodesTest, AreNoneIfNothingIsNew) {
  for (uint64_t n = 1; n <= 100; ++n) {
    EXPECT_THAT(BatchProofNodes(n, {}, n), IsEmpty()) << n;
  }
}

// The worked example, and a tree of the auditor's beside it. Its full subtrees
// are {0, 8} and {8, 1}: leaf 8 has to be told apart from 9.
TEST(BatchProofNodesTest, LeadToTheAuditorsRootAsWell) {
  EXPECT_THAT(BatchProofNodes(13, {7, 11, 12}, 4, 9),
              ElementsAre(Range{4, 2}, Range{6, 1}, Range{8, 1}, Range{9, 1},
                          Range{10, 1}));
  // {0, 4}, {4, 1}.
  EXPECT_THAT(BatchProofNodes(13, {7, 11, 12}, 4, 5),
              ElementsAre(Range{4, 1}, Range{5, 1}, Range{6, 1}, Range{8, 2},
                          Range{10, 1}));
}

// Their full subtrees are known leaves, retained heads, and what is sent.
TEST(BatchProofNodesTest, AreNoMoreIfTheAuditorsHeadsAreThereAnyway) {
  for (uint64_t audited : {4, 6, 7, 8, 10, 11, 12, 13}) {
    EXPECT_THAT(
        BatchProofNodes(13, {7, 11, 12}, 4, audited),
        ElementsAre(Range{4, 2}, Range{6, 1}, Range{8, 2}, Range{10, 1}))
        << audited;
  }
  EXPECT_THAT(BatchProofNodes(13, {}, 12, 8), ElementsAre(Range{12, 1}));
}

// 3 ends inside of the retained head {0, 4}: {0, 2} and {2, 1} lead to the
// auditor's root, and {3, 1} beside them to the retained head.
TEST(BatchProofNodesTest, DeriveARetainedHeadIntoWhichTheAuditorsTreeCuts) {
  EXPECT_THAT(BatchProofNodes(13, {7, 11, 12}, 4, 3),
              ElementsAre(Range{0, 2}, Range{2, 1}, Range{3, 1}, Range{4, 2},
                          Range{6, 1}, Range{8, 2}, Range{10, 1}));
  EXPECT_THAT(BatchProofNodes(4, {}, 4, 1),
              ElementsAre(Range{0, 1}, Range{1, 1}, Range{2, 2}));
}

TEST(EvaluateLogTest, LeadsToTheAuditorsRoot) {
  const uint64_t seed = 27;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> all = Leaves(24);
  for (uint64_t n = 1; n <= 24; ++n) {
    const std::vector<std::string> leaves(all.begin(), all.begin() + n);
    for (uint64_t last = 0; last <= n; ++last) {
      const std::optional<uint64_t> seen =
          last == 0 ? std::nullopt : std::optional<uint64_t>(last);
      for (uint64_t audited = 1; audited <= n; ++audited) {
        std::set<uint64_t> proved;
        std::map<uint64_t, std::string> known;
        for (uint64_t count = random() % 4; count > 0; --count) {
          const uint64_t position = random() % n;
          proved.insert(position);
          known[position] = leaves[position];
        }
        const std::vector<Range> nodes =
            BatchProofNodes(n, proved, seen, audited);
        std::vector<std::string> values = Values(leaves, nodes);
        const LogEvaluation evaluation = EvaluateLog(
            n, known, seen, Heads(all, seen), values, {audited}, audited);
        ASSERT_EQ(evaluation.error, "");
        ASSERT_EQ(evaluation.root, LogRoot(leaves));
        ASSERT_EQ(evaluation.full_subtrees, Heads(all, n));
        ASSERT_EQ(evaluation.earlier_roots.at(audited),
                  LogRoot({all.begin(), all.begin() + audited}));
        ASSERT_EQ(evaluation.earlier_subtrees.at(audited), Heads(all, audited));
        // Nothing is sent that was known.
        for (Range node : nodes) {
          ASSERT_FALSE(node.size == 1 && proved.contains(node.start));
        }
        // No value can be another one without a consequence.
        for (std::string& value : values) {
          value[0] ^= 1;
          const LogEvaluation changed = EvaluateLog(
              n, known, seen, Heads(all, seen), values, {audited}, audited);
          ASSERT_TRUE(!changed.error.empty() ||
                      changed.root != evaluation.root);
          value[0] ^= 1;
        }
      }
    }
  }
}

TEST(EvaluateLogTest, LeadsToTheRootAndItsFullSubtrees) {
  const uint64_t seed = 526;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> all = Leaves(40);
  for (uint64_t n = 1; n <= 40; ++n) {
    const std::vector<std::string> leaves(all.begin(), all.begin() + n);
    for (uint64_t last = 0; last <= n; ++last) {
      const std::optional<uint64_t> seen =
          last == 0 ? std::nullopt : std::optional<uint64_t>(last);
      std::set<uint64_t> proved;
      std::map<uint64_t, std::string> known;
      for (uint64_t count = random() % 4; count > 0; --count) {
        const uint64_t position = random() % n;
        proved.insert(position);
        known[position] = leaves[position];
      }
      const LogEvaluation evaluation =
          EvaluateLog(n, known, seen, Heads(all, seen),
                      Values(leaves, BatchProofNodes(n, proved, seen)));
      ASSERT_EQ(evaluation.error, "") << n << " " << last;
      ASSERT_EQ(evaluation.root, LogRoot(leaves)) << n << " " << last;
      ASSERT_EQ(evaluation.full_subtrees, Heads(all, n)) << n << " " << last;
    }
  }
}

TEST(EvaluateLogTest, RefusesElementsMissingOrLeftOver) {
  const std::vector<std::string> leaves = Leaves(13);
  std::vector<std::string> elements =
      Values(leaves, BatchProofNodes(13, {12}, 4));
  elements.push_back(leaves[0]);
  EXPECT_THAT(
      EvaluateLog(13, {{12, leaves[12]}}, 4, Heads(leaves, 4), elements).error,
      HasSubstr("inclusion proof: elements left over"));
  elements.resize(elements.size() - 2);
  EXPECT_THAT(
      EvaluateLog(13, {{12, leaves[12]}}, 4, Heads(leaves, 4), elements).error,
      HasSubstr("inclusion proof: elements missing"));
}

TEST(EvaluateLogTest, RefusesARetainedHeadThatTheProofDerivesDifferently) {
  const std::vector<std::string> leaves = Leaves(8);
  std::vector<std::string> heads = Heads(leaves, 5);
  const std::vector<std::string> elements =
      Values(leaves, BatchProofNodes(8, {1, 4}, 5));
  const std::map<uint64_t, std::string> known = {{1, leaves[1]},
                                                 {4, leaves[4]}};
  EXPECT_EQ(EvaluateLog(8, known, 5, heads, elements).error, "");
  for (std::string& head : heads) {
    const std::string honest = head;
    head = Sha256("another history");
    EXPECT_THAT(EvaluateLog(8, known, 5, heads, elements).error,
                HasSubstr("retained subtree head differs"));
    head = honest;
  }
}

}  // namespace
}  // namespace sealbook::reference
