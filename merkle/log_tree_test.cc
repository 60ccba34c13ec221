#include "merkle/log_tree.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::merkle {
namespace {

using crypto::Hash;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kMaxSize = 300;

Hash LeafValue(uint64_t index) { return crypto::Sha256(absl::StrCat(index)); }

// A subtree of a left-balanced tree, of any size: leaves [first, first +
// count).
struct Range {
  uint64_t first;
  uint64_t count;
  friend auto operator<=>(const Range&, const Range&) = default;
};

uint64_t LeftCount(uint64_t count) { return std::bit_floor(count - 1); }

// The tree as the draft defines it, by recursion over unbalanced subtrees; slow
// but for the memory of what it has hashed.
class ReferenceLog {
 public:
  Hash Value(Range range) {
    auto known = values_.find(range);
    if (known != values_.end()) return known->second;
    Hash value;
    if (range.count == 1) {
      value = LeafValue(range.first);
    } else {
      const uint64_t left = LeftCount(range.count);
      value =
          crypto::Sha256({Content({range.first, left}),
                          Content({range.first + left, range.count - left})});
    }
    values_[range] = value;
    return value;
  }

  Hash Root(uint64_t size) { return Value({0, size}); }

 private:
  std::string Content(Range range) {
    return std::string(1, range.count == 1 ? '\0' : '\1') +
           Value(range).ToString();
  }

  std::map<Range, Hash> values_;
};

// The largest balanced subtrees of the tree, by recursion from its root.
void AddBalanced(Range range, std::vector<Range>& out) {
  if (std::has_single_bit(range.count)) {
    out.push_back(range);
    return;
  }
  const uint64_t left = LeftCount(range.count);
  AddBalanced({range.first, left}, out);
  AddBalanced({range.first + left, range.count - left}, out);
}

std::vector<Range> ReferenceFullSubtrees(uint64_t size) {
  std::vector<Range> out;
  if (size > 0) AddBalanced({0, size}, out);
  return out;
}

bool Contains(Range outer, Range inner) {
  return outer.first <= inner.first &&
         inner.first + inner.count <= outer.first + outer.count;
}

// What the verifier knows, as subtrees.
struct Known {
  std::set<uint64_t> leaves;
  std::set<Range> retained;
};

void AddReferenceProof(Range range, const Known& known,
                       std::vector<Range>& out) {
  auto leaf = known.leaves.lower_bound(range.first);
  const bool has_leaf =
      leaf != known.leaves.end() && *leaf < range.first + range.count;
  if (has_leaf && range.count == 1) return;
  if (!has_leaf && known.retained.contains(range)) return;
  bool has_retained = false;
  for (Range head : known.retained) has_retained |= Contains(range, head);
  if (!has_leaf && !has_retained && std::has_single_bit(range.count)) {
    out.push_back(range);
    return;
  }
  const uint64_t left = LeftCount(range.count);
  AddReferenceProof({range.first, left}, known, out);
  AddReferenceProof({range.first + left, range.count - left}, known, out);
}

Range RangeOf(const LogNode& node) {
  return {node.first, node.end() - node.first};
}

std::vector<Range> RangesOf(const std::vector<LogNode>& nodes) {
  std::vector<Range> ranges;
  for (const LogNode& node : nodes) ranges.push_back(RangeOf(node));
  return ranges;
}

// Everything that a verifier and a prover hold for one shape.
struct Case {
  LogProofShape shape;
  std::vector<Hash> leaf_values;
  std::vector<Hash> retained;
  std::vector<Hash> elements;

