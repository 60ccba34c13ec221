// History: which versions a label had, and since when.
#include <algorithm>
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
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kNow = 15000;  // of AliceWorld

Verdict<AcceptedHistory> Verify(const World& world,
                                std::optional<uint64_t> last,
                                std::optional<uint32_t> newest,
                                const HistoryResponse& response,
                                const std::string& label = "alice",
                                uint64_t now = kNow) {
  return VerifyHistory(world.config, FakeKeys(), Seen(world, last),
                       MakeHistoryRequest(last, label, newest),
                       EncodeHistory(response, newest.has_value()), now);
}

HistoryResponse AliceHistory(const World& world, std::optional<uint64_t> last,
                             std::optional<uint32_t> newest, size_t count) {
  return *BuildHistoryResponse(world, 14, last, "alice", newest, count, false)
              .response;
}

TEST(HistoryKnownAnswerTest, OfTheTwoNewestVersions) {
  const World world = AliceWorld(std::nullopt);
  const HistoryResponse response =
      AliceHistory(world, std::nullopt, std::nullopt, 2);
  EXPECT_EQ(response.newest, 4u);
  ASSERT_EQ(response.versions.size(), 2u);
  EXPECT_EQ(response.versions[0].position, 12u);
  EXPECT_EQ(response.versions[1].position, 9u);
  // Ladders 0, 1, 3, 7, 5, 4 of both; 3 and 4 are shown, 5 and 7 are not there.
  std::vector<std::optional<std::string>> commitments;
  for (const BinaryLadderStep& step : response.binary_ladder) {
    commitments.push_back(step.commitment);
  }
  EXPECT_THAT(commitments,
              ElementsAre(FakeLeaf("alice", 0).commitment,
                          FakeLeaf("alice", 1).commitment, std::nullopt,
                          std::nullopt, std::nullopt, std::nullopt));
  // The view: 7, 11, 13. For 4: 12 on the path to 12; for 3: 9 and 8 on the
  // path to 8.
  EXPECT_THAT(response.history.timestamps,
              ElementsAre(10070, 13500, 15000, 14900, 13300, 13200));
  EXPECT_THAT(Results(response.history),
              ElementsAre("IIINNI",  // 13, greatest-version search for 4
                          "N",       // 11, d and before 12, without 4
                          "I",       // 12, itself e, with 4
                          "IIN",     // 7, fixed-version search for 3
                          "INN",     // 11: 3, 7, 5; 0 and 1 are redundant, 4
                                     // was looked up there; 13 is another
                                     // search's
                          "N",       // 8, d and before 9, without 3
                          "I"));     // 9, itself e, with 3
  EXPECT_THAT(response.history.prefix_roots, IsEmpty());
  const auto verdict = Verify(world, std::nullopt, std::nullopt, response);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  ASSERT_EQ(verdict.accepted->versions.size(), 2u);
  EXPECT_EQ(verdict.accepted->versions[0].since, 14900u);
  EXPECT_EQ(verdict.accepted->versions[0].terminal, 13u);
  EXPECT_EQ(verdict.accepted->versions[1].since, 13300u);
  EXPECT_EQ(verdict.accepted->versions[1].terminal, 11u);
}

