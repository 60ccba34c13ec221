// Everything that a verifier has to refuse, made by changing honest answers
// and by logs that lie with their own signature.
#include <algorithm>
#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/fake_world.h"
#include "tests/reference/hash.h"
#include "tests/reference/prover.h"
#include "tests/reference/verifier.h"

namespace sealbook::reference {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const char kLabel[] = "alice";  // greatest version 5
const char kNobody[] = "nobody";

// 27 entries; frontier 15, 23, 25, 26; distinguished to entry 15; the versions
// of the label come in until right of it.
World HonestWorld() {
  World world = FakeWorld(FakeConfiguration());
  for (uint64_t i = 0; i < 27; ++i) {
    AddEntry(&world, 10000 + 10 * i, {{"padding", static_cast<uint32_t>(i)}});
  }
  const uint64_t positions[] = {2, 2, 6, 14, 20, 24};
  for (uint32_t version = 0; version < 6; ++version) {
    world.entries[positions[version]].added.push_back(
        FakeLeaf(kLabel, version));
  }
  return world;
}

uint64_t Now(const World& world, uint64_t n) {
  return world.entries[n - 1].timestamp;
}

std::optional<RetainedState> Seen(const World& world,
                                  std::optional<uint64_t> last) {
  if (!last.has_value()) return std::nullopt;
  return StateOf(world, *last);
}

// What a user who saw `last` entries of `world` says to a response.
std::string Refusal(const World& world, std::optional<uint64_t> last,
                    const std::string& response, uint64_t now) {
  const Outcome outcome =
      VerifySearch(world.config, FakeKeys(), Seen(world, last),
                   MakeSearchRequest(last, kLabel), response, now);
  EXPECT_NE(outcome.accepted.has_value(), !outcome.refusal.empty());
  return outcome.refusal;
}

std::string Refusal(const World& world, std::optional<uint64_t> last,
                    const SearchResponse& response, uint64_t now) {
  return Refusal(world, last, Encode(response), now);
}

std::string Refusal(const World& world, std::optional<uint64_t> last,
                    const AbsenceResponse& response, const std::string& label,
                    uint64_t now) {
  const Outcome outcome =
      VerifyAbsence(world.config, FakeKeys(), Seen(world, last),
                    MakeSearchRequest(last, label), Encode(response), now);
  EXPECT_NE(outcome.accepted.has_value(), !outcome.refusal.empty());
  return outcome.refusal;
}

// The user's three situations: new, returning, and returning to the same head.
struct Situation {
  std::optional<uint64_t> last;
  bool same;
};
const Situation kSituations[] = {{std::nullopt, false}, {9, false}, {27, true}};

TEST(RefusalTest, EveryChangedByte) {
  const World world = HonestWorld();
  const PublicKeys keys = FakeKeys();
  for (const Situation& situation : kSituations) {
    const std::optional<RetainedState> state = Seen(world, situation.last);
    for (bool absence : {false, true}) {
      const std::string label = absence ? kNobody : kLabel;
      const std::string request = MakeSearchRequest(situation.last, label);
      const auto verify = absence ? VerifyAbsence : VerifySearch;
      std::string response =
          (absence ? MakeAbsenceResponse : MakeSearchResponse)(
              world, 27, situation.last, label, situation.same);
      ASSERT_EQ(
          verify(world.config, keys, state, request, response, 10260).refusal,
          "");
      for (size_t i = 0; i < response.size(); ++i) {
        for (char flip : {'\x01', '\x80'}) {
          response[i] ^= flip;
          ASSERT_FALSE(
              verify(world.config, keys, state, request, response, 10260)
                  .accepted.has_value())
              << "byte " << i << " of " << (absence ? "absence" : "search")
              << ", last " << situation.last.value_or(0);
          response[i] ^= flip;
        }
      }
    }
  }
}

TEST(RefusalTest, EveryOtherLength) {
  const World world = HonestWorld();
  for (const Situation& situation : kSituations) {
    const std::string response =
        MakeSearchResponse(world, 27, situation.last, kLabel, situation.same);
    for (size_t size = 0; size < response.size(); ++size) {
      ASSERT_THAT(
          Refusal(world, situation.last, response.substr(0, size), 10260),
          HasSubstr("truncated"))
          << size;
    }
    EXPECT_THAT(Refusal(world, situation.last, response + '\0', 10260),
                HasSubstr("trailing bytes"));
    const AbsenceResponse absence = BuildAbsenceResponse(
        world, 27, situation.last, kNobody, situation.same);
    const Outcome longer =
        VerifyAbsence(world.config, FakeKeys(), Seen(world, situation.last),
                      MakeSearchRequest(situation.last, kNobody),
                      Encode(absence) + '\0', 10260);
    EXPECT_THAT(longer.refusal, HasSubstr("trailing bytes"));
  }
}

// One change each to an honest answer, and a word of why it is refused.
struct Change {
  const char* name;
  std::function<void(SearchResponse*)> apply;
  const char* reason;
};

const std::vector<Change>& Changes() {
  using R = SearchResponse*;
  static const auto* const changes = new std::vector<Change>{
      {"another version", [](R r) { r->version = 4; }, "VRF proof"},
      {"version 0", [](R r) { r->version = 0; }, "steps left over"},
      {"version 2^32-1", [](R r) { r->version = ~0u; }, "steps missing"},
      {"another value", [](R r) { r->value.value = "x"; }, "signature"},
      {"another opening", [](R r) { r->opening[0] ^= 1; }, "signature"},
      {"a step missing", [](R r) { r->binary_ladder.pop_back(); },
       "steps missing"},
      {"a step left over",
       [](R r) { r->binary_ladder.push_back(r->binary_ladder[0]); },
       "steps left over"},
      {"a VRF proof of another version",
       [](R r) { std::swap(r->binary_ladder[0], r->binary_ladder[1]); },
       "VRF proof"},
      // The ladder of 5 is 0, 1, 3, 7, 5, 6.
      {"a commitment for the target",
       [](R r) { r->binary_ladder[4].commitment = Sha256("x"); },
       "commitment for the target version"},
      {"a commitment for a greater version",
       [](R r) { r->binary_ladder[3].commitment = Sha256("x"); },
       "claimed not to exist"},
      {"a commitment missing",
       [](R r) { r->binary_ladder[2].commitment.reset(); },
       "commitment missing"},
      {"another commitment",
       [](R r) { r->binary_ladder[2].commitment = Sha256("x"); }, "signature"},
      {"a timestamp missing", [](R r) { r->search.timestamps.pop_back(); },
       "timestamps missing"},
      {"a timestamp left over",
       [](R r) { r->search.timestamps.push_back(r->search.timestamps.back()); },
       "timestamps left over"},
      {"timestamps backwards",
       [](R r) { std::swap(r->search.timestamps[0], r->search.timestamps[1]); },
       "run backwards"},
      {"a timestamp before the retained ones",
       [](R r) { r->search.timestamps[0] = 10079; }, "run backwards"},
      {"another timestamp", [](R r) { ++r->search.timestamps[0]; },
       "signature"},
      {"a prefix proof missing",
       [](R r) { r->search.prefix_proofs.pop_back(); },
       "prefix proofs missing"},
      {"a prefix proof left over",
       [](R r) {
         r->search.prefix_proofs.push_back(r->search.prefix_proofs[0]);
       },
       "prefix proofs left over"},
      {"a result missing",
       [](R r) { r->search.prefix_proofs[0].results.pop_back(); },
       "results missing"},
      {"a result left over",
       [](R r) {
         auto& results = r->search.prefix_proofs[0].results;
         results.push_back(results.back());
       },
       "results left over"},
      {"a prefix proof's element missing",
       [](R r) { r->search.prefix_proofs[1].elements.pop_back(); },
       "elements missing"},
      {"a prefix proof's element left over",
       [](R r) { r->search.prefix_proofs[1].elements.push_back(Sha256("")); },
       "elements left over"},
      {"a prefix root missing", [](R r) { r->search.prefix_roots.pop_back(); },
       "prefix roots missing"},
      {"a prefix root left over",
       [](R r) { r->search.prefix_roots.push_back(Sha256("")); },
       "prefix roots left over"},
      {"another prefix root",
       [](R r) { r->search.prefix_roots[0] = Sha256(""); }, "signature"},
      {"an inclusion element missing",
       [](R r) { r->search.inclusion.elements.pop_back(); },
       "elements missing"},
      {"an inclusion element left over",
       [](R r) { r->search.inclusion.elements.push_back(Sha256("")); },
       "elements left over"},
      {"inclusion elements in another order",
       [](R r) {
         std::swap(r->search.inclusion.elements[0],
                   r->search.inclusion.elements[1]);
       },
       "signature"},
      {"an empty tree", [](R r) { r->full_tree_head.tree_head.tree_size = 0; },
       "empty tree"},
      {"another signature",
       [](R r) { r->full_tree_head.tree_head.signature[5] ^= 1; }, "signature"},
      {"no signature",
       [](R r) { r->full_tree_head.tree_head.signature.clear(); }, "signature"},
      {"a size with another signature",
       [](R r) { r->full_tree_head.tree_head.tree_size = ~uint64_t{0}; },
       "timestamps missing"},
  };
  return *changes;
}

TEST(RefusalTest, EveryKindOfChange) {
  const World world = HonestWorld();
  const uint64_t now = Now(world, 27);
  const SearchResponse honest =
      BuildSearchResponse(world, 27, 9, kLabel, false);
  ASSERT_EQ(Refusal(world, 9, honest, now), "");
  for (const Change& change : Changes()) {
    SearchResponse changed = honest;
    change.apply(&changed);
    EXPECT_THAT(Refusal(world, 9, changed, now), HasSubstr(change.reason))
        << change.name;
  }
}

TEST(RefusalTest, EveryKindOfChangeToAnAbsence) {
  const World world = HonestWorld();
  const AbsenceResponse honest =
      BuildAbsenceResponse(world, 27, 9, kNobody, false);
  ASSERT_EQ(Refusal(world, 9, honest, kNobody, 10260), "");

  AbsenceResponse changed = honest;
  changed.proof[0] ^= 1;
  EXPECT_THAT(Refusal(world, 9, changed, kNobody, 10260),
              HasSubstr("VRF proof"));
  changed = honest;
  changed.search.prefix_proofs.pop_back();
  EXPECT_THAT(Refusal(world, 9, changed, kNobody, 10260),
              HasSubstr("prefix proofs missing"));
  changed = honest;
  changed.search.prefix_proofs.push_back(changed.search.prefix_proofs[0]);
  EXPECT_THAT(Refusal(world, 9, changed, kNobody, 10260),
              HasSubstr("prefix proofs left over"));
  changed = honest;
  changed.search.prefix_proofs[0].results.clear();
  EXPECT_THAT(Refusal(world, 9, changed, kNobody, 10260),
              HasSubstr("results missing"));
  changed = honest;
  auto& results = changed.search.prefix_proofs[0].results;
  results.push_back(results[0]);
  EXPECT_THAT(Refusal(world, 9, changed, kNobody, 10260),
              HasSubstr("results left over"));
  EXPECT_THAT(Refusal(world, 9, honest, "somebody", 10260),
              HasSubstr("VRF proof"));
}

TEST(TreeHeadRefusalTest, SameIfNothingWasAdvertised) {
  const World world = HonestWorld();
  EXPECT_THAT(
      Refusal(world, std::nullopt,
              BuildSearchResponse(world, 27, std::nullopt, kLabel, true),
              10260),
      AllOf(HasSubstr("same"), HasSubstr("nothing was advertised")));
}

TEST(TreeHeadRefusalTest, SameForATreeThatHasGrown) {
  const World world = HonestWorld();
  EXPECT_THAT(Refusal(world, 25,
                      BuildSearchResponse(world, 27, 25, kLabel, true), 10260),
              HasSubstr("differs from the retained one"));
}

TEST(TreeHeadRefusalTest, UpdatedThatIsNotLarger) {
  const World world = HonestWorld();
  EXPECT_THAT(Refusal(world, 27,
                      BuildSearchResponse(world, 27, 27, kLabel, false), 10260),
              HasSubstr("not larger"));
  EXPECT_THAT(
      Refusal(world, 27,
              BuildSearchResponse(world, 26, std::nullopt, kLabel, false),
              10260),
      HasSubstr("not larger"));
}

TEST(TreeHeadRefusalTest, AHeadOfAnotherConfiguration) {
  const World world = HonestWorld();
  World other = HonestWorld();
  ++other.config.max_behind;
  EXPECT_THAT(Refusal(world, 9,
                      BuildSearchResponse(other, 27, 9, kLabel, false), 10260),
              HasSubstr("signature"));
}

TEST(TreeHeadRefusalTest, AClockOutsideOfTheBoundsOnEitherKindOfHead) {
  const World world = HonestWorld();  // max_ahead 100, max_behind 5000
  for (const Situation& situation : kSituations) {
    const SearchResponse response =
        BuildSearchResponse(world, 27, situation.last, kLabel, situation.same);
    EXPECT_EQ(Refusal(world, situation.last, response, 10160), "");
    EXPECT_EQ(Refusal(world, situation.last, response, 15260), "");
    EXPECT_THAT(Refusal(world, situation.last, response, 10159),
                HasSubstr("too far ahead"));
    EXPECT_THAT(Refusal(world, situation.last, response, 15261),
                HasSubstr("too far behind"));
    EXPECT_THAT(Refusal(world, situation.last, response, 0),
                HasSubstr("too far ahead"));
  }
}

TEST(RequestRefusalTest, ARequestThatIsNotTheUsersOwn) {
  const World world = HonestWorld();
  const PublicKeys keys = FakeKeys();
  const std::string response = MakeSearchResponse(world, 27, 9, kLabel, false);
  const auto refusal = [&](const std::optional<RetainedState>& state,
                           const std::string& request) {
    return VerifySearch(world.config, keys, state, request, response, 10260)
        .refusal;
  };
  const RetainedState state = StateOf(world, 9);
  EXPECT_EQ(refusal(state, MakeSearchRequest(9, kLabel)), "");
  EXPECT_THAT(refusal(state, MakeSearchRequest(8, kLabel)),
              HasSubstr("another tree size"));
  EXPECT_THAT(refusal(state, MakeSearchRequest(std::nullopt, kLabel)),
              HasSubstr("another tree size"));
  EXPECT_THAT(refusal(std::nullopt, MakeSearchRequest(9, kLabel)),
              HasSubstr("another tree size"));
  // A response without the version field is read in its place.
  EXPECT_THAT(refusal(state, MakeSearchRequest(9, kLabel, 5)),
              HasSubstr("response: "));
  EXPECT_THAT(
      VerifyAbsence(world.config, keys, state, MakeSearchRequest(9, kNobody, 5),
                    MakeAbsenceResponse(world, 27, 9, kNobody, false), 10260)
          .refusal,
      HasSubstr("names a version"));
  EXPECT_THAT(refusal(state, MakeSearchRequest(9, kLabel) + '\0'),
              HasSubstr("trailing bytes"));
  EXPECT_THAT(refusal(RetainedState{}, MakeSearchRequest(0, kLabel)),
              HasSubstr("empty tree"));
  RetainedState incomplete = state;
  incomplete.full_subtrees.pop_back();
  EXPECT_THAT(refusal(incomplete, MakeSearchRequest(9, kLabel)),
              HasSubstr("incomplete"));
  incomplete = state;
  incomplete.frontier.erase(8);
  EXPECT_THAT(refusal(incomplete, MakeSearchRequest(9, kLabel)),
              HasSubstr("incomplete"));
}

// From here on the log signs what it shows.

TEST(LyingLogTest, CannotHideTheGreatestVersion) {
  const World world = HonestWorld();
  for (const Situation& situation : kSituations) {
    for (uint32_t claim = 0; claim < 5; ++claim) {
      SearchResponse response = BuildSearchResponse(
          world, 27, situation.last, kLabel, situation.same, claim);
      EXPECT_THAT(Refusal(world, situation.last, response, 10260),
                  HasSubstr("claimed"))
          << claim;
      // Nor by leaving out what gives it away.
      // The ladder of 4 is 0, 1, 3, 7, 5, 4.
      if (claim != 4) continue;
      response.binary_ladder[4].commitment.reset();
      EXPECT_THAT(Refusal(world, situation.last, response, 10260),
                  HasSubstr("above the claimed greatest one"));
    }
  }
}

TEST(LyingLogTest, CannotInventAVersion) {
  const World world = HonestWorld();
  for (const Situation& situation : kSituations) {
    const SearchResponse response = BuildSearchResponse(
        world, 27, situation.last, kLabel, situation.same, 6);
    EXPECT_THAT(Refusal(world, situation.last, response, 10260),
                HasSubstr("rightmost entry lacks"));
  }
}

TEST(LyingLogTest, CannotInventALabel) {
  const World world = HonestWorld();
  const SearchResponse response =
      BuildSearchResponse(world, 27, std::nullopt, kNobody, false, 0);
  const Outcome outcome = VerifySearch(world.config, FakeKeys(), std::nullopt,
                                       MakeSearchRequest(std::nullopt, kNobody),
                                       Encode(response), 10260);
  EXPECT_THAT(outcome.refusal, HasSubstr("rightmost entry lacks"));
}

TEST(LyingLogTest, CannotDropAVersionFromTheRightmostEntry) {
  World world = HonestWorld();
  std::vector<Leaf> all;
  for (const Entry& entry : world.entries) {
    for (const Leaf& leaf : entry.added) all.push_back(leaf);
  }
  std::erase_if(all, [](const Leaf& leaf) {
    return leaf.label == kLabel && leaf.version == 5;
  });
  world.entries[26].instead = all;
  // To the user the greatest version is 5 (entry 25) or 4 (entry 26).
  EXPECT_THAT(
      Refusal(world, std::nullopt,
              BuildSearchResponse(world, 27, std::nullopt, kLabel, false),
              10260),
      HasSubstr("claimed"));
}

TEST(LyingLogTest, CannotDenyALabelThatItShowedInAnyInspectedEntry) {
  // 15 is the rightmost distinguished entry; 23, 25 and 26 lie to its right.
  for (uint64_t liar : {15, 23, 25, 26}) {
    World world = HonestWorld();
    for (Entry& entry : world.entries) {
      std::erase_if(entry.added,
                    [](const Leaf& leaf) { return leaf.label == kLabel; });
    }
    world.entries[liar].instead = {FakeLeaf(kLabel, 0), FakeLeaf("x", 0)};
    AbsenceResponse response =
        BuildAbsenceResponse(world, 27, 9, kLabel, false);
    EXPECT_THAT(Refusal(world, 9, response, kLabel, 10260),
                HasSubstr("label is included"))
        << liar;
    // With the result rewritten the ladder leads to another root.
    for (PrefixProof& proof : response.search.prefix_proofs) {
      if (proof.results[0].result_type == PrefixSearchResultType::kInclusion) {
        proof.results[0].result_type =
            PrefixSearchResultType::kNonInclusionParent;
      }
    }
    EXPECT_THAT(Refusal(world, 9, response, kLabel, 10260),
                HasSubstr("signature"))
        << liar;
  }
}

TEST(LyingLogTest, CannotShowAnotherHistoryThanBefore) {
  const World before = HonestWorld();
  for (uint64_t changed = 0; changed < 9; ++changed) {
    World fork = HonestWorld();
    fork.entries[changed].added.push_back(FakeLeaf("intruder", 0));
    EXPECT_THAT(Refusal(before, 9,
                        BuildSearchResponse(fork, 27, 9, kLabel, false), 10260),
                HasSubstr("signature"))
        << changed;
  }
}

// Without a new head nothing is signed: the retained prefix roots alone bind
// what the ladders show.
TEST(LyingLogTest, CannotShowOtherLaddersUnderTheSameHead) {
  const World before = HonestWorld();
  for (uint64_t changed = 0; changed < 27; ++changed) {
    World fork = HonestWorld();
    fork.entries[changed].added.push_back(FakeLeaf("intruder", 0));
    EXPECT_THAT(Refusal(before, 27,
                        BuildSearchResponse(fork, 27, 27, kLabel, true), 10260),
                HasSubstr("prefix root differs from the retained one"))
        << changed;
  }
  World newer = HonestWorld();
  newer.entries[26].added.push_back(FakeLeaf(kLabel, 6));
  EXPECT_THAT(Refusal(before, 27,
                      BuildSearchResponse(newer, 27, 27, kLabel, true), 10260),
              HasSubstr("prefix root differs from the retained one"));
}

TEST(LyingLogTest, CannotTurnTimeBack) {
  const World before = HonestWorld();
  // 15, 23, 25, 26 are new to a user who saw nine entries, 7 and 8 retained.
  for (uint64_t position : {15, 23, 25, 26}) {
    World world = HonestWorld();
    world.entries[position].timestamp = 10000;
    EXPECT_THAT(
        Refusal(before, 9, BuildSearchResponse(world, 27, 9, kLabel, false),
                10260),
        HasSubstr("run backwards"))
        << position;
  }
  // Equal timestamps are allowed.
  World still = HonestWorld();
  for (Entry& entry : still.entries) entry.timestamp = 10000;
  EXPECT_THAT(Refusal(still, 9,
                      BuildSearchResponse(still, 27, 9, kLabel, false), 10000),
              IsEmpty());
}

}  // namespace
}  // namespace sealbook::reference