  absl::StatusOr<LogProofResult> Evaluate() const {
    return EvaluateProof(shape, leaf_values, retained, elements);
  }
};

Case MakeCase(ReferenceLog& log, LogProofShape shape) {
  Case c{.shape = std::move(shape)};
  for (uint64_t leaf : c.shape.leaves) {
    c.leaf_values.push_back(LeafValue(leaf));
  }
  for (Range head : ReferenceFullSubtrees(c.shape.retained_size.value_or(0))) {
    c.retained.push_back(log.Value(head));
  }
  for (const LogNode& node : ProofNodes(c.shape)) {
    c.elements.push_back(log.Value(RangeOf(node)));
  }
  return c;
}

Known KnownOf(const LogProofShape& shape) {
  Known known{.leaves = {shape.leaves.begin(), shape.leaves.end()}};
  for (Range head : ReferenceFullSubtrees(shape.retained_size.value_or(0))) {
    known.retained.insert(head);
  }
  return known;
}

std::vector<uint64_t> RandomLeaves(std::mt19937_64& random, uint64_t size) {
  std::set<uint64_t> leaves;
  const size_t count = random() % 5;
  for (size_t i = 0; i < count; ++i) leaves.insert(random() % size);
  return {leaves.begin(), leaves.end()};
}

void ExpectInvalid(const absl::Status& status, const std::string& word) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

TEST(LogTreeTest, ListsWhatTheDraftsWorkedExampleLists) {
  const std::vector<LogNode> nodes =
      ProofNodes({.size = 13, .leaves = {7, 11, 12}, .retained_size = 4});
  EXPECT_THAT(nodes, ElementsAre(LogNode{4, 1}, LogNode{6, 0}, LogNode{8, 1},
                                 LogNode{10, 0}));
}

TEST(LogTreeTest, ListsTheCopathOfTheDraftsInclusionFigure) {
  EXPECT_THAT(ProofNodes({.size = 6, .leaves = {2}}),
              ElementsAre(LogNode{0, 1}, LogNode{3, 0}, LogNode{4, 1}));
}

TEST(LogTreeTest, ListsTheNewLeavesOfTheDraftsConsistencyFigure) {
  EXPECT_THAT(ProofNodes({.size = 7, .retained_size = 5}),
              ElementsAre(LogNode{5, 0}, LogNode{6, 0}));
}

TEST(LogTreeTest, ListsTheFullSubtreesWhenNothingIsKnown) {
  EXPECT_THAT(ProofNodes({.size = 13}),
              ElementsAre(LogNode{0, 3}, LogNode{8, 2}, LogNode{12, 0}));
}

TEST(LogTreeTest, ListsNothingWhenTheWholeTreeIsRetained) {
  EXPECT_THAT(ProofNodes({.size = 13, .retained_size = 13}), IsEmpty());
}

TEST(LogTreeTest, HashesParentsAsTheDraftWritesThem) {
  // Computed with Python's hashlib over the decimal digits 0 to 4 as leaves.
  LogAppender log(0, {});
  const std::vector<std::string> roots = {
      "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
      "45ce7ed1e25d37a243e5e340d617a8596351f2c27248232b69181052c15da02e",
      "0dfa6686296c64800c95ca3cab8c9e198d93bef70e7ac15acea7d18579031f56",
      "e2330d0caa38e1f4da4deba4fd9ff8d9d6bc05431aaaf0a09bf12ba8929504df",
      "907735f33157e26d501863bd921da2cfd1a507999b3f33a7899e93a473732803"};
  for (uint64_t i = 0; i < roots.size(); ++i) {
    log.Append(LeafValue(i));
    EXPECT_EQ(log.Root().ToHex(), roots[i]) << "size " << i + 1;
  }
}

TEST(LogTreeTest, FindsTheFullSubtreesOfEverySize) {
  for (uint64_t size = 0; size <= kMaxSize; ++size) {
    EXPECT_EQ(RangesOf(FullSubtrees(size)), ReferenceFullSubtrees(size))
        << "size " << size;
  }
}

TEST(LogTreeTest, AppendsToTheRootsOfTheRecursiveDefinition) {
  ReferenceLog reference;
  for (uint64_t start = 0; start <= kMaxSize; start += 37) {
    std::vector<Hash> heads;
    for (Range head : ReferenceFullSubtrees(start)) {
      heads.push_back(reference.Value(head));
    }
    LogAppender log(start, heads);
    for (uint64_t size = start + 1; size <= kMaxSize; ++size) {
      log.Append(LeafValue(size - 1));
      ASSERT_EQ(log.size(), size);
      ASSERT_EQ(log.Root(), reference.Root(size)) << "size " << size;
    }
  }
}

TEST(LogTreeTest, StoresNodesInTheOrderInWhichLeavesCompleteThem) {
  ReferenceLog reference;
  LogAppender log(0, {});
  for (uint64_t i = 0; i < kMaxSize; ++i) log.Append(LeafValue(i));
  ASSERT_EQ(log.new_nodes().size(), NodeCount(kMaxSize));

  size_t nodes = 0;
  for (uint8_t level = 0; (uint64_t{1} << level) <= kMaxSize; ++level) {
    const uint64_t width = uint64_t{1} << level;
    for (uint64_t first = 0; first + width <= kMaxSize; first += width) {
      const LogNode node{first, level};
      ASSERT_EQ(log.new_nodes()[NodeIndex(node)],
                reference.Value({first, width}))
          << "leaves " << first << " to " << node.end() - 1;
      EXPECT_GE(NodeIndex(node), NodeCount(node.end() - 1));
      EXPECT_LT(NodeIndex(node), NodeCount(node.end()));
      ++nodes;
    }
  }
  EXPECT_EQ(nodes, NodeCount(kMaxSize));
}

TEST(LogTreeTest, ContinuesTheNodeSequenceOfAnExistingLog) {
  LogAppender whole(0, {});
  LogAppender first(0, {});
  for (uint64_t i = 0; i < 100; ++i) whole.Append(LeafValue(i));
  for (uint64_t i = 0; i < 61; ++i) first.Append(LeafValue(i));
  LogAppender second(61, first.full_subtrees());
  for (uint64_t i = 61; i < 100; ++i) second.Append(LeafValue(i));

  std::vector<Hash> nodes = first.new_nodes();
  nodes.insert(nodes.end(), second.new_nodes().begin(),
               second.new_nodes().end());
  EXPECT_EQ(nodes, whole.new_nodes());
}

TEST(LogTreeTest, ProvesEverySizeFromEveryRetainedSizeAndRandomLeaves) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  ReferenceLog log;
  for (uint64_t size = 1; size <= kMaxSize; ++size) {
    std::vector<Hash> heads;
    for (Range head : ReferenceFullSubtrees(size)) {
      heads.push_back(log.Value(head));
    }
    for (uint64_t retained = 0; retained <= size; ++retained) {
      LogProofShape shape{.size = size, .leaves = RandomLeaves(random, size)};
      if (retained > 0) shape.retained_size = retained;
      for (uint64_t leaf : shape.leaves) {
        shape.earlier_sizes.push_back(leaf + 1);
      }
      if (retained > 0) shape.earlier_sizes.push_back(retained);
      const Case c = MakeCase(log, shape);

      std::vector<Range> expected;
      AddReferenceProof({0, size}, KnownOf(shape), expected);
      ASSERT_EQ(RangesOf(ProofNodes(shape)), expected)
          << "size " << size << " retained " << retained;
      absl::StatusOr<LogProofResult> result = c.Evaluate();
      ASSERT_TRUE(result.ok()) << result.status();
      ASSERT_EQ(result->root, log.Root(size));
      ASSERT_EQ(result->full_subtrees, heads);
      ASSERT_EQ(result->earlier.size(), shape.earlier_sizes.size());
      for (size_t i = 0; i < result->earlier.size(); ++i) {
        ASSERT_EQ(
            RootFromFullSubtrees(shape.earlier_sizes[i], result->earlier[i]),
            log.Root(shape.earlier_sizes[i]));
      }
    }
  }
}

