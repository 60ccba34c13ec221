// The state as of a time.
#include <functional>
#include <limits>
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

Verdict<AcceptedAsOf> Verify(const World& world, std::optional<uint64_t> last,
                             uint64_t time, const AsOfResponse& response) {
  return VerifyAsOf(world.config, FakeKeys(), Seen(world, last),
                    MakeAsOfRequest(last, "alice", time), Encode(response),
                    kNow);
}

AsOfResponse AliceAsOf(const World& world, std::optional<uint64_t> last,
                       uint64_t time) {
  return *BuildAsOfResponse(world, 14, last, "alice", time, false).response;
}

TEST(AsOfKnownAnswerTest, AtANonDistinguishedEntry) {
  const World world = AliceWorld(std::nullopt);
  const AsOfResponse response = AliceAsOf(world, std::nullopt, 13450);
  EXPECT_EQ(response.position, 10u);
  EXPECT_EQ(response.version, 3u);
  EXPECT_EQ(response.binary_ladder.size(), 6u);
  // The view; 9 and 10 on the path from the root.
  EXPECT_THAT(response.search.timestamps,
              ElementsAre(10070, 13500, 15000, 13300, 13400));
  EXPECT_THAT(Results(response.search),
              ElementsAre("IIINNN",  // 9, which is d: 0, 1, 3, 7, 5, 4
                          "NNN",     // 10: 7, 5, 4
                          "I",       // 11, which is e: 3
                          "IIN",     // 7, fixed-version search for 3
                          "NNN"));   // 11: 7, 5, 4; 3 was looked up there
  for (uint64_t time : {13400, 13450, 13499}) {
    const auto verdict = Verify(world, std::nullopt, time, response);
    ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
    EXPECT_EQ(verdict.accepted->position, 10u);
    ASSERT_TRUE(verdict.accepted->version.has_value());
    EXPECT_EQ(verdict.accepted->version->version, 3u);
    EXPECT_EQ(verdict.accepted->version->terminal, 11u);
  }
  EXPECT_THAT(Verify(world, std::nullopt, 13399, response).refusal,
              HasSubstr("is later than the time"));
  EXPECT_THAT(Verify(world, std::nullopt, 13500, response).refusal,
              HasSubstr("next entry is not later"));
}

TEST(AsOfKnownAnswerTest, BeforeTheLabelExisted) {
  const World world = AliceWorld(std::nullopt);
  const AsOfResponse response = AliceAsOf(world, std::nullopt, 10010);
  EXPECT_EQ(response.position, 1u);
  EXPECT_EQ(response.version, std::nullopt);
  ASSERT_EQ(response.binary_ladder.size(), 1u);
  EXPECT_EQ(response.binary_ladder[0].commitment, std::nullopt);
  EXPECT_THAT(response.search.timestamps,
              ElementsAre(10070, 13500, 15000, 10030, 10010, 10020));
  EXPECT_THAT(Results(response.search), ElementsAre("N"));
  EXPECT_EQ(Verify(world, std::nullopt, 10010, response).refusal, "");
}

TEST(AsOfKnownAnswerTest, BeforeTheLogBegan) {
  const World world = AliceWorld(std::nullopt);
  const AsOfResponse response = AliceAsOf(world, std::nullopt, 9999);
  EXPECT_EQ(response.position, std::nullopt);
  EXPECT_EQ(response.version, std::nullopt);
  EXPECT_TRUE(response.binary_ladder.empty());
  EXPECT_THAT(response.search.timestamps,
              ElementsAre(10070, 13500, 15000, 10000));
  EXPECT_THAT(Results(response.search), IsEmpty());
  EXPECT_EQ(Verify(world, std::nullopt, 9999, response).refusal, "");
  EXPECT_THAT(Verify(world, std::nullopt, 10000, response).refusal,
              HasSubstr("log began before"));
}

TEST(AsOfKnownAnswerTest, InTheFutureIsTheRightmostEntry) {
  const World world = AliceWorld(std::nullopt);
  const uint64_t time = std::numeric_limits<uint64_t>::max();
  const AsOfResponse response = AliceAsOf(world, std::nullopt, time);
  EXPECT_EQ(response.position, 13u);
  // 13 is distinguished itself, so d and e: it gets a ladder. Then the search
  // for 4 from the root: 7; 11, where 7 and 5 were not looked up before; 13
  // with nothing left to look up.
  EXPECT_THAT(Results(response.search),
              ElementsAre("IIINNI", "IIN", "INNN", ""));
  EXPECT_EQ(Verify(world, std::nullopt, time, response).refusal, "");
}

