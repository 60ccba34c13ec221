// Third-Party Management: signatures over values, skipped versions, and what a
// manager is sent.
#include "tests/reference/management.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/hash.h"
#include "tests/reference/modes_testing.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kManagement = DeploymentMode::kThirdPartyManagement;
constexpr uint64_t kNow = 15000;  // of AliceWorld

std::string ZeroCommitment() { return std::string(kHashSize, '\0'); }

// AliceWorld with versions 3 to 6 at 9, of which 3 and 4 were skipped, and
// nothing at 12.
World ManagedWorld(uint64_t window = 1000) {
  World world = AliceWorld(std::nullopt, kManagement, window);
  world.entries[12].added.pop_back();
  world.entries[9].added.pop_back();
  for (uint32_t version : {3, 4}) {
    world.entries[9].added.push_back(SkippedLeaf(world, "alice", version));
  }
  for (uint32_t version : {5, 6}) {
    world.entries[9].added.push_back(FakeLeaf(world, "alice", version));
  }
  return world;
}

template <typename T>
std::string Managed(const T& response) {
  return Encode(response, kSuiteP256, kManagement);
}

std::string RefusalOfSearch(const World& world, const std::string& response,
                            std::optional<uint32_t> version = std::nullopt) {
  const Outcome outcome = VerifySearch(
      world.config, FakeKeys(), std::nullopt,
      MakeSearchRequest(std::nullopt, "alice", version), response, kNow);
  EXPECT_NE(outcome.accepted.has_value(), !outcome.refusal.empty());
  return outcome.refusal;
}

// The ladder of 6 is 0, 1, 3, 7, 5, 6.
TEST(ManagementKnownAnswerTest, ASearchPastSkippedVersions) {
  const World world = ManagedWorld();
  const SearchResponse response =
      BuildSearchResponse(world, 14, std::nullopt, "alice", false);
  EXPECT_EQ(response.version, 6u);
  EXPECT_EQ(response.value.suffix.signature, world.open("alice", 6).signature);
  EXPECT_EQ(response.binary_ladder[2].commitment, ZeroCommitment());  // 3
  EXPECT_EQ(response.binary_ladder[4].commitment,
            FakeLeaf(world, "alice", 5).commitment);
  EXPECT_EQ(RefusalOfSearch(world, Managed(response)), "");
  // The signature is in the commitment.
  EXPECT_NE(FakeLeaf(world, "alice", 6).commitment,
            FakeLeaf("alice", 6).commitment);
}

TEST(ManagementKnownAnswerTest, ASearchForASkippedVersion) {
  const World world = ManagedWorld();
  for (uint32_t version : {0, 1, 2, 5, 6}) {
    const auto answer = BuildFixedVersionResponse(world, 14, std::nullopt,
                                                  "alice", version, false);
    ASSERT_TRUE(answer.response.has_value()) << version;
    EXPECT_EQ(RefusalOfSearch(world, Managed(*answer.response), version), "");
  }
  for (uint32_t version : {3, 4}) {
    EXPECT_FALSE(BuildFixedVersionResponse(world, 14, std::nullopt, "alice",
                                           version, false)
                     .response.has_value());
    // Who insists has no opening for 32 zero bytes.
    const auto lie = BuildFixedVersionResponse(world, 14, std::nullopt, "alice",
                                               version, false, /*insist=*/true);
    EXPECT_THAT(RefusalOfSearch(world, Managed(*lie.response), version),
                HasSubstr("root"));
  }
  // A log that claims one of them to be the greatest.
  World lying = AliceWorld(std::nullopt, kManagement);
  lying.entries[12].added = {SkippedLeaf(lying, "alice", 4)};
  EXPECT_THAT(
      RefusalOfSearch(lying, Managed(BuildSearchResponse(
                                 lying, 14, std::nullopt, "alice", false))),
      HasSubstr("signature is not valid for this root"));
}

