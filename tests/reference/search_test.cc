// The prover against the verifier, and against the draft's worked example.
#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/fake_world.h"
#include "tests/reference/hash.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/prover.h"
#include "tests/reference/verifier.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Type = PrefixSearchResultType;

std::vector<Type> ResultTypes(const PrefixProof& proof) {
  std::vector<Type> out;
  for (const auto& result : proof.results) out.push_back(result.result_type);
  return out;
}

// 13 entries, a label whose versions 0, 1 and 2 lie at 2, 5 and 9, entry 11
// the rightmost distinguished one for a window of 1000 ms.
World WorkedExample() {
  World world = FakeWorld(FakeConfiguration());
  for (uint64_t i = 0; i < 13; ++i) {
    const uint64_t timestamp = i <= 7 ? 10000 + i : 12000 + i;
    AddEntry(&world, timestamp, {{"padding", static_cast<uint32_t>(i)}});
  }
  world.entries[2].added.push_back(FakeLeaf("alice", 0));
  world.entries[5].added.push_back(FakeLeaf("alice", 1));
  world.entries[9].added.push_back(FakeLeaf("alice", 2));
  return world;
}

TEST(WorkedExampleTest, HasExactlyTheContentsOfTheDraftsAppendix) {
  const World world = WorkedExample();
  const SearchResponse response =
      BuildSearchResponse(world, 13, 4, "alice", false);
  EXPECT_EQ(response.version, 2u);
  ASSERT_EQ(response.binary_ladder.size(), 4u);  // versions 0, 1, 3, 2
  EXPECT_EQ(response.binary_ladder[0].commitment,
            FakeLeaf("alice", 0).commitment);
  EXPECT_EQ(response.binary_ladder[1].commitment,
            FakeLeaf("alice", 1).commitment);
  EXPECT_EQ(response.binary_ladder[2].commitment, std::nullopt);
  EXPECT_EQ(response.binary_ladder[3].commitment, std::nullopt);

  const CombinedTreeProof& search = response.search;
  EXPECT_THAT(search.timestamps, ElementsAre(10007, 12011, 12012));
  ASSERT_EQ(search.prefix_proofs.size(), 2u);  // entries 11 and 12
  const std::vector<Type> eleven = ResultTypes(search.prefix_proofs[0]);
  ASSERT_EQ(eleven.size(), 4u);
  EXPECT_EQ(eleven[0], Type::kInclusion);
  EXPECT_EQ(eleven[1], Type::kInclusion);
  EXPECT_NE(eleven[2], Type::kInclusion);
  EXPECT_EQ(eleven[3], Type::kInclusion);
  const std::vector<Type> twelve = ResultTypes(search.prefix_proofs[1]);
  ASSERT_EQ(twelve.size(), 1u);
  EXPECT_NE(twelve[0], Type::kInclusion);
  EXPECT_THAT(search.prefix_roots,
              ElementsAre(LogEntryAt(world, 7).prefix_tree));
  EXPECT_THAT(search.inclusion.elements,
              ElementsAre(LogValue(world, {4, 2}), LogValue(world, {6, 1}),
                          LogValue(world, {8, 2}), LogValue(world, {10, 1})));
}

TEST(WorkedExampleTest, IsAcceptedAndLeavesTheNewStateBehind) {
  const World world = WorkedExample();
  const Outcome outcome =
      VerifySearch(world.config, FakeKeys(), StateOf(world, 4),
                   MakeSearchRequest(4, "alice"),
                   MakeSearchResponse(world, 13, 4, "alice", false), 12012);
  ASSERT_TRUE(outcome.accepted.has_value()) << outcome.refusal;
  EXPECT_EQ(outcome.accepted->version, 2u);
  EXPECT_EQ(outcome.accepted->value, "alice 2");
  EXPECT_EQ(outcome.accepted->terminal, 11u);
  EXPECT_FALSE(outcome.accepted->must_monitor);
  EXPECT_EQ(outcome.accepted->root, LogValue(world, {0, 13}));
  const RetainedState& state = outcome.accepted->state;
  EXPECT_EQ(state.tree_size, 13u);
  EXPECT_THAT(state.full_subtrees,
              ElementsAre(LogValue(world, {0, 8}), LogValue(world, {8, 4}),
                          LogValue(world, {12, 1})));
  EXPECT_THAT(state.frontier,
              ElementsAre(std::pair(7, LogEntryAt(world, 7)),
                          std::pair(11, LogEntryAt(world, 11)),
                          std::pair(12, LogEntryAt(world, 12))));
}