// The first 11 entries, with 7 as the root, then 9 and 10.
TEST(AsOfKnownAnswerTest, BehindAllDistinguishedEntries) {
  const World world = AliceWorld(std::nullopt);
  const AsOfResponse response =
      *BuildAsOfResponse(world, 11, std::nullopt, "alice", 13400, false)
           .response;
  EXPECT_EQ(response.position, 10u);
  EXPECT_EQ(response.version, 3u);
  EXPECT_THAT(response.search.timestamps, ElementsAre(10070, 13300, 13400));
  EXPECT_THAT(Results(response.search),
              ElementsAre("IIINNN",  // 9, which is d: 0, 1, 3, 7, 5, 4
                          "NNN",     // 10: 7, 5, 4; the others are redundant
                          "I",       // 10 in place of e: 3 was not looked up
                          "IIN",     // 7, fixed-version search for 3
                          ""));      // 9: 0 and 1 redundant, the others were
  const auto verdict = Verify(world, std::nullopt, 13400, response);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(verdict.accepted->version->terminal, 9u);
}

TEST(AsOfKnownAnswerTest, ExpiredWithItsEntry) {
  const World world = AliceWorld(3000);
  const auto outcome = [&](uint64_t time) {
    return BuildAsOfResponse(world, 14, std::nullopt, "alice", time, false)
        .outcome;
  };
  EXPECT_EQ(outcome(13199), VersionOutcome::kExpired);
  EXPECT_EQ(outcome(13200), VersionOutcome::kFound);
  EXPECT_EQ(outcome(9999), VersionOutcome::kFound);
}

// What a user has to accept and learn, found without any search.
class AsOfCheck : public SmallWorld {
 public:
  using SmallWorld::SmallWorld;

  void CheckAsOf(uint64_t n, std::optional<uint64_t> last,
                 const std::string& label, uint64_t time,
                 std::map<VersionOutcome, int>* seen) {
    SCOPED_TRACE(testing::Message() << "n=" << n << " last=" << last.value_or(0)
                                    << " " << label << " as of " << time);
    std::optional<uint64_t> position;
    for (uint64_t i = 0; i < n; ++i) {
      if (world().entries[i].timestamp <= time) position = i;
    }
    std::optional<uint32_t> version;
    if (position.has_value()) {
      version = GreatestVersion(world(), *position, label);
    }
    const Answer<std::string> answer =
        MakeAsOfResponse(world(), n, last, label, time, last == n);
    ++(*seen)[answer.outcome];
    ASSERT_NE(answer.outcome, VersionOutcome::kDoesNotExist);
    const bool out_of_reach =
        position.has_value() && (ExpiredIn(world(), n, *position) ||
                                 AnchorExpiredIn(world(), n, *position + 1));
    if (answer.outcome == VersionOutcome::kExpired) {
      ASSERT_TRUE(out_of_reach || SearchExpires(n, last, label, version));
      return;
    }
    ASSERT_FALSE(out_of_reach);
    const auto verdict = VerifyAsOf(world().config, keys(), State(last),
                                    MakeAsOfRequest(last, label, time),
                                    *answer.response, Now(n));
    ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
    ASSERT_EQ(verdict.accepted->state, states()[n - 1]);
    ASSERT_EQ(verdict.accepted->position, position);
    ASSERT_EQ(verdict.accepted->version.has_value(), version.has_value());
    if (version.has_value()) {
      ExpectShown(*verdict.accepted->version, *version, label, n);
    }
  }

 private:
  bool SearchExpires(uint64_t n, std::optional<uint64_t> last,
                     const std::string& label,
                     std::optional<uint32_t> version) const {
    return version.has_value() &&
           MakeFixedVersionResponse(world(), n, last, label, *version,
                                    last == n)
                   .outcome == VersionOutcome::kExpired;
  }
};