TEST(LogTreeTest, RefusesAnEarlierTreeThatTheProofDoesNotPassThrough) {
  ReferenceLog log;
  LogProofShape shape{.size = 16, .leaves = {5}};
  shape.earlier_sizes = {3};
  const absl::Status status = MakeCase(log, shape).Evaluate().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("the tree of size 3"));
}

// True when the root's value follows from `values` by hashing pairs.
bool RootFollows(Range range, const std::set<Range>& values) {
  if (values.contains(range)) return true;
  if (range.count == 1) return false;
  const uint64_t left = LeftCount(range.count);
  return RootFollows({range.first, left}, values) &&
         RootFollows({range.first + left, range.count - left}, values);
}

TEST(LogTreeTest, ListsNoElementThatIsNotNeeded) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (uint64_t size = 1; size <= 64; ++size) {
    for (uint64_t retained = 0; retained <= size; ++retained) {
      LogProofShape shape{.size = size, .leaves = RandomLeaves(random, size)};
      if (retained > 0) shape.retained_size = retained;
      // A retained head above a proven leaf is to be derived, not used.
      std::set<Range> values = KnownOf(shape).retained;
      for (uint64_t leaf : shape.leaves) {
        std::erase_if(values, [leaf](Range head) {
          return Contains(head, {leaf, 1});
        });
      }
      for (uint64_t leaf : shape.leaves) values.insert({leaf, 1});
      const std::vector<Range> listed = RangesOf(ProofNodes(shape));
      values.insert(listed.begin(), listed.end());
      ASSERT_TRUE(RootFollows({0, size}, values));
      for (Range element : listed) {
        std::set<Range> fewer = values;
        fewer.erase(element);
        ASSERT_FALSE(RootFollows({0, size}, fewer))
            << "size " << size << " retained " << retained << " lists "
            << element.first << "+" << element.count << " needlessly";
      }
    }
  }
}

