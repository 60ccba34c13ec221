// Auditing: updates worked out by hand, whole logs, and what has to be refused.
#include "tests/reference/auditor.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/hash.h"
#include "tests/reference/testing.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Type = PrefixSearchResultType;

// A search key that starts with these bits and goes on with zeros.
Leaf KeyLeaf(const std::string& bits, char commitment) {
  std::string key(kVrfOutputSize, '\0');
  for (size_t i = 0; i < bits.size(); ++i) {
    if (bits[i] == '1') key[i / 8] |= static_cast<char>(0x80 >> (i % 8));
  }
  return {bits, 0, key, std::string(kHashSize, commitment)};
}

PrefixLeaf Plain(const Leaf& leaf) {
  return {leaf.vrf_output, leaf.commitment};
}

std::string Value(const Leaf& leaf) { return PrefixLeafValue(Plain(leaf)); }

// The leaves of the draft's figures.
const Leaf kA = KeyLeaf("00010", 'A');
const Leaf kB = KeyLeaf("00101", 'B');
const Leaf kC = KeyLeaf("10001", 'C');
const Leaf kD = KeyLeaf("10111", 'D');
const Leaf kE = KeyLeaf("11011", 'E');
const Leaf kF = KeyLeaf("01101", 'F');

std::string LowerLeft() { return PrefixParentValue(Value(kA), Value(kB)); }
std::string UpperRight() {
  return PrefixParentValue(PrefixParentValue(Value(kC), Value(kD)), Value(kE));
}

// The draft's first figure, its second one, and an entry that adds nothing.
World Figures() {
  World world = FakeWorld(
      FakeConfiguration(kSuiteP256, DeploymentMode::kThirdPartyAuditing));
  world.entries.push_back({10000, {kE, kC, kA, kD, kB}, {}});
  world.entries.push_back({10500, {kF}, {}});
  world.entries.push_back({10500, {}, {}});
  return world;
}

Verdict<AuditorState> Process(
    const World& world, const AuditorState& state, const AuditorUpdate& update,
    RemovalPolicy policy = RemovalPolicy::kOfTheDraft) {
  const auto verdict =
      VerifyAuditorUpdate(world.config, state, Encode(update), policy);
  EXPECT_NE(verdict.accepted.has_value(), !verdict.refusal.empty());
  return verdict;
}

// An auditor from the entry at `began` on, after the first n.
AuditorState After(const World& world, uint64_t n, uint64_t began = 0) {
  AuditorState state = AuditorStateOf(world, began);
  for (uint64_t x = began; x < n; ++x) {
    const auto verdict = Process(world, state, BuildAuditorUpdate(world, x));
    EXPECT_EQ(verdict.refusal, "") << "entry " << x;
    if (verdict.accepted.has_value()) state = *verdict.accepted;
  }
  return state;
}

TEST(AuditorKnownAnswerTest, TheFirstEntryOfALog) {
  const World world = Figures();
  const AuditorUpdate update = BuildAuditorUpdate(world, 0);
  EXPECT_EQ(update.timestamp, 10000u);
  EXPECT_THAT(update.added, ElementsAre(Plain(kA), Plain(kB), Plain(kC),
                                        Plain(kD), Plain(kE)));
  EXPECT_THAT(update.removed, IsEmpty());
  // Five searches in an empty tree.
  const PrefixSearchResult nothing = {Type::kNonInclusionParent, {}, 0};
  EXPECT_THAT(update.proof.results,
              ElementsAre(nothing, nothing, nothing, nothing, nothing));
  EXPECT_THAT(update.proof.elements, IsEmpty());
  const AuditorState state = After(world, 1);
  EXPECT_EQ(state.prefix_root,
            PrefixParentValue(PrefixParentValue(LowerLeft(), MissingNode()),
                              UpperRight()));
  EXPECT_EQ(LogRootOf(state), LogLeafValue({10000, state.prefix_root}));
}