TEST(AsOfTest, IsAcceptedForEverySmallSizeAndEveryTime) {
  SCOPED_TRACE(testing::Message() << "seed " << kSmallWorldsSeed);
  std::map<VersionOutcome, int> seen;
  ForSmallWorlds(9, [&](const World& world) {
    AsOfCheck check(world);
    ForSizes(world, [&](uint64_t n, std::optional<uint64_t> last) {
      for (const char* label : {"none", "two", "seven", "ten"}) {
        if (testing::Test::HasFatalFailure()) return;
        check.CheckAsOf(n, last, label, 9999, &seen);
        for (uint64_t i = 0; i < n; ++i) {
          const uint64_t time = world.entries[i].timestamp;
          check.CheckAsOf(n, last, label, time + i % 3, &seen);
        }
      }
    });
  });
  EXPECT_GT(seen[VersionOutcome::kFound], 3000);
  EXPECT_GT(seen[VersionOutcome::kExpired], 200);
}

struct AsOfChange {
  const char* name;
  std::function<void(AsOfResponse*)> apply;
  const char* reason;
};

TEST(AsOfRefusalTest, EveryKindOfChange) {
  using R = AsOfResponse*;
  const AsOfChange changes[] = {
      {"another version", [](R r) { r->version = 2; }, "steps left over"},
      {"no version", [](R r) { r->version.reset(); }, "steps left over"},
      {"no position", [](R r) { r->position.reset(); }, "no position"},
      {"a position outside of the tree", [](R r) { r->position = 14; },
       "outside of the tree"},
      {"the position before", [](R r) { r->position = 9; },
       "next entry is not later"},
      {"the position after", [](R r) { r->position = 11; },
       "later than the time"},
      {"another value", [](R r) { r->value.value = "x"; }, "two prefix proofs"},
      {"another opening", [](R r) { r->opening[0] ^= 1; }, "two prefix proofs"},
      {"a step missing", [](R r) { r->binary_ladder.pop_back(); },
       "steps missing"},
      {"a commitment for the target",
       [](R r) { r->binary_ladder[2].commitment = Sha256(""); },
       "commitment for the target"},
      {"a timestamp left over",
       [](R r) { r->search.timestamps.push_back(13400); },
       "timestamps left over"},
      {"a prefix proof missing",
       [](R r) { r->search.prefix_proofs.pop_back(); },
       "prefix proofs missing"},
      {"a prefix proof left over",
       [](R r) { r->search.prefix_proofs.emplace_back(); },
       "prefix proofs left over"},
      {"another prefix root", [](R r) { r->search.prefix_roots[0][0] ^= 1; },
       "signature"},
  };
  const World world = AliceWorld(std::nullopt);
  const AsOfResponse honest = AliceAsOf(world, std::nullopt, 13450);
  for (const AsOfChange& change : changes) {
    AsOfResponse changed = honest;
    change.apply(&changed);
    EXPECT_THAT(Verify(world, std::nullopt, 13450, changed).refusal,
                HasSubstr(change.reason))
        << change.name;
  }
  AsOfResponse none = AliceAsOf(world, std::nullopt, 10010);
  none.binary_ladder[0].commitment = FakeLeaf("alice", 0).commitment;
  EXPECT_THAT(Verify(world, std::nullopt, 10010, none).refusal,
              HasSubstr("commitment for the target"));
  none.binary_ladder.clear();
  EXPECT_THAT(Verify(world, std::nullopt, 10010, none).refusal,
              HasSubstr("steps missing"));
  none = AliceAsOf(world, std::nullopt, 9999);
  none.binary_ladder.push_back(honest.binary_ladder[0]);
  EXPECT_THAT(Verify(world, std::nullopt, 9999, none).refusal,
              HasSubstr("steps left over"));
}

TEST(AsOfRefusalTest, EveryWrongPosition) {
  const World world = AliceWorld(std::nullopt);
  for (uint64_t claim = 0; claim < 14; ++claim) {
    const Answer<AsOfResponse> lie = BuildAsOfResponse(
        world, 14, std::nullopt, "alice", 13450, false,
        AsOfClaim{claim, GreatestVersion(world, claim, "alice")});
    const std::string refusal =
        Verify(world, std::nullopt, 13450, *lie.response).refusal;
    if (claim == 10) {
      EXPECT_EQ(refusal, "");
    } else {
      EXPECT_THAT(refusal, HasSubstr(claim < 10 ? "next entry is not later"
                                                : "later than the time"))
          << claim;
    }
  }
}