// A user's answer computed without any proof: inspect the frontier from the
// rightmost distinguished entry (or the root) on.
struct Expected {
  std::optional<uint32_t> version;
  std::optional<uint64_t> terminal;
  bool must_monitor = false;
};

Expected Expect(const World& world, uint64_t n, const std::string& label) {
  std::vector<uint64_t> timestamps;
  for (uint64_t i = 0; i < n; ++i) {
    timestamps.push_back(world.entries[i].timestamp);
  }
  const std::set<uint64_t> distinguished =
      Distinguished(timestamps, world.config.reasonable_monitoring_window);
  Expected out;
  out.version = GreatestVersion(world, n - 1, label);
  for (uint64_t position : Frontier(n)) {
    if (!distinguished.empty() && position < *distinguished.rbegin()) continue;
    if (!out.terminal.has_value() && out.version.has_value() &&
        GreatestVersion(world, position, label) == out.version) {
      out.terminal = position;
      out.must_monitor =
          distinguished.empty() || position > *distinguished.rbegin();
    }
  }
  return out;
}

class EveryPair {
 public:
  explicit EveryPair(const World& world) : world_(world) {
    for (uint64_t n = 1; n <= world.entries.size(); ++n) {
      states_.push_back(StateOf(world, n));
    }
  }

  // Every size, every size seen before, the label present or absent.
  void Check(const std::string& label) {
    for (uint64_t n = 1; n <= world_.entries.size(); ++n) {
      expected_ = Expect(world_, n, label);
      CheckOne(n, std::nullopt, label);
      for (uint64_t last = 1; last <= n; ++last) CheckOne(n, last, label);
      if (testing::Test::HasFatalFailure()) return;
    }
  }

  uint64_t found() const { return found_; }
  uint64_t absent() const { return absent_; }
  uint64_t monitored() const { return monitored_; }

 private:
  void CheckOne(uint64_t n, std::optional<uint64_t> last,
                const std::string& label) {
    SCOPED_TRACE(testing::Message()
                 << "n=" << n << " last=" << last.value_or(0) << " " << label);
    std::optional<RetainedState> state;
    if (last.has_value()) state = states_[*last - 1];
    const bool same = last == n;
    const std::string request = MakeSearchRequest(last, label);
    const uint64_t now = world_.entries[n - 1].timestamp;
    const bool exists = expected_.version.has_value();
    const Outcome outcome =
        exists ? VerifySearch(world_.config, keys_, state, request,
                              MakeSearchResponse(world_, n, last, label, same),
                              now)
               : VerifyAbsence(
                     world_.config, keys_, state, request,
                     MakeAbsenceResponse(world_, n, last, label, same), now);
    ASSERT_TRUE(outcome.accepted.has_value()) << outcome.refusal;
    ASSERT_EQ(outcome.accepted->tree_size, n);
    ASSERT_EQ(outcome.accepted->root, LogValue(world_, {0, n}));
    ASSERT_EQ(outcome.accepted->state, states_[n - 1]);
    ++(exists ? found_ : absent_);
    if (!exists) return;
    ASSERT_EQ(outcome.accepted->version, *expected_.version);
    const OpenedValue opened = world_.open(label, *expected_.version);
    ASSERT_EQ(outcome.accepted->value, opened.value);
    ASSERT_EQ(outcome.accepted->opening, opened.opening);
    ASSERT_EQ(outcome.accepted->terminal, *expected_.terminal);
    ASSERT_EQ(outcome.accepted->must_monitor, expected_.must_monitor);
    if (expected_.must_monitor) ++monitored_;
  }

