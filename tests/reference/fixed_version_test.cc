// Fixed-version search: answers worked out by hand, the prover against the
// verifier, and what has to be refused.
#include <functional>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/fake_world.h"
#include "tests/reference/hash.h"
#include "tests/reference/prover.h"
#include "tests/reference/testing.h"
#include "tests/reference/verifier.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kNow = 15000;  // of AliceWorld

// An answer to a new user, and the terminal entry that it is accepted with.
struct Known {
  uint32_t version;
  std::vector<uint64_t> timestamps;
  std::vector<std::string> results;
  std::vector<uint64_t> prefix_roots;  // positions
  std::vector<Range> inclusion;
  uint64_t terminal;
};

void ExpectKnown(const World& world, const Known& known) {
  SCOPED_TRACE(testing::Message() << "version " << known.version);
  const Answer<FixedVersionResponse> answer = BuildFixedVersionResponse(
      world, 14, std::nullopt, "alice", known.version, false);
  ASSERT_EQ(answer.outcome, VersionOutcome::kFound);
  const CombinedTreeProof& search = answer.response->search;
  EXPECT_THAT(search.timestamps, ElementsAreArray(known.timestamps));
  EXPECT_THAT(Results(search), ElementsAreArray(known.results));
  std::vector<std::string> prefix_roots, inclusion;
  for (uint64_t position : known.prefix_roots) {
    prefix_roots.push_back(LogEntryAt(world, position).prefix_tree);
  }
  for (Range range : known.inclusion) {
    inclusion.push_back(LogValue(world, range));
  }
  EXPECT_EQ(search.prefix_roots, prefix_roots);
  EXPECT_EQ(search.inclusion.elements, inclusion);
  const Outcome outcome =
      VerifySearch(world.config, FakeKeys(), std::nullopt,
                   MakeSearchRequest(std::nullopt, "alice", known.version),
                   Encode(*answer.response), kNow);
  ASSERT_TRUE(outcome.accepted.has_value()) << outcome.refusal;
  EXPECT_EQ(outcome.accepted->terminal, known.terminal);
}

VersionOutcome OutcomeOf(const World& world, uint32_t version) {
  return BuildFixedVersionResponse(world, world.entries.size(), std::nullopt,
                                   "alice", version, false)
      .outcome;
}

TEST(FixedVersionKnownAnswerTest, WithoutExpiredEntries) {
  const World world = AliceWorld(std::nullopt);
  // The ladder of 0 is 0, 1. At 7 version 1 shows a greater one; at 3 version
  // 0 is the greatest.
  ExpectKnown(world,
              {0,
               {10070, 13500, 15000, 10030},
               {"II", "IN"},
               {11, 13},
               {{0, 2}, {2, 1}, {4, 2}, {6, 1}, {8, 2}, {10, 1}, {12, 1}},
               3});
  // The ladder of 1 is 0, 1, 3, 2. 7 is greater, 3 is less, 5 greater (0 is
  // known from 3, 3 from 7), 4 less; the second proof from 5 shows version 1.
  ExpectKnown(world, {1,
                      {10070, 13500, 15000, 10030, 10050, 10040},
                      {"IINI", "IN", "II", "N", "I"},
                      {11, 13},
                      {{0, 2}, {2, 1}, {6, 1}, {8, 2}, {10, 1}, {12, 1}},
                      5});
  // The ladder of 2 is 0, 1, 3, 2: the root has it as the greatest.
  ExpectKnown(world, {2,
                      {10070, 13500, 15000},
                      {"IINI"},
                      {11, 13},
                      {{0, 4}, {4, 2}, {6, 1}, {8, 2}, {10, 1}, {12, 1}},
                      7});
  // The ladders of 3 and 4 are 0, 1, 3, 7, 5, 4; 0 and 1 are known from 7.
  ExpectKnown(world, {3,
                      {10070, 13500, 15000},
                      {"IIN", "INNN"},
                      {13},
                      {{0, 4}, {4, 2}, {6, 1}, {8, 2}, {10, 1}, {12, 1}},
                      11});
  ExpectKnown(world, {4,
                      {10070, 13500, 15000},
                      {"IIN", "INNN", "NNI"},
                      {},
                      {{0, 4}, {4, 2}, {6, 1}, {8, 2}, {10, 1}, {12, 1}},
                      13});
  EXPECT_EQ(OutcomeOf(world, 5), VersionOutcome::kDoesNotExist);
  EXPECT_EQ(OutcomeOf(world, ~0u), VersionOutcome::kDoesNotExist);
}

