// Owner initialization: answers worked out by hand, and what has to be refused.
#include <functional>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/hash.h"
#include "tests/reference/monitor_testing.h"
#include "tests/reference/request_checks.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr uint64_t kNow = 15000;  // of AliceWorld

OwnerInitResponse Init14(const World& world, uint64_t start) {
  return BuildOwnerInitResponse(world, 14, {std::nullopt, "alice", start},
                                false);
}

// Which steps of a ladder have a commitment: C or -.
std::string Commitments(const std::vector<BinaryLadderStep>& ladder) {
  std::string out;
  for (const BinaryLadderStep& step : ladder) {
    out += step.commitment.has_value() ? 'C' : '-';
  }
  return out;
}

// 3, and 2 in the entry to the left on the path, 7. The ladders are 0, 1, 3,
// 7, 5, 4 and 0, 1, 3, 2.
TEST(OwnerInitKnownAnswerTest, WithAnEntryToTheLeft) {
  const World world = AliceWorld(std::nullopt);
  const OwnerInitResponse response = Init14(world, 11);
  EXPECT_THAT(response.greatest_versions, ElementsAre(3, 2));
  // Of 0, 1, 2, 3, 4, 5, 7: 4 exists by now, but not at 11.
  EXPECT_EQ(Commitments(response.binary_ladder), "CCCC---");
  EXPECT_EQ(response.binary_ladder[6].proof, VrfOf(world, "alice", 7).proof);
  EXPECT_THAT(response.init.timestamps, ElementsAre(10070, 13500, 15000));
  EXPECT_THAT(Results(response.init), ElementsAre("IIINNN", "IINI"));
  EXPECT_EQ(response.init.prefix_roots, PrefixRootsOf(world, {13}));
  const auto verdict = InitAsOwner(world, 14, std::nullopt, "alice", 11);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  const OwnerState& owner = verdict.accepted->owner;
  EXPECT_EQ(owner.label, "alice");
  EXPECT_EQ(owner.start, 11u);
  EXPECT_EQ(owner.greatest, (GreatestVersions{{11, 3}}));
  EXPECT_THAT(owner.map, IsEmpty());
  EXPECT_EQ(owner.known.size(), 7u);
  EXPECT_EQ(owner.known.at(3).commitment, FakeLeaf("alice", 3).commitment);
}

// The timestamps on the path to 9 and its own. 11 lies to the right.
TEST(OwnerInitKnownAnswerTest, AsksForTheStartingPositionItself) {
  const World world = AliceWorld(std::nullopt);
  const OwnerInitResponse response = Init14(world, 8);
  EXPECT_THAT(response.init.timestamps,
              ElementsAre(10070, 13500, 15000, 13300, 13200));
  EXPECT_THAT(response.greatest_versions, ElementsAre(2, 2));
  EXPECT_THAT(Results(response.init), ElementsAre("IINI", "IINI"));
  EXPECT_EQ(InitAsOwner(world, 14, 8, "alice", 8).refusal, "");
}

TEST(OwnerInitKnownAnswerTest, EndsBeforeTheFirstExpiredEntry) {
  const World world = AliceWorld(3000);
  const OwnerInitResponse response = Init14(world, 11);
  EXPECT_THAT(response.greatest_versions, ElementsAre(3));
  EXPECT_THAT(Results(response.init), ElementsAre("IIINNN"));
  EXPECT_EQ(InitAsOwner(world, 14, std::nullopt, "alice", 11).refusal, "");
}

// 13 and 11 have the label, 7 would not: every entry has a ladder nevertheless.
TEST(OwnerInitKnownAnswerTest, EntriesWithoutTheLabel) {
  World world = AliceWorld(std::nullopt);
  world.entries[9].added.push_back(FakeLeaf("bob", 0));
  const auto response =
      BuildOwnerInitResponse(world, 14, {std::nullopt, "bob", 13}, false);
  EXPECT_THAT(response.greatest_versions, ElementsAre(0, 0));
  EXPECT_THAT(Results(response.init), ElementsAre("IN", "IN", "N"));
  EXPECT_EQ(Commitments(response.binary_ladder), "C-");
  EXPECT_EQ(InitAsOwner(world, 14, std::nullopt, "bob", 13).refusal, "");
}