  const World& world_;
  const PublicKeys keys_ = FakeKeys();
  std::vector<RetainedState> states_;
  Expected expected_;
  uint64_t found_ = 0, absent_ = 0, monitored_ = 0;
};

constexpr uint64_t kSeed = 9381;

TEST(SearchTest, IsAcceptedForEverySizeAndEveryLastUpToSixty) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::vector<LabelPlan> labels;
  for (uint32_t versions = 0; versions <= 10; ++versions) {
    labels.push_back({"label" + std::to_string(versions), versions});
  }
  const World world = RandomWorld(kSeed, 60, 100, labels, FakeConfiguration());
  EveryPair pairs(world);
  for (const LabelPlan& plan : labels) pairs.Check(plan.label);
  EXPECT_EQ(pairs.found() + pairs.absent(), 11u * (60 + 60 * 61 / 2));
  EXPECT_GT(pairs.found(), 1000u);
  EXPECT_GT(pairs.absent(), 1000u);
  EXPECT_GT(pairs.monitored(), 1000u);
  EXPECT_LT(pairs.monitored(), pairs.found() - 1000);
}

TEST(SearchTest, IsAcceptedWhateverTheWindow) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  const std::vector<LabelPlan> labels = {{"none", 0}, {"some", 7}};
  for (uint64_t window : {0, 1, 1000000}) {
    Configuration config = FakeConfiguration();
    config.reasonable_monitoring_window = window;
    const World world = RandomWorld(kSeed, 40, 2, labels, config);
    EveryPair pairs(world);
    for (const LabelPlan& plan : labels) pairs.Check(plan.label);
    // Window 0 makes every entry distinguished, the largest one none.
    if (window == 0) {
      EXPECT_EQ(pairs.monitored(), 0u);
    } else if (window == 1000000) {
      EXPECT_EQ(pairs.monitored(), pairs.found());
    }
  }
}

// Version 2^32 - 1 is the one whose ladder nothing greater can close: at the
// second entry all lookups are known, and the proof is the root alone.
TEST(SearchTest, FindsTheGreatestPossibleVersion) {
  World world = FakeWorld(FakeConfiguration());
  AddEntry(&world, 10000, {});
  for (uint64_t k = 0; k <= 32; ++k) {
    const auto version = static_cast<uint32_t>((uint64_t{1} << k) - 1);
    world.entries[0].added.push_back(FakeLeaf("old", version));
  }
  AddEntry(&world, 10000, {{"padding", 0}});
  AddEntry(&world, 10000, {{"padding", 1}});
  const SearchResponse response =
      BuildSearchResponse(world, 3, std::nullopt, "old", false);
  EXPECT_EQ(response.version, 4294967295u);
  EXPECT_EQ(response.binary_ladder.size(), 33u);
  ASSERT_EQ(response.search.prefix_proofs.size(), 2u);
  EXPECT_THAT(response.search.prefix_proofs[1].results, IsEmpty());
  EXPECT_THAT(response.search.prefix_proofs[1].elements,
              ElementsAre(LogEntryAt(world, 2).prefix_tree));
  EveryPair(world).Check("old");
}

TEST(SearchTest, HoldsForAFirstEntryWithAnEmptyPrefixTree) {
  World world = FakeWorld(FakeConfiguration());
  AddEntry(&world, 10000, {});
  AddEntry(&world, 10001, {{"alice", 0}});
  EXPECT_EQ(LogEntryAt(world, 0).prefix_tree, std::string(32, '\0'));
  EveryPair pairs(world);
  pairs.Check("alice");
  EXPECT_EQ(pairs.found(), 3u);
  EXPECT_EQ(pairs.absent(), 2u);
}

}  // namespace
}  // namespace sealbook::reference
