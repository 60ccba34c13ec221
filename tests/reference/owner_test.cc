// Owner initialization and owner monitoring: answers worked out by hand, and
// what has to be refused.
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

// The owner since 7, who knows all updates: 3 at 9 and 4 at 12.
OwnerState OwnerSince7(const World& world) {
  return OwnerStateOf(world, 14, "alice", 7);
}

OwnerMonitorResponse Monitor14(const World& world, const OwnerState& owner,
                               StopConditions stop = {}) {
  return BuildOwnerMonitorResponse(world, 14, RequestOf(owner, std::nullopt),
                                   false, stop);
}

// Right of 7 distinguished are 8, 9, 11, 12 and 13. The recursions from 7, 11,
// 9 and 13 ask for timestamps in this order; 8 and 12 are leaves.
TEST(OwnerMonitorKnownAnswerTest, ToTheRightmostDistinguishedEntry) {
  const World world = AliceWorld(std::nullopt);
  const OwnerState owner = OwnerSince7(world);
  EXPECT_THAT(owner.map, IsEmpty());
  const CombinedTreeProof proof = Monitor14(world, owner).monitor;
  EXPECT_THAT(proof.timestamps,
              ElementsAre(10070, 13500, 15000, 13300, 13200, 14900));
  EXPECT_THAT(Results(proof),
              ElementsAre("IINI", "IIINNN", "IIINNN", "IIINNI", "IIINNI"));
  EXPECT_EQ(proof.prefix_roots, PrefixRootsOf(world, {7}));
  EXPECT_EQ(proof.inclusion.elements,
            NodesOf(world, {{0, 4}, {4, 2}, {6, 1}, {10, 1}}));
  const auto verdict = MonitorAsOwner(world, 14, std::nullopt, owner);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  OwnerState expected = owner;
  expected.start = 13;
  EXPECT_EQ(verdict.accepted->owner, expected);
  EXPECT_TRUE(verdict.accepted->complete);
}

TEST(OwnerMonitorKnownAnswerTest, InSeveralResponses) {
  const World world = AliceWorld(std::nullopt);
  OwnerState owner = OwnerSince7(world);
  const CombinedTreeProof proof =
      Monitor14(world, owner, {.max_ladders = 1}).monitor;
  EXPECT_THAT(proof.timestamps, ElementsAre(10070, 13500, 15000, 13300, 13200));
  EXPECT_THAT(Results(proof), ElementsAre("IINI"));
  for (uint64_t start : {8, 9, 11, 12, 13}) {
    const auto verdict =
        MonitorAsOwner(world, 14, 14, owner, {.max_ladders = 1});
    ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
    owner = verdict.accepted->owner;
    EXPECT_EQ(owner.start, start);
    EXPECT_EQ(verdict.accepted->complete, start == 13);
  }
  const auto nothing = MonitorAsOwner(world, 14, 14, owner, {.max_ladders = 0});
  EXPECT_EQ(nothing.refusal, "");
}

// Who does not know of 4 is shown nothing from 12 on.
TEST(OwnerMonitorKnownAnswerTest, OfAnOwnerWhoIsBehind) {
  const World world = AliceWorld(std::nullopt);
  const OwnerState owner = OwnerStateOf(world, 12, "alice", 7);
  const CombinedTreeProof proof = Monitor14(world, owner).monitor;
  EXPECT_THAT(proof.timestamps, ElementsAre(10070, 13500, 15000, 13300, 13200));
  EXPECT_THAT(Results(proof), ElementsAre("IINI", "IIINNN", "IIINNN"));
  const auto verdict = MonitorAsOwner(world, 14, std::nullopt, owner);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(verdict.accepted->owner.start, 11u);
  EXPECT_FALSE(verdict.accepted->complete);
  // A log that goes on is refused.
  EXPECT_THAT(MonitorAsOwner(world, 14, std::nullopt, owner,
                             {.when_owner_is_behind = false})
                  .refusal,
              HasSubstr("above the greatest one"));
}

TEST(OwnerMonitorKnownAnswerTest, OfALabelThatDoesNotExist) {
  const World world = AliceWorld(std::nullopt);
  const OwnerState owner = OwnerStateOf(world, 14, "nobody", 9);
  EXPECT_THAT(Results(Monitor14(world, owner).monitor),
              ElementsAre("N", "N", "N"));
  const auto verdict = MonitorAsOwner(world, 14, std::nullopt, owner);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(verdict.accepted->owner.start, 13u);
}

// 10 lies under the distinguished 11, right of the advertised start: 11 is left
// to the owner algorithm, and so is the pair.
TEST(OwnerMonitorKnownAnswerTest, SkipsTheDistinguishedEntryOnAPath) {
  const World world = AliceWorld(std::nullopt);
  OwnerState owner = OwnerSince7(world);
  owner.start = 9;
  owner.map = {{10, 3}};
  EXPECT_THAT(Results(Monitor14(world, owner).monitor),
              ElementsAre("IIINNN", "IIINNI", "IIINNI"));
  const auto verdict = MonitorAsOwner(world, 14, std::nullopt, owner);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_THAT(verdict.accepted->owner.map, IsEmpty());
}