// 6, 5, and no further: 4 has no value to show. 2 can be asked for.
TEST(ManagementKnownAnswerTest, AHistoryEndsBeforeASkippedVersion) {
  const World world = ManagedWorld();
  const auto page = BuildHistoryResponse(world, 14, std::nullopt, "alice",
                                         std::nullopt, 10, false);
  ASSERT_TRUE(page.response.has_value());
  EXPECT_EQ(page.response->versions.size(), 2u);
  EXPECT_FALSE(
      BuildHistoryResponse(world, 14, std::nullopt, "alice", 4, 10, false)
          .response.has_value());
  const auto older =
      BuildHistoryResponse(world, 14, std::nullopt, "alice", 2, 10, false);
  ASSERT_TRUE(older.response.has_value());
  EXPECT_EQ(older.response->versions.size(), 3u);
}

// New are 3 to 6. Their proofs: 4, 5, 6 and 7; 3 is in the ladder of 2. In 9,
// which is distinguished, 4 alone is not in the ladder of 6.
TEST(ManagementKnownAnswerTest, AnUpdateThatSkips) {
  const World world = ManagedWorld();
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  const UpdateResponse response = BuildUpdateResponse(
      world, 14, {std::nullopt, "alice", 2, {}}, UpdateKind::kReported, false);
  EXPECT_EQ(response.position, 9u);
  EXPECT_EQ(response.skipped_versions, 2u);
  EXPECT_EQ(response.values.size(), 2u);
  ASSERT_EQ(response.info.size(), 2u);
  EXPECT_EQ(response.info[0].suffix.signature,
            world.open("alice", 5).signature);
  EXPECT_EQ(response.binary_ladder.size(), 4u);
  EXPECT_THAT(Results(response.update), ElementsAre("I"));
  for (UpdateKind kind : {UpdateKind::kReported, UpdateKind::kCreated}) {
    const auto verdict = UpdateAsOwner(world, 14, std::nullopt, owner, kind);
    ASSERT_EQ(verdict.refusal, "");
    EXPECT_EQ(verdict.accepted->skipped, 2u);
    ASSERT_EQ(verdict.accepted->versions.size(), 2u);
    EXPECT_EQ(verdict.accepted->versions[0].version, 5u);
    EXPECT_EQ(verdict.accepted->versions[0].value, "alice 5");
    EXPECT_EQ(verdict.accepted->versions[1].version, 6u);
    EXPECT_EQ(verdict.accepted->owner, OwnerStateOf(world, 14, "alice", 7));
    EXPECT_EQ(verdict.accepted->owner.known.at(4).commitment, ZeroCommitment());
    EXPECT_EQ(MonitorAsOwner(world, 14, std::nullopt, verdict.accepted->owner)
                  .refusal,
              "");
  }
}

TEST(ManagementRefusalTest, ValuesWithoutTheOperatorsSignature) {
  const World world = ManagedWorld();
  const auto refusal = [&](const std::function<void(UpdateValue*)>& change) {
    SearchResponse greatest =
        BuildSearchResponse(world, 14, std::nullopt, "alice", false);
    change(&greatest.value);
    const std::string first = RefusalOfSearch(world, Managed(greatest));
    FixedVersionResponse fixed =
        *BuildFixedVersionResponse(world, 14, std::nullopt, "alice", 6, false)
             .response;
    change(&fixed.value);
    EXPECT_EQ(RefusalOfSearch(world, Managed(fixed), 6), first);
    HistoryResponse history =
        *BuildHistoryResponse(world, 14, std::nullopt, "alice", std::nullopt, 2,
                              false)
             .response;
    change(&history.versions[0].value);
    EXPECT_EQ(
        VerifyHistory(world.config, FakeKeys(), std::nullopt,
                      MakeHistoryRequest(std::nullopt, "alice", std::nullopt),
                      Managed(history), kNow)
            .refusal,
        first);
    AsOfResponse as_of =
        *BuildAsOfResponse(world, 14, std::nullopt, "alice", kNow, false)
             .response;
    change(&as_of.value);
    EXPECT_EQ(VerifyAsOf(world.config, FakeKeys(), std::nullopt,
                         MakeAsOfRequest(std::nullopt, "alice", kNow),
                         Managed(as_of), kNow)
                  .refusal,
              first);
    return first;
  };
  const auto sign = [&](const Configuration& config, const std::string& label,
                        uint32_t version, const std::string& value) {
    // What the fake operator signs.
    World other = FakeWorld(config);
    EXPECT_EQ(value, label + " " + std::to_string(version));
    return other.open(label, version).signature;
  };
  EXPECT_EQ(refusal([](UpdateValue*) {}), "");
  EXPECT_THAT(refusal([](UpdateValue* v) { v->suffix.signature[1] ^= 1; }),
              HasSubstr("value: signature is not valid"));
  EXPECT_THAT(refusal([](UpdateValue* v) { v->suffix.signature.clear(); }),
              HasSubstr("value: signature is not valid"));
  EXPECT_THAT(refusal([](UpdateValue* v) { v->value += 'x'; }),
              HasSubstr("value: signature is not valid"));
  // Of another version, label or configuration.
  EXPECT_THAT(refusal([&](UpdateValue* v) {
                v->suffix.signature = sign(world.config, "alice", 5, "alice 5");
              }),
              HasSubstr("value: signature is not valid"));
  EXPECT_THAT(refusal([&](UpdateValue* v) {
                v->suffix.signature = sign(world.config, "bob", 6, "bob 6");
              }),
              HasSubstr("value: signature is not valid"));
  EXPECT_THAT(refusal([&](UpdateValue* v) {
                Configuration config = world.config;
                ++config.max_ahead;
                v->suffix.signature = sign(config, "alice", 6, "alice 6");
              }),
              HasSubstr("value: signature is not valid"));
  // By the manager, whose key signs tree heads.
  EXPECT_THAT(refusal([&](UpdateValue* v) {
                v->suffix.signature = world.sign(
                    Encode(UpdateTBS{world.config, "alice", 6, "alice 6"}));
              }),
              HasSubstr("value: signature is not valid"));
}