TEST(FixedVersionKnownAnswerTest, WithExpiredEntries) {
  const World world = AliceWorld(3000);
  // 7 is expired, 11, 9 and 8 are greater: nothing was inspected left of 8.
  EXPECT_EQ(OutcomeOf(world, 0), VersionOutcome::kExpired);
  EXPECT_EQ(OutcomeOf(world, 1), VersionOutcome::kExpired);
  // 11 and 9 are greater, 8 has version 2 as the greatest and is itself
  // distinguished (step 5.2).
  ExpectKnown(world, {2,
                      {10070, 13500, 15000, 13300, 13200},
                      {"III", "III", "IINI"},
                      {7, 13},
                      {{0, 4}, {4, 2}, {6, 1}, {10, 1}, {12, 1}},
                      8});
  ExpectKnown(world, {3,
                      {10070, 13500, 15000},
                      {"IIINNN"},
                      {7, 13},
                      {{0, 4}, {4, 2}, {6, 1}, {8, 2}, {10, 1}, {12, 1}},
                      11});
  // 11, left of 13, is distinguished and not expired.
  ExpectKnown(world, {4,
                      {10070, 13500, 15000},
                      {"IIINNN", "NNI"},
                      {7},
                      {{0, 4}, {4, 2}, {6, 1}, {8, 2}, {10, 1}, {12, 1}},
                      13});
  EXPECT_EQ(OutcomeOf(world, 5), VersionOutcome::kDoesNotExist);
}

TEST(FixedVersionKnownAnswerTest, AtExactlyTheMaximumLifetime) {
  const auto results = [](uint64_t lifetime) {
    return Results(BuildFixedVersionResponse(AliceWorld(lifetime), 14,
                                             std::nullopt, "alice", 2, false)
                       .response->search);
  };
  // 7 is 4930 ms old.
  EXPECT_THAT(results(4931), ElementsAre("IINI"));
  EXPECT_THAT(results(4930), ElementsAre("III", "III", "IINI"));
}

// 8, not expired, stops being distinguished when it lies within a window of 7:
// then 9 is the leftmost distinguished entry that is not expired.
World WithoutReferenceBefore9() {
  World world = AliceWorld(3000);
  world.entries[7].timestamp = 11990;
  world.entries[8].timestamp = 12100;
  world.entries[9].timestamp = 12200;
  return world;
}

TEST(FixedVersionKnownAnswerTest, WhereNoOwnerHadToCheck) {
  const World world = WithoutReferenceBefore9();
  // 8 has version 2 as the greatest, but is not distinguished (step 5.2).
  EXPECT_EQ(OutcomeOf(world, 2), VersionOutcome::kExpired);
  EXPECT_EQ(OutcomeOf(world, 3), VersionOutcome::kFound);
}