// Version 1 comes in with version 2, so that nothing is left to show of it when
// its search is over.
TEST(HistoryKnownAnswerTest, OfTwoVersionsOfOneEntry) {
  const World world = AliceWorld(std::nullopt);
  const HistoryResponse response = AliceHistory(world, std::nullopt, 2u, 3);
  ASSERT_EQ(response.versions.size(), 3u);
  EXPECT_EQ(response.versions[0].position, 5u);
  EXPECT_EQ(response.versions[1].position, 5u);
  EXPECT_EQ(response.versions[2].position, 2u);
  EXPECT_THAT(response.history.timestamps,
              ElementsAre(10070, 13500, 15000,  // view
                          10030, 10050, 10040,  // 3, 5; 4
                          10010, 10020));       // 1, 2
  EXPECT_THAT(Results(response.history),
              ElementsAre("IINI",  // 7, fixed-version search for 2: 0, 1, 3, 2
                          "N",     // 3, which is d of 5, without 2
                          "N",     // 4, without 2
                          "I",     // 5, with 2
                                   // 7, which is e of 5: 2 was looked up
                          "",      // 7, fixed-version search for 1: all were
                          "IN",    // 3: 0, not 1
                          "I",     // 5: 0 and 3 redundant, 2 was looked up
                          "N",     // 4: 0 redundant, not 1
                                   // 5: 1 was looked up (step 6.3)
                                   // 3, 4, 5 and 7: 1 was looked up
                          "",      // 7, fixed-version search for 0: all were
                          "",      // 3: all were
                          "N",     // 1, d of 2 and before it, without 0
                          "I"));   // 2, with 0
                                   // 3, which is e of 2: 0 was looked up
  const auto verdict = Verify(world, std::nullopt, 2u, response);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(verdict.accepted->versions[0].terminal, 7u);
  EXPECT_EQ(verdict.accepted->versions[1].terminal, 5u);
  EXPECT_EQ(verdict.accepted->versions[2].terminal, 3u);
}

// The first 7 entries, with 3 as the root, then 5 and 6; 0, 1 and 3 are
// distinguished. No distinguished entry lies right of 5.
TEST(HistoryKnownAnswerTest, OfVersionsBehindAllDistinguishedEntries) {
  const World world = AliceWorld(std::nullopt);
  const HistoryResponse response =
      *BuildHistoryResponse(world, 7, std::nullopt, "alice", std::nullopt, 3,
                            false)
           .response;
  ASSERT_EQ(response.versions.size(), 3u);
  EXPECT_EQ(response.versions[0].position, 5u);
  EXPECT_EQ(response.versions[1].position, 5u);
  EXPECT_EQ(response.versions[2].position, 2u);
  EXPECT_THAT(response.history.timestamps,
              ElementsAre(10030, 10050, 10060,    // view
                          10040, 10010, 10020));  // 4; 1, 2
  EXPECT_THAT(Results(response.history),
              ElementsAre("IN",   // 3, greatest-version search for 2: 0, not 1
                          "INI",  // 5: 1, 3, 2
                          "N",    // 6: 3; the others are redundant
                          "N",    // 3, which is d of 5, without 2
                          "N",    // 4, without 2
                                  // 5: 2 was looked up
                          "I",    // 6, which is e of 5, with 2: it was not
                                  // looked up there, only redundant
                          "",     // 3, fixed-version search for 1: all were
                          "",     // 5: 0 redundant, 1, 3 and 2 were
                          "N",    // 4: not 1
                                  // 5: 1 was looked up (step 6.3), as in 3, 4
                          "I",    // 6, with 1
                          "",     // 3, fixed-version search for 0: all were
                          "N",    // 1, d of 2 and before it, without 0
                          "I"));  // 2, with 0
                                  // 3, which is e of 2: 0 was looked up
  const auto verdict = Verify(world, std::nullopt, std::nullopt, response);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(verdict.accepted->versions[0].terminal, 5u);
  EXPECT_EQ(verdict.accepted->versions[1].terminal, 5u);
  EXPECT_EQ(verdict.accepted->versions[2].terminal, 3u);
}

// Entry 8 is its own e, and the path to 7, the root, does not tell.
TEST(HistoryKnownAnswerTest, OfADistinguishedEntryBehindTheRoot) {
  World world = AliceWorld(std::nullopt);
  world.entries[8].added.push_back(FakeLeaf("bob", 0));
  const HistoryResponse response =
      *BuildHistoryResponse(world, 14, std::nullopt, "bob", std::nullopt, 1,
                            false)
           .response;
  EXPECT_EQ(response.versions[0].position, 8u);
  // The view: 7, 11, 13. The path to 8: 9 and 8.
  EXPECT_THAT(response.history.timestamps,
              ElementsAre(10070, 13500, 15000, 13300, 13200));
  EXPECT_THAT(Results(response.history),
              ElementsAre("IN",   // 13, greatest-version search: 0, not 1
                          "N",    // 7, d and before 8
                          "I"));  // 8
  const auto verdict =
      Verify(world, std::nullopt, std::nullopt, response, "bob");
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(verdict.accepted->versions[0].since, 13200u);
}

