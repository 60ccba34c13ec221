// Owner monitoring: answers worked out by hand, and
// what has to be refused.
#include <functional>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/hash.h"
#include "tests/reference/monitor_testing.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kNow = 15000;  // of AliceWorld

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

TEST(OwnerMonitorRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = AliceWorld(std::nullopt);
  const PublicKeys keys = FakeKeys();
  const OwnerState owner = OwnerSince7(world);
  for (std::optional<uint64_t> last :
       std::vector<std::optional<uint64_t>>{std::nullopt, 10, 14}) {
    SCOPED_TRACE(last.value_or(0));
    const auto state = Seen(world, last);
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