TEST(OwnerInitKnownAnswerTest, NoVersionAtAll) {
  const World world = AliceWorld(std::nullopt);
  const OwnerInitResponse response = Init14(world, 1);
  EXPECT_THAT(response.greatest_versions, IsEmpty());
  EXPECT_THAT(Results(response.init), ElementsAre("N"));
  EXPECT_EQ(Commitments(response.binary_ladder), "-");
  const auto verdict = InitAsOwner(world, 14, std::nullopt, "alice", 1);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(verdict.accepted->owner.greatest,
            (GreatestVersions{{1, std::nullopt}}));
  EXPECT_EQ(GreatestKnown(verdict.accepted->owner), std::nullopt);
}

TEST(OwnerInitRefusalTest, AStartingPositionThatIsNotToBeChosen) {
  const World world = AliceWorld(3000);
  const auto refusal = [&](uint64_t start) {
    return InitAsOwner(world, 14, std::nullopt, "alice", start).refusal;
  };
  EXPECT_THAT(refusal(10), HasSubstr("not distinguished"));
  EXPECT_THAT(refusal(7), HasSubstr("expired"));
  EXPECT_THAT(RefuseOwnerInit(world, 14, {std::nullopt, "alice", 10}),
              Optional(HasSubstr("not distinguished")));
  EXPECT_THAT(RefuseOwnerInit(world, 14, {std::nullopt, "alice", 7}),
              Optional(HasSubstr("expired")));
  EXPECT_THAT(RefuseOwnerInit(world, 14, {std::nullopt, "alice", 14}),
              Optional(HasSubstr("outside")));
  EXPECT_EQ(RefuseOwnerInit(world, 14, {std::nullopt, "alice", 8}),
            std::nullopt);
  const auto outside =
      VerifyOwnerInit(world.config, FakeKeys(), std::nullopt,
                      MakeOwnerInitRequest(std::nullopt, "alice", 14),
                      Encode(Init14(world, 11)), kNow);
  EXPECT_THAT(outside.refusal, HasSubstr("outside of the tree"));
  // Nobody can become owner without a distinguished entry.
  const World none = AliceWorldWithWindow(100000);
  for (uint64_t start = 0; start < 14; ++start) {
    EXPECT_TRUE(RefuseOwnerInit(none, 14, {std::nullopt, "alice", start}));
  }
}

std::string InitRefusal(const World& world, const OwnerInitResponse& response,
                        uint64_t start) {
  return VerifyOwnerInit(world.config, FakeKeys(), std::nullopt,
                         MakeOwnerInitRequest(std::nullopt, "alice", start),
                         Encode(response), kNow)
      .refusal;
}

TEST(OwnerInitRefusalTest, AnotherGreatestVersion) {
  const World world = AliceWorld(std::nullopt);
  const auto lie = [&](const std::vector<uint32_t>& claim) {
    return InitRefusal(
        world,
        BuildOwnerInitResponse(world, 14, {std::nullopt, "alice", 11}, false,
                               claim),
        11);
  };
  EXPECT_EQ(lie({3, 2}), "");
  EXPECT_THAT(lie({4, 2}), HasSubstr("commitment missing"));
  EXPECT_THAT(lie({2, 2}), HasSubstr("above the greatest one"));
  EXPECT_THAT(lie({3, 3}), HasSubstr("lacks a version"));
  EXPECT_THAT(lie({3, 1}), HasSubstr("above the greatest one"));
  EXPECT_THAT(lie({3}), HasSubstr("above the greatest one"));
  EXPECT_THAT(lie({}), HasSubstr("above the greatest one"));
  EXPECT_THAT(lie({2, 3}), HasSubstr("descending"));
  EXPECT_THAT(lie({3, 2, 2}), HasSubstr("more greatest versions than entries"));
}