TEST(HistoryKnownAnswerTest, OfTheVeryFirstEntry) {
  const World world = AliceWorld(std::nullopt);
  const HistoryResponse response =
      *BuildHistoryResponse(world, 14, std::nullopt, "padding", 0u, 1, false)
           .response;
  EXPECT_EQ(response.versions[0].position, 0u);
  EXPECT_THAT(response.history.timestamps,
              ElementsAre(10070, 13500, 15000, 10030, 10010, 10000));
  // The search goes from 7 to 3, 1 and 0, which is e. There is no d.
  EXPECT_THAT(Results(response.history), ElementsAre("II", "II", "II", "IN"));
  const auto verdict = Verify(world, std::nullopt, 0u, response, "padding");
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(verdict.accepted->versions[0].since, 10000u);
}

TEST(HistoryKnownAnswerTest, WithoutADistinguishedEntry) {
  World world = FakeWorld(FakeConfiguration());
  AddEntry(&world, 100, {{"padding", 0}});
  AddEntry(&world, 200, {{"alice", 0}});
  AddEntry(&world, 300, {{"padding", 1}});
  const HistoryResponse response =
      *BuildHistoryResponse(world, 3, std::nullopt, "alice", std::nullopt, 1,
                            false)
           .response;
  EXPECT_EQ(response.versions[0].position, 1u);
  // The view: 1, 2. The paths end at 1; 0 comes before it.
  EXPECT_THAT(response.history.timestamps, ElementsAre(200, 300, 100));
  EXPECT_THAT(Results(response.history),
              ElementsAre("IN",   // 1, greatest-version search: 0, not 1
                          "N",    // 2: not 1
                          "N",    // 0, before 1; there is no d
                          "I"));  // 2, the rightmost entry in place of e
  const auto verdict =
      Verify(world, std::nullopt, std::nullopt, response, "alice", 300);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(verdict.accepted->versions[0].since, 200u);
}

// 7 and everything before it is expired: so is version 1, and the entry before
// version 2 came in.
TEST(HistoryKnownAnswerTest, EndsBeforeTheFirstExpiredVersion) {
  const World world = AliceWorld(3000);
  const HistoryResponse response =
      AliceHistory(world, std::nullopt, std::nullopt, 255);
  ASSERT_EQ(response.versions.size(), 3u);
  EXPECT_EQ(response.versions[1].position, 9u);
  EXPECT_EQ(response.versions[2].position, std::nullopt);
  const auto verdict = Verify(world, std::nullopt, std::nullopt, response);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(verdict.accepted->versions[2].version, 2u);
  EXPECT_EQ(verdict.accepted->versions[2].position, std::nullopt);
  EXPECT_EQ(verdict.accepted->versions[2].since, std::nullopt);
  const auto outcome = [&](std::optional<uint32_t> newest) {
    return BuildHistoryResponse(world, 14, std::nullopt, "alice", newest, 1,
                                false)
        .outcome;
  };
  EXPECT_EQ(outcome(2u), VersionOutcome::kFound);
  EXPECT_EQ(outcome(1u), VersionOutcome::kExpired);
  EXPECT_EQ(outcome(5u), VersionOutcome::kDoesNotExist);
}

// What a user has to accept and learn, found without any search.
class HistoryCheck : public SmallWorld {
 public:
  using SmallWorld::SmallWorld;