// Left of the start it is inspected: the ladder of 3 without 7, 5 and 4. With
// the whole response it is the first of two ladders of one entry.
TEST(OwnerMonitorKnownAnswerTest, InspectsTheDistinguishedEntryLeftOfTheStart) {
  const World world = AliceWorld(std::nullopt);
  OwnerState owner = OwnerSince7(world);
  owner.start = 11;
  owner.map = {{10, 3}};
  EXPECT_THAT(Results(Monitor14(world, owner).monitor),
              ElementsAre("III", "IIINNI", "IIINNI"));
  const auto verdict = MonitorAsOwner(world, 14, std::nullopt, owner);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_THAT(verdict.accepted->owner.map, IsEmpty());
}

TEST(OwnerMonitorKnownAnswerTest, EveryEntryIsDistinguishedWithoutAWindow) {
  const World world = AliceWorldWithWindow(0);
  const OwnerState owner = OwnerStateOf(world, 14, "alice", 3);
  // 4: version 0. 5, 6, 7, 8: 2. 9, 10, 11: 3. 12, 13: 4.
  EXPECT_THAT(Results(Monitor14(world, owner).monitor),
              ElementsAre("IN", "IINI", "IINI", "IINI", "IINI", "IIINNN",
                          "IIINNN", "IIINNN", "IIINNI", "IIINNI"));
  // 3 is known when 5 is asked for; leaves last.
  EXPECT_THAT(Monitor14(world, owner).monitor.timestamps,
              ElementsAre(10070, 13500, 15000, 10030, 10050, 10040, 10060,
                          13300, 13200, 13400, 14900));
  const auto verdict = MonitorAsOwner(world, 14, std::nullopt, owner);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_TRUE(verdict.accepted->complete);
}

TEST(OwnerMonitorRefusalTest, AVersionDroppedOrAddedInOneEntry) {
  for (uint64_t position : {8, 9, 11, 12, 13}) {
    World dropped = AliceWorld(std::nullopt);
    HideLeaf(&dropped, position, "alice", 1);
    EXPECT_THAT(
        MonitorAsOwner(dropped, 14, std::nullopt, OwnerSince7(dropped)).refusal,
        HasSubstr("lacks a version of the ladder"));
    World added = AliceWorld(std::nullopt);
    PlantLeaf(&added, position, "alice", position < 9 ? 3 : 5);
    EXPECT_THAT(
        MonitorAsOwner(added, 14, std::nullopt, OwnerSince7(added)).refusal,
        HasSubstr("above the greatest one"));
    World label = AliceWorld(std::nullopt);
    PlantLeaf(&label, position, "bob", 0);
    EXPECT_THAT(MonitorAsOwner(label, 14, std::nullopt,
                               OwnerStateOf(label, 14, "bob", 7))
                    .refusal,
                HasSubstr("above the greatest one"));
  }
  // Only distinguished entries right of the start are the owner's.
  for (uint64_t position : {7, 10}) {
    World world = AliceWorld(std::nullopt);
    HideLeaf(&world, position, "alice", 1);
    EXPECT_EQ(
        MonitorAsOwner(world, 14, std::nullopt, OwnerSince7(world)).refusal,
        "");
  }
}

std::string MonitorRefusal(const World& world, const OwnerState& owner,
                           const OwnerMonitorResponse& response) {
  return VerifyOwnerMonitor(world.config, FakeKeys(), StateOf(world, 13), owner,
                            Encode(RequestOf(owner, 13)), Encode(response),
                            kNow)
      .refusal;
}

TEST(OwnerMonitorRefusalTest, EveryKindOfChange) {
  using P = CombinedTreeProof*;
  const std::vector<std::pair<std::function<void(P)>, const char*>> changes = {
      {[](P p) { p->timestamps.pop_back(); }, "timestamps missing"},
      {[](P p) { p->timestamps.push_back(14900); }, "timestamps left over"},
      {[](P p) { p->timestamps[1] = 13501; }, "run backwards"},
      {[](P p) { p->prefix_proofs.push_back(p->prefix_proofs[0]); },
       "prefix proofs left over"},
      {[](P p) { p->prefix_proofs[1].results.pop_back(); }, "results missing"},
      {[](P p) {
         p->prefix_proofs[0].results.push_back(p->prefix_proofs[0].results[0]);
       },
       "results left over"},
      {[](P p) {
         p->prefix_proofs[0].results[0].result_type =
             PrefixSearchResultType::kNonInclusionParent;
       },
       "lacks a version"},
      {[](P p) {
         p->prefix_proofs[0].results[2].result_type =
             PrefixSearchResultType::kInclusion;
       },
       "above the greatest one"},
      {[](P p) { p->prefix_proofs[2].elements[0][1] ^= 1; },
       "differs from the retained one"},
      {[](P p) { p->prefix_roots.push_back(Sha256("")); },
       "prefix roots left over"},
      {[](P p) { p->inclusion.elements.pop_back(); }, "elements missing"},
      {[](P p) { p->inclusion.elements[0][1] ^= 1; }, "retained subtree head"},
      // Without the last ladder it is an honest answer that ends earlier, but
      // for the entry's prefix root.
      {[](P p) { p->prefix_proofs.pop_back(); }, "prefix roots missing"},
  };
  const World world = AliceWorld(std::nullopt);
  const OwnerState owner = OwnerSince7(world);
  const OwnerMonitorResponse honest =
      BuildOwnerMonitorResponse(world, 14, RequestOf(owner, 13), false);
  ASSERT_EQ(MonitorRefusal(world, owner, honest), "");
  for (size_t i = 0; i < changes.size(); ++i) {
    OwnerMonitorResponse changed = honest;
    changes[i].first(&changed.monitor);
    EXPECT_THAT(MonitorRefusal(world, owner, changed),
                HasSubstr(changes[i].second))
        << i;
  }
}