TEST(LogTreeTest, AnyAlteredValueChangesTheRootOrIsRefused) {
  ReferenceLog log;
  for (uint64_t size = 1; size <= 40; ++size) {
    for (uint64_t retained = 0; retained <= size; ++retained) {
      LogProofShape shape{.size = size, .leaves = {size / 2}};
      if (retained > 0) shape.retained_size = retained;
      const Case honest = MakeCase(log, shape);
      for (auto values :
           {&Case::leaf_values, &Case::retained, &Case::elements}) {
        for (size_t i = 0; i < (honest.*values).size(); ++i) {
          Case altered = honest;
          (altered.*values)[i].data()[31] ^= 1;
          absl::StatusOr<LogProofResult> result = altered.Evaluate();
          if (result.ok()) {
            ASSERT_NE(result->root, log.Root(size));
          } else {
            ExpectInvalid(result.status(), "retained subtree");
          }
        }
      }
    }
  }
}

// Every size, retained size, auditor's size and some leaves.
void ForEachAudited(uint64_t max_size,
                    const std::function<void(const LogProofShape&)>& check) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (uint64_t size = 1; size <= max_size; ++size) {
    for (uint64_t retained = 0; retained <= size; ++retained) {
      for (uint64_t auditor = 1; auditor <= size; ++auditor) {
        LogProofShape shape{.size = size, .leaves = RandomLeaves(random, size)};
        if (retained > 0) shape.retained_size = retained;
        shape.auditor_size = auditor;
        check(shape);
      }
    }
  }
}

TEST(LogTreeTest, ProvesTheAuditorsRootToo) {
  ReferenceLog log;
  ForEachAudited(64, [&](const LogProofShape& shape) {
    const auto result = MakeCase(log, shape).Evaluate();
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(result->root, log.Root(shape.size));
    ASSERT_EQ(result->auditor_root, log.Root(*shape.auditor_size));
  });
}

// What the proof lists, and what the verifier has besides, gives both roots;
// without one of the listed nodes it does not, or a retained head that is not
// used cannot be derived anew.
TEST(LogTreeTest, ListsForTheAuditorNoElementThatIsNotNeeded) {
  ForEachAudited(33, [&](const LogProofShape& shape) {
    const std::set<Range> heads = KnownOf(shape).retained;
    std::set<Range> values(heads);
    const uint64_t auditor = *shape.auditor_size;
    const auto is_cut = [&](Range head) {
      return head.first < auditor && auditor < head.first + head.count;
    };
    const auto has_leaf = [&](Range head) {
      return std::any_of(shape.leaves.begin(), shape.leaves.end(),
                         [&](uint64_t leaf) {
                           return Contains(head, {leaf, 1});
                         });
    };
    std::erase_if(values,
                  [&](Range head) { return has_leaf(head) || is_cut(head); });
    for (uint64_t leaf : shape.leaves) values.insert({leaf, 1});
    const std::vector<Range> listed = RangesOf(ProofNodes(shape));
    values.insert(listed.begin(), listed.end());
    const auto all_follow = [&](const std::set<Range>& from) {
      return RootFollows({0, shape.size}, from) &&
             RootFollows({0, auditor}, from) &&
             std::all_of(heads.begin(), heads.end(),
                         [&](Range head) { return RootFollows(head, from); });
    };
    ASSERT_TRUE(all_follow(values));
    for (Range element : listed) {
      std::set<Range> fewer = values;
      fewer.erase(element);
      ASSERT_FALSE(all_follow(fewer))
          << "size " << shape.size << " retained "
          << shape.retained_size.value_or(0) << " auditor " << auditor
          << " lists " << element.first << "+" << element.count;
    }
  });
}

TEST(LogTreeTest, AnyAlteredValueChangesARootOrIsRefused) {
  ReferenceLog log;
  ForEachAudited(20, [&](const LogProofShape& shape) {
    const Case honest = MakeCase(log, shape);
    for (auto values : {&Case::leaf_values, &Case::retained, &Case::elements}) {
      for (size_t i = 0; i < (honest.*values).size(); ++i) {
        Case altered = honest;
        (altered.*values)[i].data()[31] ^= 1;
        const auto result = altered.Evaluate();
        if (!result.ok()) continue;
        ASSERT_TRUE(result->root != log.Root(shape.size) ||
                    result->auditor_root != log.Root(*shape.auditor_size));
      }
    }
  });
}

TEST(LogTreeTest, ChecksARetainedSubtreeThatTheAuditorsTreeCutsInto) {
  ReferenceLog log;
  // Leaves 0 to 7 are retained as one; the auditor has seen five.
  Case c = MakeCase(log, {.size = 12, .retained_size = 8, .auditor_size = 5});
  EXPECT_EQ(RangesOf(ProofNodes(c.shape)),
            (std::vector<Range>{{0, 4}, {4, 1}, {5, 1}, {6, 2}, {8, 4}}));
  c.retained[0].data()[0] ^= 1;
  ExpectInvalid(c.Evaluate().status(), "retained subtree of leaves 0 to 7");
}