TEST(AuditorKnownAnswerTest, ALeafThatBecomesAMissingChild) {
  const World world = Figures();
  const AuditorUpdate update = BuildAuditorUpdate(world, 1);
  EXPECT_THAT(update.added, ElementsAre(Plain(kF)));
  EXPECT_THAT(update.proof.results, ElementsAre(PrefixSearchResult{
                                        Type::kNonInclusionParent, {}, 2}));
  EXPECT_THAT(update.proof.elements, ElementsAre(LowerLeft(), UpperRight()));
  EXPECT_EQ(After(world, 2).prefix_root,
            PrefixParentValue(PrefixParentValue(LowerLeft(), Value(kF)),
                              UpperRight()));
}

TEST(AuditorKnownAnswerTest, AnEntryThatAddsNothing) {
  const World world = Figures();
  const AuditorUpdate update = BuildAuditorUpdate(world, 2);
  EXPECT_THAT(update.added, IsEmpty());
  EXPECT_THAT(update.proof.results, IsEmpty());
  EXPECT_THAT(update.proof.elements,
              ElementsAre(LogEntryAt(world, 1).prefix_tree));
  const AuditorState state = After(world, 3);
  EXPECT_EQ(LogRootOf(state), LogValue(world, {0, 3}));
  EXPECT_EQ(state.prefix_root, After(world, 2).prefix_root);
}

TEST(AuditorKnownAnswerTest, ALeafInThePlaceOfAnother) {
  World world = Figures();
  const Leaf other = KeyLeaf("00111", 'x');
  world.entries.push_back({10600, {other}, {}});
  const AuditorUpdate update = BuildAuditorUpdate(world, 3);
  EXPECT_THAT(
      update.proof.results,
      ElementsAre(PrefixSearchResult{Type::kNonInclusionLeaf, Plain(kB), 3}));
  EXPECT_THAT(update.proof.elements,
              ElementsAre(Value(kA), Value(kF), UpperRight()));
  const std::string below = PrefixParentValue(Value(kB), Value(other));
  EXPECT_EQ(
      After(world, 4).prefix_root,
      PrefixParentValue(
          PrefixParentValue(PrefixParentValue(Value(kA), below), Value(kF)),
          UpperRight()));
}

TEST(AuditorKnownAnswerTest, TheSignedHead) {
  const World world = Figures();
  for (uint64_t n : {1, 2, 3}) {
    const AuditorTreeHead head =
        SignState(world.config, After(world, n), world.sign_auditor);
    EXPECT_EQ(head, SignedAuditorTreeHead(world, n));
    EXPECT_EQ(head.tree_size, n);
    EXPECT_EQ(head.timestamp, world.entries[n - 1].timestamp);
    EXPECT_TRUE(FakeKeys().verify_auditor(
        Encode(AuditorTreeHeadTBS{world.config, head.timestamp, n,
                                  LogValue(world, {0, n})}),
        head.signature));
  }
}

// What the draft wants of removals. Entry 0, at 10000 ms, is distinguished from
// the beginning.
AuditorUpdate Removing(const std::vector<Leaf>& removed,
                       const std::vector<Leaf>& added,
                       const std::vector<Leaf>& before) {
  World world = FakeWorld(FakeConfiguration());
  world.entries.push_back({10000, before, {}});
  const PrefixTree& tree = TreeAt(world, 0);
  AuditorUpdate out;
  out.timestamp = 10600;
  std::vector<std::string> keys;
  for (const Leaf& leaf : added) {
    out.added.push_back(Plain(leaf));
    keys.push_back(leaf.vrf_output);
  }
  for (const Leaf& leaf : removed) {
    out.removed.push_back(Plain(leaf));
    keys.push_back(leaf.vrf_output);
  }
  out.proof = ProvePrefix(tree, keys, nullptr);
  return out;
}

const std::vector<Leaf>& All() {
  static const auto* const all = new std::vector<Leaf>{kA, kB, kF, kC, kD, kE};
  return *all;
}