  void CheckHistory(uint64_t n, std::optional<uint64_t> last,
                    const std::string& label, std::optional<uint32_t> newest,
                    size_t count, std::map<VersionOutcome, int>* seen) {
    SCOPED_TRACE(testing::Message()
                 << "n=" << n << " last=" << last.value_or(0) << " " << label
                 << " from " << newest.value_or(~0u) << " count " << count);
    const Answer<std::string> answer =
        MakeHistoryResponse(world(), n, last, label, newest, count, last == n);
    ++(*seen)[answer.outcome];
    const auto greatest = GreatestVersion(world(), n - 1, label);
    ASSERT_EQ(answer.outcome == VersionOutcome::kDoesNotExist,
              !greatest.has_value() || newest.value_or(0) > *greatest);
    if (answer.outcome == VersionOutcome::kExpired) {
      ASSERT_TRUE(ExpiredIn(world(), n, 0));
    }
    if (answer.outcome != VersionOutcome::kFound) return;
    const auto verdict = VerifyHistory(world().config, keys(), State(last),
                                       MakeHistoryRequest(last, label, newest),
                                       *answer.response, Now(n));
    ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
    const AcceptedHistory& accepted = *verdict.accepted;
    ASSERT_EQ(accepted.state, states()[n - 1]);
    uint32_t version = newest.value_or(*greatest);
    if (!ExpiredIn(world(), n, 0)) {
      ASSERT_EQ(accepted.versions.size(), std::min<size_t>(count, version + 1));
    }
    for (const ShownVersion& shown : accepted.versions) {
      ExpectShown(shown, version--, label, n);
      const uint64_t first = *FirstEntryWith(world(), n, label, shown.version);
      const bool provable = !ExpiredIn(world(), n, first > 0 ? first - 1 : 0) &&
                            !AnchorExpiredIn(world(), n, first);
      ASSERT_EQ(shown.position.has_value(), provable);
      if (!provable) continue;
      ASSERT_EQ(*shown.position, first);
      ASSERT_EQ(shown.since, world().entries[first].timestamp);
    }
  }
};

TEST(HistoryTest, IsAcceptedForEverySmallSizeAndEveryPage) {
  SCOPED_TRACE(testing::Message() << "seed " << kSmallWorldsSeed);
  std::map<VersionOutcome, int> seen;
  ForSmallWorlds(9, [&](const World& world) {
    HistoryCheck check(world);
    ForSizes(world, [&](uint64_t n, std::optional<uint64_t> last) {
      for (const LabelPlan& plan : SmallPlans()) {
        if (testing::Test::HasFatalFailure()) return;
        check.CheckHistory(n, last, plan.label, std::nullopt, 255, &seen);
        for (uint32_t newest = 0; newest <= plan.versions; newest += 2) {
          check.CheckHistory(n, last, plan.label, newest, 3, &seen);
        }
      }
    });
  });
  EXPECT_GT(seen[VersionOutcome::kFound], 3000);
  EXPECT_GT(seen[VersionOutcome::kDoesNotExist], 500);
  EXPECT_GT(seen[VersionOutcome::kExpired], 50);
}

// 60 versions at two entries each: the first page cannot hold them all.
TEST(HistoryTest, EndsAPageBeforeItsProofsDoNotFit) {
  World world = FakeWorld(FakeConfiguration());
  for (uint32_t i = 0; i < 120; ++i) {
    AddEntry(&world, 10000, {{i % 2 == 0 ? "alice" : "bob", i / 2}});
  }
  std::optional<uint64_t> last;
  std::optional<RetainedState> state;
  std::vector<uint32_t> versions;
  std::vector<size_t> pages;
  std::optional<uint32_t> newest;
  while (versions.empty() || versions.back() != 0) {
    const Answer<std::string> answer = MakeHistoryResponse(
        world, 120, last, "alice", newest, 255, last == 120);
    ASSERT_EQ(answer.outcome, VersionOutcome::kFound);
    const auto verdict = VerifyHistory(
        world.config, FakeKeys(), state,
        MakeHistoryRequest(last, "alice", newest), *answer.response, 10000);
    ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
    for (const ShownVersion& shown : verdict.accepted->versions) {
      versions.push_back(shown.version);
    }
    pages.push_back(verdict.accepted->versions.size());
    newest = versions.back() - 1;
    state = verdict.accepted->state;
    last = 120;
  }
  EXPECT_GT(pages.size(), 1u);
  ASSERT_EQ(versions.size(), 60u);
  for (uint32_t i = 0; i < 60; ++i) EXPECT_EQ(versions[i], 59 - i);
}