TEST(FixedVersionKnownAnswerTest, AtTheLeftmostUnexpiredDistinguishedEntry) {
  // Version 3 comes in together with 4, so that step 6 identifies 9.
  World left_checked = AliceWorld(3000);
  left_checked.entries[12].added.pop_back();
  left_checked.entries[9].added.push_back(FakeLeaf("alice", 4));
  // 11 and 9 are greater (7 and 5 are known to be absent from 9), 8 is less and
  // distinguished, so 9 is asked again.
  ExpectKnown(left_checked, {3,
                             {10070, 13500, 15000, 13300, 13200},
                             {"IIINNI", "IIII", "IIN", "I"},
                             {7, 13},
                             {{0, 4}, {4, 2}, {6, 1}, {10, 1}, {12, 1}},
                             9});
  World world = WithoutReferenceBefore9();
  world.entries[12].added.pop_back();
  world.entries[9].added.push_back(FakeLeaf("alice", 4));
  EXPECT_EQ(OutcomeOf(world, 3), VersionOutcome::kExpired);
  EXPECT_EQ(OutcomeOf(world, 4), VersionOutcome::kFound);
}

TEST(FixedVersionKnownAnswerTest, OfAReturningUser) {
  const World world = AliceWorld(std::nullopt);
  const Answer<FixedVersionResponse> answer =
      BuildFixedVersionResponse(world, 14, 13, "alice", 1, false);
  ASSERT_TRUE(answer.response.has_value());
  const CombinedTreeProof& search = answer.response->search;
  // 7, 11 and 12 are retained; the root's proof is no reason to send 7 again.
  EXPECT_THAT(search.timestamps, ElementsAre(15000, 10030, 10050, 10040));
  EXPECT_THAT(Results(search), ElementsAre("IINI", "IN", "II", "N", "I"));
  EXPECT_THAT(search.prefix_roots,
              ElementsAre(LogEntryAt(world, 13).prefix_tree));
  // The retained head of 0 to 7 is derived anew from leaves 3, 4 and 5; those
  // of 8 to 11 and of 12 are known.
  EXPECT_THAT(search.inclusion.elements,
              ElementsAre(LogValue(world, {0, 2}), LogValue(world, {2, 1}),
                          LogValue(world, {6, 2})));
}

// Facts about the answer that need no search: is it there, may it be expired.
void CheckAnswer(const World& world, const PublicKeys& keys,
                 const std::vector<RetainedState>& states, uint64_t n,
                 std::optional<uint64_t> last, const std::string& label,
                 uint32_t version, std::map<VersionOutcome, int>* seen) {
  SCOPED_TRACE(testing::Message() << "n=" << n << " last=" << last.value_or(0)
                                  << " " << label << " " << version);
  const Answer<std::string> answer =
      MakeFixedVersionResponse(world, n, last, label, version, last == n);
  ++(*seen)[answer.outcome];
  const auto first = FirstEntryWith(world, n, label, version);
  ASSERT_EQ(answer.outcome == VersionOutcome::kDoesNotExist,
            !first.has_value());
  std::optional<uint64_t> reference;  // leftmost unexpired and distinguished
  const std::set<uint64_t> distinguished = DistinguishedOf(world, n);
  for (uint64_t position : distinguished) {
    if (!reference.has_value() && !ExpiredIn(world, n, position)) {
      reference = position;
    }
  }
  if (answer.outcome == VersionOutcome::kExpired) {
    ASSERT_TRUE(ExpiredIn(world, n, 0));
    ASSERT_LE(*first, *reference);
    ASSERT_NE(GreatestVersion(world, n - 1, label), version);
  }
  if (answer.outcome != VersionOutcome::kFound) return;
  std::optional<RetainedState> state;
  if (last.has_value()) state = states[*last - 1];
  const Outcome outcome = VerifySearch(
      world.config, keys, state, MakeSearchRequest(last, label, version),
      *answer.response, world.entries[n - 1].timestamp);
  ASSERT_TRUE(outcome.accepted.has_value()) << outcome.refusal;
  const Accepted& accepted = *outcome.accepted;
  ASSERT_EQ(accepted.root, LogValue(world, {0, n}));
  ASSERT_EQ(accepted.state, states[n - 1]);
  ASSERT_EQ(accepted.version, version);
  ASSERT_EQ(accepted.value, world.open(label, version).value);
  ASSERT_EQ(accepted.opening, world.open(label, version).opening);
  ASSERT_FALSE(ExpiredIn(world, n, accepted.terminal));
  // Either the version is the greatest there, or it came in there.
  if (GreatestVersion(world, accepted.terminal, label) != version) {
    ASSERT_EQ(accepted.terminal, *first);
    if (ExpiredIn(world, n, 0)) {
      ASSERT_LT(*reference, accepted.terminal);
    }
  }
  ASSERT_EQ(
      accepted.must_monitor,
      distinguished.empty() || accepted.terminal > *distinguished.rbegin());
}