TEST(AuditorRemovalTest, LeavesAMissingChild) {
  const World world = Figures();
  AuditorState state = After(world, 3);
  for (const Leaf& leaf : All()) state.added_at[leaf.vrf_output] = 0;
  const auto root = [&](const std::vector<Leaf>& removed,
                        const std::vector<Leaf>& added) {
    const auto verdict = Process(world, state, Removing(removed, added, All()));
    EXPECT_EQ(verdict.refusal, "");
    return verdict.accepted->prefix_root;
  };
  const std::string left = PrefixParentValue(LowerLeft(), Value(kF));
  EXPECT_EQ(root({kF}, {}),
            PrefixParentValue(PrefixParentValue(LowerLeft(), MissingNode()),
                              UpperRight()));
  // D stays where it was, below a parent that has no other child.
  EXPECT_EQ(
      root({kC}, {}),
      PrefixParentValue(
          left, PrefixParentValue(PrefixParentValue(MissingNode(), Value(kD)),
                                  Value(kE))));
  // A parent without children is missing as well.
  EXPECT_EQ(
      root({kC, kD}, {}),
      PrefixParentValue(left, PrefixParentValue(MissingNode(), Value(kE))));
  EXPECT_EQ(root(All(), {}), MissingNode());
  // Removed and added: another commitment.
  const Leaf other = KeyLeaf("10111", 'x');
  EXPECT_EQ(
      root({kD}, {other}),
      PrefixParentValue(
          left, PrefixParentValue(PrefixParentValue(Value(kC), Value(other)),
                                  Value(kE))));
  // In the place of a leaf that is removed.
  const Leaf near = KeyLeaf("10110", 'x');
  EXPECT_EQ(
      root({kD}, {near}),
      PrefixParentValue(
          left, PrefixParentValue(PrefixParentValue(Value(kC), Value(near)),
                                  Value(kE))));
}

TEST(AuditorRemovalTest, IsRefusedWhereThePolicySaysSo) {
  const World world = Figures();
  const AuditorUpdate update = Removing({kA}, {}, All());
  const AuditorState state = After(world, 3);
  EXPECT_EQ(Process(world, state, update).refusal, "");
  EXPECT_THAT(Process(world, state, update, RemovalPolicy::kRefused).refusal,
              HasSubstr("a leaf was removed"));
  EXPECT_EQ(Process(world, After(world, 2), BuildAuditorUpdate(world, 2),
                    RemovalPolicy::kRefused)
                .refusal,
            "");
}

// In four entries 0, 1 and 3 are distinguished, and 2 is not: its interval is
// from 10500 to 10600.
TEST(AuditorRemovalTest, NeedsADistinguishedEntryThatHadTheLeaf) {
  World world = Figures();
  const Leaf late = KeyLeaf("0000", 'x');
  world.entries[2].added = {late};
  std::vector<Leaf> leaves = All();
  leaves.push_back(late);
  const AuditorState state = After(world, 3);
  for (const Leaf& leaf : All()) {
    EXPECT_EQ(Process(world, state, Removing({leaf}, {}, leaves)).refusal, "");
  }
  EXPECT_THAT(Process(world, state, Removing({late}, {}, leaves)).refusal,
              HasSubstr("nobody had to check"));
  // The new entry makes 2 distinguished, which is below 1 and 3.
  AuditorUpdate later = Removing({late}, {}, leaves);
  later.timestamp = 11499;
  EXPECT_THAT(Process(world, state, later).refusal,
              HasSubstr("nobody had to check"));
  later.timestamp = 11500;
  EXPECT_EQ(Process(world, state, later).refusal, "");
  // An auditor who began at 3 knows of no entry before 2 that had the leaf.
  const AuditorState begun = AuditorStateOf(world, 3);
  EXPECT_EQ(Process(world, begun, later).refusal, "");
  later = Removing({kA}, {}, leaves);
  EXPECT_EQ(Process(world, state, later).refusal, "");
  EXPECT_THAT(Process(world, begun, later).refusal,
              HasSubstr("nobody had to check"));
}

AuditorUpdate Mutated(const World& world, uint64_t position,
                      const std::function<void(AuditorUpdate*)>& change) {
  AuditorUpdate out = BuildAuditorUpdate(world, position);
  change(&out);
  return out;
}