struct HistoryChange {
  const char* name;
  std::function<void(HistoryResponse*)> apply;
  const char* reason;
};

TEST(HistoryRefusalTest, EveryKindOfChange) {
  using R = HistoryResponse*;
  const HistoryChange changes[] = {
      {"another newest", [](R r) { r->newest = 3; }, "steps missing"},
      {"more versions than there can be",
       [](R r) { r->versions.resize(6, r->versions[0]); }, "more versions"},
      {"a version missing", [](R r) { r->versions.pop_back(); },
       "commitment is not known"},
      {"a step missing", [](R r) { r->binary_ladder.pop_back(); },
       "steps missing"},
      {"a step left over",
       [](R r) { r->binary_ladder.push_back(r->binary_ladder[0]); },
       "steps left over"},
      {"steps in another order",
       [](R r) { std::swap(r->binary_ladder[2], r->binary_ladder[3]); },
       "VRF proof"},
      {"a commitment of a version shown",
       [](R r) { r->binary_ladder[2].commitment = Sha256(""); },
       "version that is shown"},
      {"a commitment above the greatest",
       [](R r) { r->binary_ladder[5].commitment = Sha256(""); },
       "claimed not to exist"},
      {"no position", [](R r) { r->versions[1].position.reset(); },
       "position missing"},
      {"a position outside of the tree",
       [](R r) { r->versions[1].position = 14; }, "outside of the tree"},
      {"positions that increase", [](R r) { r->versions[1].position = 13; },
       "after a greater one"},
      {"another value", [](R r) { r->versions[1].value.value = "x"; },
       "two prefix proofs"},
      {"another opening", [](R r) { r->versions[1].opening[0] ^= 1; },
       "two prefix proofs"},
      {"a timestamp missing", [](R r) { r->history.timestamps.pop_back(); },
       "timestamps missing"},
      {"a timestamp left over",
       [](R r) { r->history.timestamps.push_back(13400); },
       "timestamps left over"},
      {"another timestamp", [](R r) { ++r->history.timestamps.back(); },
       "signature"},
      {"a prefix proof missing",
       [](R r) { r->history.prefix_proofs.pop_back(); },
       "prefix proofs missing"},
      {"a prefix proof left over",
       [](R r) { r->history.prefix_proofs.emplace_back(); },
       "prefix proofs left over"},
      {"another root in a second proof of an entry",
       [](R r) { r->history.prefix_proofs[4].elements.back()[0] ^= 1; },
       "two prefix proofs of one entry"},
      {"another signature",
       [](R r) { r->full_tree_head.tree_head.signature[5] ^= 1; }, "signature"},
  };
  const World world = AliceWorld(std::nullopt);
  const HistoryResponse honest =
      AliceHistory(world, std::nullopt, std::nullopt, 2);
  ASSERT_EQ(Verify(world, std::nullopt, std::nullopt, honest).refusal, "");
  for (const HistoryChange& change : changes) {
    HistoryResponse changed = honest;
    change.apply(&changed);
    EXPECT_THAT(Verify(world, std::nullopt, std::nullopt, changed).refusal,
                HasSubstr(change.reason))
        << change.name;
  }
}

// The log proves what it can of a wrong position.
std::string RefusalOfPosition(const World& world, const std::string& label,
                              uint32_t version,
                              std::optional<uint64_t> position) {
  const Answer<HistoryResponse> lie = BuildHistoryResponse(
      world, 14, std::nullopt, label, version, 1, false, {{version, position}});
  return Verify(world, std::nullopt, version, *lie.response, label).refusal;
}