TEST(OwnerInitRefusalTest, AVersionDroppedInOneEntry) {
  // The greatest version stays what it is.
  for (uint64_t position : {7, 11}) {
    World world = AliceWorld(std::nullopt);
    HideLeaf(&world, position, "alice", 1);
    EXPECT_THAT(InitAsOwner(world, 14, std::nullopt, "alice", 11).refusal,
                HasSubstr("lacks a version of the ladder"));
  }
  // It is less at the starting position than to its left.
  World world = AliceWorld(std::nullopt);
  PlantLeaf(&world, 7, "alice", 4);
  EXPECT_THAT(InitAsOwner(world, 14, std::nullopt, "alice", 11).refusal,
              HasSubstr("descending"));
}

TEST(OwnerInitRefusalTest, EveryKindOfChange) {
  using R = OwnerInitResponse*;
  const std::vector<std::pair<std::function<void(R)>, const char*>> changes = {
      {[](R r) { r->binary_ladder.pop_back(); }, "steps missing"},
      {[](R r) { r->binary_ladder.push_back(r->binary_ladder[0]); },
       "steps left over"},
      {[](R r) { r->binary_ladder[5].proof[0] ^= 1; }, "VRF proof"},
      {[](R r) { r->binary_ladder[3].commitment.reset(); },
       "commitment missing"},
      {[](R r) { r->binary_ladder[1].commitment.reset(); },
       "commitment is not known"},
      {[](R r) { r->binary_ladder[4].commitment = Sha256("x"); },
       "claimed not to exist"},
      {[](R r) { r->init.timestamps.push_back(13300); }, "left over"},
      {[](R r) { r->init.prefix_proofs.pop_back(); }, "proofs missing"},
      {[](R r) { r->init.prefix_proofs.push_back(r->init.prefix_proofs[0]); },
       "proofs left over"},
      {[](R r) { r->init.prefix_roots.clear(); }, "roots missing"},
      {[](R r) { r->binary_ladder[3].commitment = Sha256("x"); }, "signature"},
      {[](R r) { r->init.inclusion.elements.pop_back(); }, "elements missing"},
  };
  const World world = AliceWorld(std::nullopt);
  const OwnerInitResponse honest = Init14(world, 11);
  ASSERT_EQ(InitRefusal(world, honest, 11), "");
  for (size_t i = 0; i < changes.size(); ++i) {
    OwnerInitResponse changed = honest;
    changes[i].first(&changed);
    EXPECT_THAT(InitRefusal(world, changed, 11), HasSubstr(changes[i].second))
        << i;
  }
}

TEST(OwnerInitRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = AliceWorld(std::nullopt);
  const PublicKeys keys = FakeKeys();
  for (std::optional<uint64_t> last :
       std::vector<std::optional<uint64_t>>{std::nullopt, 10, 14}) {
    SCOPED_TRACE(last.value_or(0));
    const auto state = Seen(world, last);
    // All commitments of the starting position's ladder are needed.
    ExpectEveryByteMatters(
        MakeOwnerInitResponse(world, 14, {last, "alice", 9}, last == 14u),
        [&](const std::string& bytes) {
          return VerifyOwnerInit(world.config, keys, state,
                                 MakeOwnerInitRequest(last, "alice", 9), bytes,
                                 kNow)
              .refusal;
        });
  }
}

// 2 is in the ladder of 2, for the entry to the left, and not in that of 3:
// nothing at the starting position binds its commitment.
TEST(OwnerInitTest, TakesACommitmentThatNoLookupNeeds) {
  World world = AliceWorld(std::nullopt);
  std::erase_if(world.entries[5].added, [](const Leaf& leaf) {
    return leaf.label == "alice" && leaf.version == 2;
  });
  world.entries[9].added.push_back(FakeLeaf("alice", 2));
  // 3 at 11, 1 at 7: the ladder of 1 is 0, 1, 3, 2.
  OwnerInitResponse response = Init14(world, 11);
  EXPECT_THAT(response.greatest_versions, ElementsAre(3, 1));
  EXPECT_THAT(Results(response.init), ElementsAre("IIINNN", "IINN"));
  EXPECT_EQ(Commitments(response.binary_ladder), "CCCC---");
  response.binary_ladder[2].commitment = Sha256("x");
  EXPECT_EQ(InitRefusal(world, response, 11), "");
  response.binary_ladder[2].commitment.reset();
  EXPECT_EQ(InitRefusal(world, response, 11), "");
}

}  // namespace
}  // namespace sealbook::reference