TEST(FixedVersionTest, IsAcceptedForEverySmallSizeAndEveryVersion) {
  SCOPED_TRACE(testing::Message() << "seed " << kSmallWorldsSeed);
  std::map<VersionOutcome, int> seen;
  ForSmallWorlds(13, [&](const World& world) {
    const PublicKeys keys = FakeKeys();
    std::vector<RetainedState> states;
    for (uint64_t n = 1; n <= 13; ++n) states.push_back(StateOf(world, n));
    ForSizes(world, [&](uint64_t n, std::optional<uint64_t> last) {
      if (testing::Test::HasFatalFailure()) return;
      for (const LabelPlan& plan : SmallPlans()) {
        const auto greatest = GreatestVersion(world, n - 1, plan.label);
        const uint32_t end = greatest.has_value() ? *greatest + 1 : 0;
        for (uint32_t version = 0; version <= end; ++version) {
          CheckAnswer(world, keys, states, n, last, plan.label, version, &seen);
        }
      }
    });
  });
  EXPECT_GT(seen[VersionOutcome::kFound], 10000);
  EXPECT_GT(seen[VersionOutcome::kDoesNotExist], 1000);
  EXPECT_GT(seen[VersionOutcome::kExpired], 500);
}

TEST(FixedVersionTest, HoldsForTheOtherCipherSuite) {
  World world = FakeWorld(FakeConfiguration(kSuiteEd25519));
  for (uint32_t i = 0; i < 6; ++i) AddEntry(&world, 10000 + i, {{"alice", i}});
  const Answer<std::string> answer =
      MakeFixedVersionResponse(world, 6, 3, "alice", 4, false);
  ASSERT_TRUE(answer.response.has_value());
  const std::string request = MakeSearchRequest(3, "alice", 4);
  const Outcome outcome =
      VerifySearch(world.config, FakeKeys(kSuiteEd25519), StateOf(world, 3),
                   request, *answer.response, 10000);
  EXPECT_EQ(outcome.refusal, "");
  Configuration other = world.config;
  other.ciphersuite = kSuiteP256;
  const Outcome refused = VerifySearch(other, FakeKeys(), StateOf(world, 3),
                                       request, *answer.response, 10000);
  EXPECT_NE(refused.refusal, "");
}

std::string Refusal(const World& world, std::optional<uint64_t> last,
                    uint32_t version, const FixedVersionResponse& response) {
  const Outcome outcome = VerifySearch(
      world.config, FakeKeys(), Seen(world, last),
      MakeSearchRequest(last, "alice", version), Encode(response), kNow);
  EXPECT_NE(outcome.accepted.has_value(), !outcome.refusal.empty());
  return outcome.refusal;
}

FixedVersionResponse Insist(const World& world, uint32_t version) {
  return *BuildFixedVersionResponse(world, 14, std::nullopt, "alice", version,
                                    false, true)
              .response;
}

TEST(FixedVersionRefusalTest, ANegativeResult) {
  const World world = AliceWorld(std::nullopt);
  EXPECT_THAT(Refusal(world, std::nullopt, 5, Insist(world, 5)),
              HasSubstr("does not exist"));
  // A version left out: 7 shows a greater one, but not version 4.
  World gap = FakeWorld(FakeConfiguration());
  AddEntry(&gap, kNow, {{"alice", 0}, {"alice", 1}, {"alice", 3}});
  gap.entries[0].added.push_back(FakeLeaf("alice", 7));
  const Answer<FixedVersionResponse> answer =
      BuildFixedVersionResponse(gap, 1, std::nullopt, "alice", 4, false, true);
  EXPECT_EQ(answer.outcome, VersionOutcome::kDoesNotExist);
  EXPECT_THAT(Results(answer.response->search), ElementsAre("IIII", "N"));
  EXPECT_THAT(Refusal(gap, std::nullopt, 4, *answer.response),
              HasSubstr("does not exist"));
}