TEST(HistoryRefusalTest, EveryWrongPosition) {
  const World world = AliceWorld(std::nullopt);
  for (uint64_t position = 0; position < 14; ++position) {
    SCOPED_TRACE(position);
    const std::string refusal = RefusalOfPosition(world, "alice", 3, position);
    if (position == 9) {
      EXPECT_EQ(refusal, "");
    } else if (position < 9) {
      EXPECT_THAT(refusal, HasSubstr("the entry lacks the version"));
    } else {
      EXPECT_THAT(refusal, HasSubstr("has the version"));
    }
  }
}

TEST(HistoryRefusalTest, APositionBehindAnExpiredEntry) {
  const World world = AliceWorld(3000);
  // Version 3 came in at 9; nothing is provable up to 8.
  EXPECT_EQ(RefusalOfPosition(world, "alice", 3, 9), "");
  EXPECT_EQ(RefusalOfPosition(world, "alice", 3, std::nullopt), "");
  EXPECT_THAT(RefusalOfPosition(world, "alice", 2, 5),
              HasSubstr("the entry before it is expired"));
  EXPECT_THAT(RefusalOfPosition(world, "alice", 2, 8),
              HasSubstr("the entry before it is expired"));
}

// bob comes in at 11. The entry before it, 10, expires 100 ms after the nearest
// distinguished one, 9.
TEST(HistoryRefusalTest, APositionBehindAnExpiredDistinguishedEntry) {
  const auto world = [](uint64_t lifetime) {
    World out = AliceWorld(lifetime);
    out.entries[11].added.push_back(FakeLeaf("bob", 0));
    return out;
  };
  EXPECT_EQ(RefusalOfPosition(world(1701), "bob", 0, 11), "");
  EXPECT_THAT(RefusalOfPosition(world(1700), "bob", 0, 11),
              HasSubstr("the distinguished entry to the left is expired"));
  EXPECT_THAT(RefusalOfPosition(world(1601), "bob", 0, 11),
              HasSubstr("the distinguished entry to the left is expired"));
  EXPECT_THAT(RefusalOfPosition(world(1600), "bob", 0, 11),
              HasSubstr("the entry before it is expired"));
  // It may be left out, and an honest log does so.
  EXPECT_EQ(RefusalOfPosition(world(1701), "bob", 0, std::nullopt), "");
  EXPECT_EQ(RefusalOfPosition(world(1700), "bob", 0, std::nullopt), "");
  const auto honest = [&](uint64_t lifetime) {
    return BuildHistoryResponse(world(lifetime), 14, std::nullopt, "bob",
                                std::nullopt, 1, false)
        .response->versions[0]
        .position;
  };
  EXPECT_EQ(honest(1701), 11u);
  EXPECT_EQ(honest(1700), std::nullopt);
}

TEST(HistoryRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = AliceWorld(std::nullopt);
  const PublicKeys keys = FakeKeys();
  for (uint64_t last : {9, 14}) {
    const RetainedState state = StateOf(world, last);
    const std::string request = MakeHistoryRequest(last, "alice", std::nullopt);
    std::string response = *MakeHistoryResponse(world, 14, last, "alice",
                                                std::nullopt, 2, last == 14)
                                .response;
    const auto refusal = [&] {
      return VerifyHistory(world.config, keys, state, request, response, kNow)
          .refusal;
    };
    ASSERT_EQ(refusal(), "");
    for (size_t i = 0; i < response.size(); ++i) {
      response[i] ^= '\x01';
      ASSERT_NE(refusal(), "") << "byte " << i << ", last " << last;
      response[i] ^= '\x01';
    }
    response += 'x';
    EXPECT_THAT(refusal(), HasSubstr("trailing bytes"));
    response.resize(response.size() - 2);
    EXPECT_THAT(refusal(), HasSubstr("truncated"));
  }
}

}  // namespace
}  // namespace sealbook::reference