TEST(AuditorRefusalTest, EveryKindOfChange) {
  using U = AuditorUpdate*;
  const std::vector<std::pair<std::function<void(U)>, const char*>> changes = {
      {[](U u) { u->timestamp = 10499; }, "runs backwards"},
      {[](U u) { std::swap(u->added[0], u->added[1]); },
       "added: not in ascending order"},
      {[](U u) { u->added[1] = u->added[0]; }, "added: a VRF output twice"},
      {[](U u) {
         u->added[1] = u->added[0];
         u->added[1].commitment = Sha256("x");
       },
       "added: a VRF output twice"},
      {[](U u) {
         u->removed = {u->added[1], u->added[0]};
       },
       "removed: not in ascending order"},
      {[](U u) {
         u->removed = {u->added[0], u->added[0]};
       },
       "removed: a VRF output twice"},
      {[](U u) { u->removed = {u->added[0]}; }, "results missing"},
      {[](U u) { u->added.pop_back(); }, "results left over"},
      {[](U u) { u->proof.results.pop_back(); }, "results missing"},
      {[](U u) { u->proof.results.push_back(u->proof.results[0]); },
       "results left over"},
      {[](U u) { u->proof.results[1].result_type = Type::kInclusion; },
       "a leaf that was there before"},
      {[](U u) { u->proof.results[0].depth = 1; }, "elements left over"},
      {[](U u) { u->proof.results[1].result_type = Type::kNonInclusionParent; },
       "another prefix tree"},
      {[](U u) { u->proof.results[1].leaf.commitment[0] ^= 1; },
       "another prefix tree"},
      {[](U u) { u->proof.results[1].leaf = u->added[1]; },
       "shows the searched key"},
      {[](U u) { u->proof.elements[0][0] ^= 1; }, "another prefix tree"},
      {[](U u) { u->proof.elements.pop_back(); }, "elements missing"},
      {[](U u) { u->proof.elements.push_back(Sha256("x")); },
       "elements left over"},
      // Looked up as removed, but not there.
      {[](U u) {
         u->removed = {u->added[1]};
         u->added.pop_back();
       },
       "a leaf that was not there before"},
  };
  World world = Figures();
  world.entries.push_back(
      {10600, {KeyLeaf("01000", 'x'), KeyLeaf("11111", 'y')}, {}});
  const AuditorState state = After(world, 3);
  ASSERT_EQ(Process(world, state, Mutated(world, 3, [](U) {})).refusal, "");
  for (size_t i = 0; i < changes.size(); ++i) {
    const std::string refusal =
        Process(world, state, Mutated(world, 3, changes[i].first)).refusal;
    EXPECT_THAT(refusal, HasSubstr(changes[i].second)) << i;
    EXPECT_NE(refusal, "") << i;
  }
  // Equal timestamps are allowed.
  EXPECT_EQ(Process(world, state,
                    Mutated(world, 3, [](U u) { u->timestamp = 10500; }))
                .refusal,
            "");
}

TEST(AuditorRefusalTest, ARemovalOfAnotherCommitmentOrOfNothing) {
  const World world = Figures();
  const AuditorState state = After(world, 3);
  AuditorUpdate update = Removing({kA}, {}, All());
  ASSERT_EQ(Process(world, state, update).refusal, "");
  update.removed[0].commitment[0] ^= 1;
  EXPECT_THAT(Process(world, state, update).refusal,
              HasSubstr("another prefix tree"));
  update = Removing({kA}, {KeyLeaf("00010", 'x')}, All());
  ASSERT_EQ(Process(world, state, update).refusal, "");
  update.proof.results[0].result_type = Type::kNonInclusionParent;
  EXPECT_THAT(Process(world, state, update).refusal,
              HasSubstr("contradict each other"));
}

TEST(AuditorRefusalTest, AnUpdateForAnotherEntry) {
  const World world = Figures();
  EXPECT_THAT(
      Process(world, After(world, 1), BuildAuditorUpdate(world, 0)).refusal,
      HasSubstr("proof"));
  EXPECT_THAT(
      Process(world, After(world, 1), BuildAuditorUpdate(world, 2)).refusal,
      HasSubstr("another prefix tree"));
  // Whoever believes a wrong beginning notices no more than that.
  AuditorState begun = AuditorStateOf(world, 1);
  begun.prefix_root[0] ^= 1;
  EXPECT_THAT(Process(world, begun, BuildAuditorUpdate(world, 1)).refusal,
              HasSubstr("another prefix tree"));
}