std::string RefusalOfUpdate(const World& world, const OwnerState& owner,
                            const UpdateResponse& response) {
  const auto verdict = VerifyUpdate(
      world.config, FakeKeys(), std::nullopt, owner,
      MakeUpdateRequest(std::nullopt, "alice", GreatestKnown(owner), {}),
      Managed(response), kNow);
  EXPECT_NE(verdict.accepted.has_value(), !verdict.refusal.empty());
  return verdict.refusal;
}

TEST(ManagementRefusalTest, EveryChangeOfAnUpdate) {
  using R = UpdateResponse*;
  const std::vector<std::pair<std::function<void(R)>, const char*>> changes = {
      {[](R r) { r->info[0].suffix.signature[1] ^= 1; },
       "value: signature is not valid"},
      {[](R r) { r->info[1].suffix.signature.clear(); },
       "value: signature is not valid"},
      {[](R r) { std::swap(r->info[0], r->info[1]); },
       "value: signature is not valid"},
      {[](R r) { r->values[0].value = "x"; }, "value: signature is not valid"},
      // Another number of skipped versions: the values are those of others.
      {[](R r) { r->skipped_versions = 1; }, "value: signature is not valid"},
      {[](R r) { r->skipped_versions = 3; }, "steps missing"},
      {[](R r) { r->skipped_versions = 0; }, "steps left over"},
      {[](R r) { r->skipped_versions = ~uint32_t{0}; },
       "more new versions than the ladder has room for"},
      // A version with a value counted among those that were skipped.
      {[](R r) {
         r->skipped_versions = 3;
         r->values.erase(r->values.begin());
         r->info.erase(r->info.begin());
       },
       "two prefix proofs"},
      {[](R r) {
         r->values.clear();
         r->info.clear();
         r->skipped_versions = 4;
       },
       "no new version"},
      {[](R r) { r->binary_ladder[0].commitment = ZeroCommitment(); },
       "commitment for a new version"},
  };
  // 9 is not distinguished: all of its new versions are looked up.
  const World world = ManagedWorld(9000);
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  const UpdateResponse honest = BuildUpdateResponse(
      world, 14, {std::nullopt, "alice", 2, {}}, UpdateKind::kReported, false);
  EXPECT_THAT(Results(honest.update), ElementsAre("IINI", "INII", "I"));
  ASSERT_EQ(RefusalOfUpdate(world, owner, honest), "");
  for (size_t i = 0; i < changes.size(); ++i) {
    UpdateResponse changed = honest;
    changes[i].first(&changed);
    EXPECT_THAT(RefusalOfUpdate(world, owner, changed),
                HasSubstr(changes[i].second))
        << i;
  }
}