TEST(FixedVersionRefusalTest, AnExpiredVersion) {
  const World world = AliceWorld(3000);
  EXPECT_THAT(Refusal(world, std::nullopt, 1, Insist(world, 1)),
              HasSubstr("expired"));
  const World unchecked = WithoutReferenceBefore9();
  EXPECT_THAT(Refusal(unchecked, std::nullopt, 2, Insist(unchecked, 2)),
              HasSubstr("expired"));
}

// One change each to an honest answer for version 1, which has a second proof
// from entry 5, and a word of why it is refused.
struct Change {
  const char* name;
  std::function<void(FixedVersionResponse*)> apply;
  const char* reason;
};

const std::vector<Change>& Changes() {
  using R = FixedVersionResponse*;
  static const auto* const changes = new std::vector<Change>{
      {"another value", [](R r) { r->value.value = "x"; }, "retained"},
      {"another opening", [](R r) { r->opening[0] ^= 1; }, "retained"},
      {"a step missing", [](R r) { r->binary_ladder.pop_back(); },
       "steps missing"},
      {"a step left over",
       [](R r) { r->binary_ladder.push_back(r->binary_ladder[0]); },
       "steps left over"},
      {"another VRF proof", [](R r) { r->binary_ladder[0].proof[0] ^= 1; },
       "VRF proof"},
      {"a commitment for the target",
       [](R r) { r->binary_ladder[1].commitment = Sha256("x"); },
       "commitment for the target version"},
      {"a commitment missing that a lookup needs",
       [](R r) { r->binary_ladder[3].commitment.reset(); },
       "commitment is not known"},
      {"another commitment",
       [](R r) { r->binary_ladder[3].commitment = Sha256("x"); },
       "two contents"},
      {"a timestamp missing", [](R r) { r->search.timestamps.pop_back(); },
       "timestamps missing"},
      {"a timestamp left over",
       [](R r) { r->search.timestamps.push_back(10040); },
       "timestamps left over"},
      {"an inner timestamp above its right neighbour",
       [](R r) { r->search.timestamps[1] = 10071; }, "run backwards"},
      {"an inner timestamp below its left neighbour",
       [](R r) { r->search.timestamps[2] = 10029; }, "run backwards"},
      {"another inner timestamp", [](R r) { ++r->search.timestamps[1]; },
       "retained subtree head"},
      {"the second proof missing",
       [](R r) { r->search.prefix_proofs.pop_back(); },
       "prefix proofs missing"},
      {"the second proof twice",
       [](R r) {
         r->search.prefix_proofs.push_back(r->search.prefix_proofs.back());
       },
       "prefix proofs left over"},
      {"a second proof from a tree of its own",
       [](R r) { r->search.prefix_proofs[4].elements[0][0] ^= 1; },
       "two prefix proofs of one entry"},
      {"the first proof from a tree of its own",
       [](R r) { r->search.prefix_proofs[2].elements[0][0] ^= 1; },
       "two prefix proofs of one entry"},
      {"a ladder longer than needed",
       [](R r) {
         auto& results = r->search.prefix_proofs[3].results;
         results.push_back(results[0]);
       },
       "results left over"},
      {"a ladder shorter than needed",
       [](R r) { r->search.prefix_proofs[0].results.pop_back(); },
       "results missing"},
      {"a prefix root missing", [](R r) { r->search.prefix_roots.clear(); },
       "prefix roots missing"},
      {"a prefix root left over",
       [](R r) { r->search.prefix_roots.push_back(Sha256("")); },
       "prefix roots left over"},
      {"an inclusion element missing",
       [](R r) { r->search.inclusion.elements.pop_back(); },
       "elements missing"},
      {"an inclusion element left over",
       [](R r) { r->search.inclusion.elements.push_back(Sha256("")); },
       "elements left over"},
      {"another value above a retained entry",
       [](R r) { r->search.inclusion.elements[2] = Sha256(""); },
       "retained subtree head"},
      {"another signature",
       [](R r) { r->full_tree_head.tree_head.signature[5] ^= 1; }, "signature"},
  };
  return *changes;
}