TEST(LogTreeTest, RefusesAnAuditorsSizeOutsideTheTree) {
  ReferenceLog log;
  Case c = MakeCase(log, {.size = 5});
  for (uint64_t size : {0, 6}) {
    c.shape.auditor_size = size;
    ExpectInvalid(c.Evaluate().status(), absl::StrCat("auditor's size ", size));
  }
}

TEST(LogTreeTest, RefusesARetainedSubtreeThatTheProofDerivesDifferently) {
  ReferenceLog log;
  // Leaf 5 lies in the retained subtree of leaves 4 and 5, so the retained
  // value does not enter the root: only the comparison can notice it.
  Case c = MakeCase(log, {.size = 13, .leaves = {5}, .retained_size = 6});
  c.retained[1].data()[0] ^= 1;
  ExpectInvalid(c.Evaluate().status(), "retained subtree of leaves 4 to 5");
}

TEST(LogTreeTest, RefusesARetainedSingleLeafThatDiffersFromTheProvenOne) {
  ReferenceLog log;
  Case c = MakeCase(log, {.size = 9, .leaves = {4}, .retained_size = 5});
  c.retained[1].data()[0] ^= 1;
  ExpectInvalid(c.Evaluate().status(), "retained subtree of leaves 4 to 4");
}

TEST(LogTreeTest, RefusesATrailingElement) {
  ReferenceLog log;
  Case c = MakeCase(log, {.size = 13, .leaves = {7, 11, 12}});
  c.elements.push_back(Hash());
  ExpectInvalid(c.Evaluate().status(), "6 elements, expected 5");
}

TEST(LogTreeTest, RefusesAMissingElement) {
  ReferenceLog log;
  Case c = MakeCase(log, {.size = 13, .leaves = {7, 11, 12}});
  c.elements.pop_back();
  ExpectInvalid(c.Evaluate().status(), "4 elements, expected 5");
}

TEST(LogTreeTest, RefusesLeafValuesThatDoNotMatchTheLeaves) {
  ReferenceLog log;
  Case c = MakeCase(log, {.size = 13, .leaves = {7, 11, 12}});
  c.leaf_values.pop_back();
  ExpectInvalid(c.Evaluate().status(), "2 leaf values, expected 3");
}

TEST(LogTreeTest, RefusesRetainedValuesThatDoNotMatchTheRetainedSize) {
  ReferenceLog log;
  Case c = MakeCase(log, {.size = 13, .retained_size = 7});
  c.retained.pop_back();
  ExpectInvalid(c.Evaluate().status(), "2 retained subtrees, expected 3");
}

TEST(LogTreeTest, RefusesAnEmptyLog) {
  ExpectInvalid(EvaluateProof({.size = 0}, {}, {}, {}).status(), "empty log");
}

TEST(LogTreeTest, RefusesALeafBeyondTheTree) {
  const std::vector<Hash> one(1);
  ExpectInvalid(
      EvaluateProof({.size = 3, .leaves = {3}}, one, {}, one).status(),
      "leaf 3 is not below tree size 3");
}

TEST(LogTreeTest, RefusesLeavesThatDoNotAscend) {
  const std::vector<Hash> two(2);
  ExpectInvalid(
      EvaluateProof({.size = 3, .leaves = {1, 1}}, two, {}, two).status(),
      "not ascending");
}

TEST(LogTreeTest, RefusesARetainedSizeOutsideTheTree) {
  ExpectInvalid(
      EvaluateProof({.size = 3, .retained_size = 4}, {}, {}, {}).status(),
      "retained size 4");
  ExpectInvalid(
      EvaluateProof({.size = 3, .retained_size = 0}, {}, {}, {}).status(),
      "retained size 0");
}

TEST(LogTreeTest, CopesWithTheLargestTreeSize) {
  const uint64_t size = ~uint64_t{0};
  const LogProofShape shape{
      .size = size, .leaves = {0, size - 1}, .retained_size = size - 1};
  const size_t count = ProofNodes(shape).size();
  // The copath of leaf 0 in the left half; all other heads are retained.
  EXPECT_EQ(count, 63u);
  const std::vector<Hash> leaves(2), retained(63), elements(count);
  ExpectInvalid(EvaluateProof(shape, leaves, retained, elements).status(),
                "retained subtree");
}

}  // namespace
}  // namespace sealbook::merkle