TEST(OwnerMonitorRefusalTest, ARequestOrAStateThatIsNotTheOwners) {
  const World world = AliceWorld(std::nullopt);
  const OwnerState owner = OwnerSince7(world);
  const OwnerMonitorRequest request = RequestOf(owner, std::nullopt);
  const std::string response = Encode(Monitor14(world, owner));
  const auto refusal = [&](const OwnerState& held,
                           const OwnerMonitorRequest& asked) {
    return VerifyOwnerMonitor(world.config, FakeKeys(), std::nullopt, held,
                              Encode(asked), response, kNow)
        .refusal;
  };
  ASSERT_EQ(refusal(owner, request), "");
  OwnerMonitorRequest other = request;
  other.start = 8;
  EXPECT_THAT(refusal(owner, other), HasSubstr("another owner state"));
  other = request;
  other.greatest_version = 3;
  EXPECT_THAT(refusal(owner, other), HasSubstr("another owner state"));
  other = request;
  other.entries = {{10, 3}};
  EXPECT_THAT(refusal(owner, other), HasSubstr("another owner state"));
  other = request;
  other.label = "bob";
  EXPECT_THAT(refusal(owner, other), HasSubstr("another owner state"));
  OwnerState held = owner;
  held.known.erase(7);
  EXPECT_THAT(refusal(held, request), HasSubstr("not known"));
  held = owner;
  held.known[1].commitment.reset();
  EXPECT_THAT(refusal(held, request), HasSubstr("not known"));
  held = owner;
  held.start = 14;
  EXPECT_THAT(refusal(held, RequestOf(held, std::nullopt)),
              HasSubstr("outside of the tree"));
}

// Calls refusal(bytes) for the response with each byte changed, and cut.
template <typename Function>
void ExpectEveryByteMatters(std::string response, Function refusal) {
  ASSERT_EQ(refusal(response), "");
  for (size_t i = 0; i < response.size(); ++i) {
    response[i] ^= '\x01';
    ASSERT_NE(refusal(response), "") << "byte " << i;
    response[i] ^= '\x01';
    ASSERT_THAT(refusal(response.substr(0, i)), HasSubstr("truncated"));
  }
  EXPECT_THAT(refusal(response + '\0'), HasSubstr("trailing bytes"));
}

TEST(OwnerRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = AliceWorld(std::nullopt);
  const PublicKeys keys = FakeKeys();
  const OwnerState owner = OwnerSince7(world);
  for (std::optional<uint64_t> last :
       std::vector<std::optional<uint64_t>>{std::nullopt, 10, 14}) {
    SCOPED_TRACE(last.value_or(0));
    const auto state = Seen(world, last);
    // All commitments of the starting position's ladder are needed.
    ExpectEveryByteMatters(
        MakeOwnerInitResponse(world, 14, {last, "alice", 9}, last == 14u),
        [&](const std::string& bytes) {
          const std::string refusal =
              VerifyOwnerInit(world.config, keys, state,
                              MakeOwnerInitRequest(last, "alice", 9), bytes,
                              kNow)
                  .refusal;
          return refusal;
        });
    ExpectEveryByteMatters(
        MakeOwnerMonitorResponse(world, 14, RequestOf(owner, last),
                                 last == 14u),
        [&](const std::string& bytes) {
          return VerifyOwnerMonitor(world.config, keys, state, owner,
                                    Encode(RequestOf(owner, last)), bytes, kNow)
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

TEST(OwnerTest, HoldsForTheOtherCipherSuite) {
  World world = FakeWorld(FakeConfiguration(kSuiteEd25519));
  for (uint32_t i = 0; i < 6; ++i) {
    AddEntry(&world, 10000 + 1000 * i, {{"alice", i}});
  }
  const auto init = InitAsOwner(world, 3, std::nullopt, "alice", 1);
  ASSERT_TRUE(init.accepted.has_value()) << init.refusal;
  const auto monitored = MonitorAsOwner(world, 6, 3, init.accepted->owner);
  EXPECT_EQ(monitored.refusal, "");
}

}  // namespace
}  // namespace sealbook::reference