TEST(FixedVersionRefusalTest, EveryKindOfChange) {
  const World world = AliceWorld(std::nullopt);
  const FixedVersionResponse honest =
      *BuildFixedVersionResponse(world, 14, 13, "alice", 1, false).response;
  ASSERT_EQ(Refusal(world, 13, 1, honest), "");
  for (const Change& change : Changes()) {
    FixedVersionResponse changed = honest;
    change.apply(&changed);
    EXPECT_THAT(Refusal(world, 13, 1, changed), HasSubstr(change.reason))
        << change.name;
  }
  EXPECT_THAT(Refusal(world, 13, 2, honest), HasSubstr("commitment"));
}

// Version 2, 3 and 4 exist, but the search for 2 never sees 3 included.
TEST(FixedVersionRefusalTest, NoCommitmentThatNoLookupNeeds) {
  const World world = AliceWorld(std::nullopt);
  FixedVersionResponse response =
      *BuildFixedVersionResponse(world, 14, 13, "alice", 2, false).response;
  ASSERT_TRUE(response.binary_ladder[2].commitment.has_value());
  response.binary_ladder[2].commitment.reset();
  EXPECT_THAT(Refusal(world, 13, 2, response), IsEmpty());
  response.binary_ladder[1].commitment.reset();
  EXPECT_THAT(Refusal(world, 13, 2, response),
              HasSubstr("commitment is not known"));
}

TEST(FixedVersionRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = AliceWorld(3000);
  const PublicKeys keys = FakeKeys();
  for (std::optional<uint64_t> last :
       std::vector<std::optional<uint64_t>>{std::nullopt, 9, 14}) {
    const auto state = Seen(world, last);
    // All commitments of this ladder are needed.
    const std::string request = MakeSearchRequest(last, "alice", 4);
    std::string response =
        *MakeFixedVersionResponse(world, 14, last, "alice", 4, last == 14u)
             .response;
    const auto refusal = [&](const std::string& bytes) {
      return VerifySearch(world.config, keys, state, request, bytes, kNow)
          .refusal;
    };
    ASSERT_EQ(refusal(response), "");
    for (size_t i = 0; i < response.size(); ++i) {
      response[i] ^= '\x01';
      ASSERT_NE(refusal(response), "")
          << "byte " << i << ", last " << last.value_or(0);
      response[i] ^= '\x01';
      ASSERT_THAT(refusal(response.substr(0, i)), HasSubstr("truncated"));
    }
    EXPECT_THAT(refusal(response + '\0'), HasSubstr("trailing bytes"));
  }
}

// The search alone does not notice; those who monitor entry 7 do.
TEST(FixedVersionTest, GoesOnRightOfAnEntryThatLostTheVersion) {
  World world = AliceWorld(std::nullopt);
  world.entries[7].instead = {FakeLeaf("alice", 0), FakeLeaf("padding", 7)};
  const Answer<FixedVersionResponse> answer =
      BuildFixedVersionResponse(world, 14, std::nullopt, "alice", 1, false);
  ASSERT_EQ(answer.outcome, VersionOutcome::kFound);
  EXPECT_THAT(Results(answer.response->search),
              ElementsAre("IN", "II", "II", "INI", "I"));
  EXPECT_THAT(Refusal(world, std::nullopt, 1, *answer.response), IsEmpty());
}

}  // namespace
}  // namespace sealbook::reference