// bob's version 0 comes in at 2 and version 1 at `second`. The claim is about
// 10, which is not distinguished, while 9 and 11 are.
std::string RefusalOfVersion(uint64_t second, std::optional<uint32_t> version) {
  World world = AliceWorld(std::nullopt);
  world.entries[2].added.push_back(FakeLeaf("bob", 0));
  world.entries[second].added.push_back(FakeLeaf("bob", 1));
  const Answer<AsOfResponse> lie = BuildAsOfResponse(
      world, 14, std::nullopt, "bob", 13450, false, AsOfClaim{10, version});
  return VerifyAsOf(world.config, FakeKeys(), std::nullopt,
                    MakeAsOfRequest(std::nullopt, "bob", 13450),
                    Encode(*lie.response), kNow)
      .refusal;
}

// 9 and 11 and the search have nothing against the claims about 10.
TEST(AsOfRefusalTest, EveryWrongVersion) {
  EXPECT_EQ(RefusalOfVersion(10, 1), "");
  EXPECT_THAT(RefusalOfVersion(10, 0), HasSubstr("not the greatest there"));
  EXPECT_THAT(RefusalOfVersion(10, std::nullopt),
              HasSubstr("the label is included"));
  EXPECT_EQ(RefusalOfVersion(11, 0), "");
  EXPECT_THAT(RefusalOfVersion(11, 1), HasSubstr("not the greatest there"));
}

// The answer of a log in which nothing expires, signed for one in which
// something does.
std::string RefusalWithLifetime(const std::string& label, uint64_t time,
                                uint64_t lifetime) {
  const World world = AliceWorld(std::nullopt);
  const World expiring = AliceWorld(lifetime);
  AsOfResponse response =
      *BuildAsOfResponse(world, 14, std::nullopt, label, time, false).response;
  response.full_tree_head.tree_head = SignedTreeHead(expiring, 14);
  return VerifyAsOf(expiring.config, FakeKeys(), std::nullopt,
                    MakeAsOfRequest(std::nullopt, label, time),
                    Encode(response), kNow)
      .refusal;
}

// Nobody has no search that could say so.
TEST(AsOfRefusalTest, AnExpiredEntry) {
  EXPECT_EQ(RefusalWithLifetime("nobody", 13200, 1801), "");
  EXPECT_THAT(
      RefusalWithLifetime("nobody", 13200, 1800),
      HasSubstr("as of: the entry or the distinguished one is expired"));
  EXPECT_THAT(
      RefusalWithLifetime("alice", 13200, 1800),
      HasSubstr("as of: the entry or the distinguished one is expired"));
}

// 10 expires 100 ms after the nearest distinguished entry, 9.
TEST(AsOfRefusalTest, AnExpiredDistinguishedEntryToTheLeft) {
  EXPECT_EQ(RefusalWithLifetime("nobody", 13450, 1701), "");
  EXPECT_THAT(
      RefusalWithLifetime("nobody", 13450, 1700),
      HasSubstr("as of: the entry or the distinguished one is expired"));
  EXPECT_THAT(
      RefusalWithLifetime("alice", 13450, 1700),
      HasSubstr("as of: the entry or the distinguished one is expired"));
  const auto outcome = [](const std::string& label, uint64_t lifetime) {
    return BuildAsOfResponse(AliceWorld(lifetime), 14, std::nullopt, label,
                             13450, false)
        .outcome;
  };
  EXPECT_EQ(outcome("alice", 1701), VersionOutcome::kFound);
  EXPECT_EQ(outcome("alice", 1700), VersionOutcome::kExpired);
  EXPECT_EQ(outcome("nobody", 1701), VersionOutcome::kFound);
  EXPECT_EQ(outcome("nobody", 1700), VersionOutcome::kExpired);
}

TEST(AsOfRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = AliceWorld(std::nullopt);
  const PublicKeys keys = FakeKeys();
  for (uint64_t last : {9, 14}) {
    const RetainedState state = StateOf(world, last);
    const std::string request = MakeAsOfRequest(last, "alice", kNow);
    std::string response =
        *MakeAsOfResponse(world, 14, last, "alice", kNow, last == 14).response;
    const auto refusal = [&] {
      return VerifyAsOf(world.config, keys, state, request, response, kNow)
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