// A value that was said to be skipped, and the other way round.
TEST(ManagementRefusalTest, LeavesThatAreNotWhatWasTold) {
  World world = ManagedWorld(9000);
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  const UpdateResponse told = BuildUpdateResponse(
      world, 14, {std::nullopt, "alice", 2, {}}, UpdateKind::kReported, false);
  world.entries[9].added[1] = FakeLeaf(world, "alice", 3);
  world.cache = {};
  UpdateResponse shown = BuildUpdateResponse(
      world, 14, {std::nullopt, "alice", 2, {}}, UpdateKind::kReported, false);
  EXPECT_EQ(shown.skipped_versions, 1u);
  shown.skipped_versions = told.skipped_versions;
  shown.values = told.values;
  shown.info = told.info;
  EXPECT_THAT(RefusalOfUpdate(world, owner, shown),
              HasSubstr("two prefix proofs of one entry"));
}

TEST(ManagementRefusalTest, EveryChangedByteOfAnUpdate) {
  const World world = ManagedWorld(9000);
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  ExpectEveryByteMatters(
      MakeUpdateResponse(world, 14, {std::nullopt, "alice", 2, {}},
                         UpdateKind::kReported, false),
      [&](const std::string& bytes) {
        return VerifyUpdate(world.config, FakeKeys(), std::nullopt, owner,
                            MakeUpdateRequest(std::nullopt, "alice", 2, {}),
                            bytes, kNow)
            .refusal;
      });
}

std::string OperatorSignature(const World& world, const std::string& tbs) {
  const Decoded<UpdateTBS> in = Decode<UpdateTBS>(tbs);
  EXPECT_EQ(in.value->config, world.config);
  return world.open(in.value->label, in.value->version).signature;
}

ManagerUpdateRequest Forward(const World& world,
                             std::optional<uint32_t> greatest,
                             uint32_t signed_version, uint32_t count) {
  UpdateRequest request = {14, "alice", greatest, {}};
  for (uint32_t i = 0; i < count; ++i) {
    request.values.push_back({"alice " + std::to_string(signed_version + i)});
  }
  return ForwardUpdate(
      world.config, request, signed_version,
      [&](const std::string& tbs) { return OperatorSignature(world, tbs); });
}

std::string RefusalByManager(const World& world,
                             const ManagerUpdateRequest& request) {
  return RefuseManagerUpdate(world, 14, request, FakeKeys().verify_update)
      .value_or("");
}

TEST(ManagerTest, AddsWhatWasSignedAndSkipsUpToIt) {
  World world = ManagedWorld();  // up to version 6
  const ManagerUpdateRequest request = Forward(world, 6, 9, 2);
  EXPECT_EQ(request.signed_version, 9u);
  ASSERT_EQ(request.values.size(), 2u);
  EXPECT_TRUE(FakeKeys().verify_update(
      Encode(UpdateTBS{world.config, "alice", 10, "alice 10"}),
      request.values[1].suffix.signature));
  ASSERT_EQ(RefusalByManager(world, request), "");
  const VersionsToAdd plan = PlanUpdate(world, 14, request);
  EXPECT_THAT(plan.skipped, ElementsAre(7, 8));
  EXPECT_THAT(plan.made, ElementsAre(9, 10));
  // And so it is answered.
  Entry& entry = world.entries.emplace_back();
  entry.timestamp = 15100;
  for (uint32_t version : plan.skipped) {
    entry.added.push_back(SkippedLeaf(world, "alice", version));
  }
  for (size_t i = 0; i < plan.made.size(); ++i) {
    entry.added.push_back({"alice", plan.made[i],
                           VrfOf(world, "alice", plan.made[i]).output,
                           Commit({world.open("alice", plan.made[i]).opening,
                                   "alice", plan.made[i], request.values[i]},
                                  kManagement)});
  }
  const auto verdict = UpdateAsOwner(
      world, 15, 14, OwnerStateOf(world, 14, "alice", 7), UpdateKind::kCreated);
  ASSERT_EQ(verdict.refusal, "");
  EXPECT_TRUE(verdict.accepted->created);
  EXPECT_EQ(verdict.accepted->skipped, 2u);
  EXPECT_EQ(GreatestKnown(verdict.accepted->owner), 10u);
}