TEST(AuditorRefusalTest, EveryOtherLength) {
  const World world = Figures();
  const AuditorState state = After(world, 1);
  const std::string update = MakeAuditorUpdate(world, 1);
  const auto refusal = [&](const std::string& bytes) {
    return VerifyAuditorUpdate(world.config, state, bytes,
                               RemovalPolicy::kRefused)
        .refusal;
  };
  ASSERT_EQ(refusal(update), "");
  for (size_t size = 0; size < update.size(); ++size) {
    ASSERT_THAT(refusal(update.substr(0, size)), HasSubstr("truncated"));
  }
  EXPECT_THAT(refusal(update + '\0'), HasSubstr("trailing bytes"));
}

// Whoever begins where another ends comes to the same heads.
TEST(AuditorTest, FollowsRandomLogsFromAnyEntryOn) {
  SCOPED_TRACE(testing::Message() << "seed " << kSmallWorldsSeed);
  const World world = RandomWorld(
      kSmallWorldsSeed, 40, 100, SmallPlans(),
      FakeConfiguration(kSuiteP256, DeploymentMode::kThirdPartyAuditing));
  for (uint64_t began = 0; began < 40; ++began) {
    AuditorState state = AuditorStateOf(world, began);
    for (uint64_t x = began; x < 40; ++x) {
      const auto verdict =
          VerifyAuditorUpdate(world.config, state, MakeAuditorUpdate(world, x),
                              RemovalPolicy::kRefused);
      ASSERT_EQ(verdict.refusal, "") << began << " " << x;
      state = *verdict.accepted;
      ASSERT_EQ(LogRootOf(state), LogValue(world, {0, x + 1}));
      ASSERT_EQ(SignState(world.config, state, world.sign_auditor),
                SignedAuditorTreeHead(world, x + 1));
    }
  }
}

// A log that drops a leaf or changes a commitment cannot hide it.
TEST(AuditorTest, SeesWhatALogTakesAway) {
  World world = RandomWorld(
      kSmallWorldsSeed, 10, 100, SmallPlans(),
      FakeConfiguration(kSuiteP256, DeploymentMode::kThirdPartyAuditing));
  std::vector<Leaf> leaves;
  for (uint64_t x = 0; x <= 8; ++x) {
    const std::vector<Leaf>& added = world.entries[x].added;
    leaves.insert(leaves.end(), added.begin(), added.end());
  }
  const AuditorState state = After(world, 8);
  for (bool change : {false, true}) {
    std::vector<Leaf> shown = leaves;
    if (change) {
      shown[0].commitment[0] ^= 1;
    } else {
      shown.erase(shown.begin());
    }
    world.entries[8].instead = shown;
    world.cache = {};
    AuditorUpdate update = BuildAuditorUpdate(world, 8);
    EXPECT_EQ(update.removed.size(), 1u);
    EXPECT_THAT(Process(world, state, update, RemovalPolicy::kRefused).refusal,
                HasSubstr("a leaf was removed"));
    // What is not told leads to another root than the log shows to users.
    world.entries[8].instead.reset();
    world.cache = {};
    update = BuildAuditorUpdate(world, 8);
    const auto verdict = Process(world, state, update, RemovalPolicy::kRefused);
    world.entries[8].instead = shown;
    world.cache = {};
    ASSERT_EQ(verdict.refusal, "");
    EXPECT_NE(LogRootOf(*verdict.accepted), LogValue(world, {0, 9}));
  }
}

TEST(VisibleSizeTest, EndsWhereTheAuditorLagsTooFarBehind) {
  World world = FakeWorld(
      FakeConfiguration(kSuiteP256, DeploymentMode::kThirdPartyAuditing));
  for (uint64_t timestamp : {10000, 10200, 10400, 10600, 10601}) {
    AddEntry(&world, timestamp, {});
  }
  EXPECT_EQ(VisibleSize(world, 1), 3u);  // a lag of 400 ms
  EXPECT_EQ(VisibleSize(world, 2), 4u);
  EXPECT_EQ(VisibleSize(world, 3), 5u);
}

}  // namespace
}  // namespace sealbook::reference