TEST(ManagerTest, ForwardsAQuestionUnsigned) {
  const World world = ManagedWorld();
  const ManagerUpdateRequest request = Forward(world, 2, 5, 0);
  EXPECT_EQ(request.signed_version, 0u);
  EXPECT_THAT(request.values, IsEmpty());
  EXPECT_EQ(RefusalByManager(world, request), "");
}

TEST(ManagerTest, Refuses) {
  const World world = ManagedWorld();
  EXPECT_EQ(RefusalByManager(world, Forward(world, 6, 7, 1)), "");
  EXPECT_THAT(RefusalByManager(world, Forward(world, 6, 6, 1)),
              HasSubstr("less than the next version"));
  EXPECT_THAT(RefusalByManager(world, Forward(world, 7, 8, 1)),
              HasSubstr("does not exist"));
  EXPECT_THAT(RefusalByManager(world, Forward(world, 6, 0, 0)),
              HasSubstr("nothing to report or to add"));
  ManagerUpdateRequest request = Forward(world, 2, 0, 0);
  request.signed_version = 7;
  EXPECT_THAT(RefusalByManager(world, request),
              HasSubstr("not 0 without values"));
  request = Forward(world, 6, 7, 2);
  request.values[1].suffix.signature[2] ^= 1;
  EXPECT_THAT(RefusalByManager(world, request),
              HasSubstr("signature is not valid"));
  // Signed as another version.
  request = Forward(world, 6, 7, 1);
  request.signed_version = 8;
  EXPECT_THAT(RefusalByManager(world, request),
              HasSubstr("signature is not valid"));
  // 7 to 134 are 128 versions.
  EXPECT_EQ(RefusalByManager(world, Forward(world, 6, 133, 2)), "");
  EXPECT_THAT(RefusalByManager(world, Forward(world, 6, 134, 2)),
              HasSubstr("too many for one log entry"));
  EXPECT_THAT(RefusalByManager(world, Forward(world, 6, ~uint32_t{0}, 2)),
              HasSubstr("versions above 2^32 - 1"));
  // Values of a user who is behind are disregarded, but not what they were
  // signed as.
  request = Forward(world, 2, 7, 1);
  request.values[0].suffix.signature[2] ^= 1;
  EXPECT_EQ(RefusalByManager(world, request), "");
  EXPECT_THAT(RefusalByManager(world, Forward(world, 2, 3, 1)),
              HasSubstr("less than the next version"));
}

// Where several versions come in together, some of them were skipped: never
// the last one.
World RandomManagedWorld(uint64_t seed, uint64_t size, uint64_t mean_step,
                         uint16_t suite) {
  World world = RandomWorld(seed, size, mean_step,
                            {{"none", 0}, {"two", 2}, {"twelve", 12}},
                            FakeConfiguration(suite, kManagement));
  std::mt19937_64 random(seed + mean_step);
  for (Entry& entry : world.entries) {
    for (size_t i = 0; i + 1 < entry.added.size(); ++i) {
      Leaf& leaf = entry.added[i];
      const bool skipped_before =
          i == 0 || entry.added[i - 1].label != leaf.label ||
          entry.added[i - 1].commitment == ZeroCommitment();
      if (entry.added[i + 1].label == leaf.label && skipped_before &&
          random() % 3 > 0) {
        leaf.commitment = ZeroCommitment();
      }
    }
  }
  return world;
}

TEST(ManagementTest, IsPartOfEveryOperation) {
  SCOPED_TRACE(testing::Message() << "seed " << kSmallWorldsSeed);
  for (uint64_t mean_step : {5, 60, 300}) {
    const uint16_t suite = mean_step == 60 ? kSuiteEd25519 : kSuiteP256;
    const World world =
        RandomManagedWorld(kSmallWorldsSeed, 12, mean_step, suite);
    EveryOperation operations(world);
    for (const char* label : {"none", "two", "twelve"}) {
      operations.Check(label);
    }
    EXPECT_GT(operations.accepted(), 1000u);
    EXPECT_GT(operations.without_answer(), 20u);
  }
}

}  // namespace
}  // namespace sealbook::reference
