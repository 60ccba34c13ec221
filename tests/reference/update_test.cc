// Updating a label: answers worked out by hand, and what has to be refused.
#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/hash.h"
#include "tests/reference/monitor_testing.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr uint64_t kNow = 15000;  // of AliceWorld

// The update after what the owner knows, in AliceWorld's 14 entries.
struct Known {
  uint64_t position;
  size_t values;
  std::vector<uint32_t> binary_ladder;  // versions
  std::vector<uint64_t> timestamps;     // after those of 7, 11 and 13
  std::vector<std::string> results;
  std::vector<uint64_t> prefix_roots;  // positions
};

// The owner after it.
OwnerState ExpectKnown(const World& world, const OwnerState& owner,
                       const Known& known) {
  SCOPED_TRACE(testing::Message() << "position " << known.position);
  const UpdateResponse response = BuildUpdateResponse(
      world, 14, {std::nullopt, "alice", GreatestKnown(owner), {}},
      UpdateKind::kReported, false);
  EXPECT_EQ(response.position, known.position);
  EXPECT_EQ(response.values.size(), known.values);
  EXPECT_EQ(response.info.size(), known.values);
  std::vector<BinaryLadderStep> ladder;
  for (uint32_t version : known.binary_ladder) {
    ladder.push_back({VrfOf(world, "alice", version).proof, std::nullopt});
  }
  EXPECT_EQ(response.binary_ladder, ladder);
  std::vector<uint64_t> timestamps = {10070, 13500, 15000};
  timestamps.insert(timestamps.end(), known.timestamps.begin(),
                    known.timestamps.end());
  EXPECT_THAT(response.update.timestamps, ElementsAreArray(timestamps));
  EXPECT_THAT(Results(response.update), ElementsAreArray(known.results));
  EXPECT_EQ(response.update.prefix_roots,
            PrefixRootsOf(world, known.prefix_roots));
  OwnerState out;
  for (UpdateKind kind : {UpdateKind::kReported, UpdateKind::kCreated}) {
    const auto verdict = UpdateAsOwner(world, 14, std::nullopt, owner, kind);
    EXPECT_EQ(verdict.refusal, "");
    if (!verdict.accepted.has_value()) return owner;
    const AcceptedUpdate& accepted = *verdict.accepted;
    EXPECT_EQ(accepted.created, kind == UpdateKind::kCreated);
    EXPECT_EQ(accepted.position, known.position);
    EXPECT_EQ(accepted.versions.size(), known.values);
    for (const NewVersion& made : accepted.versions) {
      EXPECT_EQ(made.value, world.open("alice", made.version).value);
      EXPECT_EQ(made.opening, world.open("alice", made.version).opening);
    }
    EXPECT_EQ(accepted.owner.greatest.rbegin()->first, known.position);
    EXPECT_EQ(accepted.owner.greatest.rbegin()->second,
              accepted.versions.back().version);
    out = accepted.owner;
  }
  return out;
}

// The owner since 1, before the label existed. Base ladders: of 0: 0, 1; of 2:
// 0, 1, 3, 2; of 3 and 4: 0, 1, 3, 7, 5, 4.
TEST(UpdateKnownAnswerTest, FromTheFirstVersionToTheLast) {
  const World world = AliceWorld(std::nullopt);
  OwnerState owner = OwnerStateOf(world, 2, "alice", 1);
  // The previous tree's frontier is 1, which is distinguished; 2 is not. The
  // paths to 1 and 2: 3, 1; then 2 itself for its ladder.
  owner = ExpectKnown(
      world, owner,
      {2, 1, {1}, {10030, 10010, 10020}, {"IN"}, {1, 3, 7, 11, 13}});
  EXPECT_THAT(owner.map, ElementsAre(Pair(2, 0)));
  // The previous tree's frontier is 3, 4; 4 and 5 are not distinguished. In 5,
  // version 0 is known from 4.
  owner = ExpectKnown(
      world, owner,
      {5, 2, {2, 3}, {10030, 10040, 10050}, {"IN", "INI"}, {3, 7, 11, 13}});
  EXPECT_THAT(owner.map, ElementsAre(Pair(2, 0), Pair(5, 2)));
  // 7, 8 and 9 are distinguished: nothing to look up. The path to 8 has 9.
  owner =
      ExpectKnown(world, owner, {9, 1, {4, 5, 7}, {13300}, {}, {7, 9, 11, 13}});
  // 7, 11 and 12 are.
  owner = ExpectKnown(world, owner, {12, 1, {}, {}, {}, {7, 11, 13}});
  EXPECT_EQ(owner, OwnerStateOf(world, 14, "alice", 1));
  EXPECT_THAT(owner.map, ElementsAre(Pair(2, 0), Pair(5, 2)));
}

// Only 0, 1, 3 and 7 are distinguished.
TEST(UpdateKnownAnswerTest, RightOfAllDistinguishedEntries) {
  const World world = AliceWorldWithWindow(9000);
  OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  // The previous tree's frontier is 7, 8. In 9, versions 0 and 1 are known.
  owner = ExpectKnown(
      world, owner,
      {9, 1, {4, 5, 7}, {13200, 13300}, {"IINI", "INNN"}, {7, 11, 13}});
  // 7, 11. In 12, versions 0, 1 and 3 are known.
  owner = ExpectKnown(world, owner,
                      {12, 1, {}, {14900}, {"IIINNN", "NNI"}, {7, 13}});
  EXPECT_THAT(owner.map, ElementsAre(Pair(9, 3), Pair(12, 4)));
}

// In 14 entries none of which is distinguished; nothing was known before 2.
TEST(UpdateKnownAnswerTest, SkipsEntriesUpToThePreviousUpdate) {
  const World world = AliceWorldWithWindow(100000);
  OwnerState owner = OwnerStateOf(world, 1, "alice", 0);
  // 1, without the label.
  owner = ExpectKnown(world, owner,
                      {2, 1, {1}, {10010, 10020}, {"N", "IN"}, {7, 11, 13}});
  // 3, 4. Version 0 is known from 3 on.
  owner = ExpectKnown(
      world, owner,
      {5, 2, {2, 3}, {10030, 10040, 10050}, {"IN", "N", "INI"}, {7, 11, 13}});
  // 7, 8.
  owner = ExpectKnown(
      world, owner,
      {9, 1, {4, 5, 7}, {13200, 13300}, {"IINI", "N", "INNN"}, {11, 13}});
  // 7 is skipped. Its greatest version is 2, so that its ladder for 3 would
  // have shown 0 and 1 before it ended at 3.
  owner =
      ExpectKnown(world, owner, {12, 1, {}, {14900}, {"INNN", "NNI"}, {7, 13}});
  EXPECT_THAT(owner.map,
              ElementsAre(Pair(2, 0), Pair(5, 2), Pair(9, 3), Pair(12, 4)));
}

// Version 3 comes in at 11, which is skipped: it would have shown 0, 1 and 3.
TEST(UpdateKnownAnswerTest, SkipsTheEntryOfThePreviousUpdateItself) {
  World world = AliceWorldWithWindow(100000);
  world.entries[9].added.pop_back();
  world.entries[11].added.push_back(FakeLeaf("alice", 3));
  OwnerState owner = OwnerStateOf(world, 12, "alice", 0);
  ExpectKnown(world, owner, {12, 1, {}, {14900}, {"NNI"}, {7, 11, 13}});
}

// 3, 4, 5 and 6 come in at once. The ladder of 6 is 0, 1, 3, 7, 5, 6: version 4
// has a proof of its own, in an entry that is distinguished or not.
TEST(UpdateKnownAnswerTest, VersionsOutsideOfTheLadder) {
  for (uint64_t window : {1000, 9000}) {
    World world = AliceWorldWithWindow(window);
    world.entries[12].added.pop_back();
    for (uint32_t version : {4, 5, 6}) {
      world.entries[9].added.push_back(FakeLeaf("alice", version));
    }
    const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
    if (window == 1000) {
      ExpectKnown(world, owner,
                  {9, 4, {4, 5, 6, 7}, {13300}, {"I"}, {7, 11, 13}});
    } else {
      ExpectKnown(world, owner,
                  {9,
                   4,
                   {4, 5, 6, 7},
                   {13200, 13300},
                   {"IINI", "INII", "I"},
                   {7, 11, 13}});
    }
  }
}

TEST(UpdateKnownAnswerTest, InTheFirstEntryOfALog) {
  World world = FakeWorld(FakeConfiguration());
  AddEntry(&world, kNow, {{"alice", 0}});
  const UpdateResponse response = BuildUpdateResponse(
      world, 1, {std::nullopt, "alice", std::nullopt, {{"x"}}},
      UpdateKind::kCreated, false);
  EXPECT_THAT(response.update.timestamps, ElementsAre(kNow));
  EXPECT_THAT(response.values, IsEmpty());
  // 0 is distinguished, and version 0 is in its own ladder.
  EXPECT_THAT(Results(response.update), IsEmpty());
  // Nobody can have become owner before.
  OwnerState owner = OwnerStateOf(world, 1, "alice", 0);
  owner.greatest[0] = std::nullopt;
  EXPECT_THAT(UpdateAsOwner(world, 1, std::nullopt, owner, UpdateKind::kCreated)
                  .refusal,
              HasSubstr("not right of the one before"));
}

TEST(UpdateKnownAnswerTest, OfAReturningUser) {
  const World world = AliceWorldWithWindow(9000);
  const UpdateResponse response = BuildUpdateResponse(
      world, 14, {9, "alice", 2, {}}, UpdateKind::kReported, false);
  // 7 and 8 are retained.
  EXPECT_THAT(response.update.timestamps, ElementsAre(13300, 13500, 15000));
  EXPECT_THAT(Results(response.update), ElementsAre("IINI", "INNN"));
  EXPECT_EQ(response.update.prefix_roots, PrefixRootsOf(world, {11, 13}));
  EXPECT_EQ(response.update.inclusion.elements,
            NodesOf(world, {{10, 1}, {12, 1}}));
}

std::string Refusal(const World& world, const OwnerState& owner,
                    const std::vector<std::string>& values,
                    const UpdateResponse& response) {
  const auto verdict =
      VerifyUpdate(world.config, FakeKeys(), StateOf(world, 9), owner,
                   MakeUpdateRequest(9, "alice", GreatestKnown(owner), values),
                   Encode(response), kNow);
  EXPECT_NE(verdict.accepted.has_value(), !verdict.refusal.empty());
  return verdict.refusal;
}

// 3, 4, 5 and 6 come in at 9, which is not distinguished: three proofs.
World FourAtOnce() {
  World world = AliceWorldWithWindow(9000);
  world.entries[12].added.pop_back();
  for (uint32_t version : {4, 5, 6}) {
    world.entries[9].added.push_back(FakeLeaf("alice", version));
  }
  return world;
}

TEST(UpdateRefusalTest, EveryKindOfChange) {
  using R = UpdateResponse*;
  const std::vector<std::pair<std::function<void(R)>, const char*>> changes = {
      {[](R r) { r->position = 7; }, "not right of the one before"},
      {[](R r) { r->position = 14; }, "outside of the tree"},
      {[](R r) { r->position = 10; }, ""},
      {[](R r) { r->info.pop_back(); }, "another number of openings"},
      {[](R r) { r->info.clear(); }, "no new version"},
      {[](R r) { r->values.clear(); }, "another number of openings"},
      {[](R r) { r->values[1].value = "x"; }, "two prefix proofs"},
      {[](R r) { r->info[0].opening[2] ^= 1; }, "two prefix proofs"},
      {[](R r) { r->info[3].opening[2] ^= 1; }, "two prefix proofs"},
      {[](R r) { r->binary_ladder.pop_back(); }, "steps missing"},
      {[](R r) { r->binary_ladder.push_back(r->binary_ladder[0]); },
       "steps left over"},
      {[](R r) { r->binary_ladder[0].proof[4] ^= 1; }, "VRF proof"},
      {[](R r) { r->binary_ladder[0].commitment = Sha256("x"); },
       "commitment for a new version"},
      {[](R r) { r->binary_ladder[3].commitment = Sha256("x"); },
       "commitment for a new version"},
      {[](R r) { r->update.timestamps.pop_back(); }, "timestamps missing"},
      {[](R r) { r->update.timestamps.push_back(13400); },
       "timestamps left over"},
      {[](R r) { r->update.timestamps[2] = 13199; }, "run backwards"},
      {[](R r) { r->update.prefix_proofs.pop_back(); },
       "prefix proofs missing"},
      {[](R r) {
         r->update.prefix_proofs.push_back(r->update.prefix_proofs[2]);
       },
       "prefix proofs left over"},
      {[](R r) { r->update.prefix_proofs[1].results.pop_back(); },
       "results missing"},
      {[](R r) {
         r->update.prefix_proofs[2].results.push_back(
             r->update.prefix_proofs[2].results[0]);
       },
       "results left over"},
      {[](R r) {
         r->update.prefix_proofs[2].results[0].result_type =
             PrefixSearchResultType::kNonInclusionParent;
       },
       "a new version is not included"},
      {[](R r) { r->update.prefix_proofs[0].elements[0][0] ^= 1; },
       "differs from the retained one"},
      {[](R r) { r->update.prefix_proofs[2].elements[0][0] ^= 1; },
       "two prefix proofs of one entry"},
      {[](R r) { r->update.prefix_roots.clear(); }, "prefix roots missing"},
      {[](R r) { r->update.inclusion.elements.pop_back(); },
       "elements missing"},
  };
  const World world = FourAtOnce();
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  const UpdateResponse honest = BuildUpdateResponse(
      world, 14, {9, "alice", 2, {}}, UpdateKind::kReported, false);
  ASSERT_EQ(Refusal(world, owner, {}, honest), "");
  for (size_t i = 0; i < changes.size(); ++i) {
    UpdateResponse changed = honest;
    changes[i].first(&changed);
    const std::string refusal = Refusal(world, owner, {}, changed);
    EXPECT_NE(refusal, "") << i;
    EXPECT_THAT(refusal, HasSubstr(changes[i].second)) << i;
  }
}

TEST(UpdateRefusalTest, ValuesThatAreNotTheRequests) {
  const World world = AliceWorldWithWindow(9000);
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  const UpdateResponse created = BuildUpdateResponse(
      world, 14, {9, "alice", 2, {}}, UpdateKind::kCreated, false);
  EXPECT_EQ(Refusal(world, owner, {"alice 3"}, created), "");
  EXPECT_THAT(Refusal(world, owner, {"x"}, created), HasSubstr("signature"));
  EXPECT_THAT(Refusal(world, owner, {}, created),
              HasSubstr("another number of openings"));
  EXPECT_THAT(Refusal(world, owner, {"alice 3", "alice 4"}, created),
              HasSubstr("another number of openings"));
  // The response's own values are those that count.
  const UpdateResponse reported = BuildUpdateResponse(
      world, 14, {9, "alice", 2, {}}, UpdateKind::kReported, false);
  EXPECT_EQ(Refusal(world, owner, {"x", "y"}, reported), "");
}

// What the log says to have happened after version 2.
std::string RefusalOfClaim(const World& world, uint64_t position,
                           uint32_t greatest, const OwnerState& owner) {
  NewVersions claim = NextVersions(world, 14, "alice", 2);
  claim.position = position;
  claim.greatest = greatest;
  return Refusal(world, owner, {},
                 BuildUpdateResponse(world, 14, {9, "alice", 2, {}},
                                     UpdateKind::kReported, false, claim));
}

TEST(UpdateRefusalTest, AnotherPositionOrAnotherNumberOfVersions) {
  const World world = FourAtOnce();
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  EXPECT_EQ(RefusalOfClaim(world, 9, 6, owner), "");
  // 8 does not have them; in 9 they were there before 10.
  EXPECT_THAT(RefusalOfClaim(world, 8, 6, owner), HasSubstr("lacks a version"));
  EXPECT_THAT(RefusalOfClaim(world, 10, 6, owner),
              HasSubstr("above the greatest one"));
  // One withheld, one too many.
  EXPECT_THAT(RefusalOfClaim(world, 9, 5, owner),
              HasSubstr("above the greatest one"));
  EXPECT_THAT(RefusalOfClaim(world, 9, 7, owner), HasSubstr("lacks a version"));
  EXPECT_THAT(RefusalOfClaim(world, 7, 6, owner),
              HasSubstr("not right of the one before"));
  OwnerState ahead = owner;
  ahead.start = 9;
  EXPECT_THAT(RefusalOfClaim(world, 9, 6, ahead),
              HasSubstr("not right of what was verified"));
}

TEST(UpdateRefusalTest, AVersionThatWasThereBefore) {
  // Version 3 is shown in 8 and then told to come in at 9.
  World world = AliceWorldWithWindow(9000);
  PlantLeaf(&world, 8, "alice", 3);
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  const auto refusal = [&] {
    return UpdateAsOwner(world, 14, std::nullopt, owner, UpdateKind::kReported)
        .refusal;
  };
  EXPECT_THAT(refusal(), HasSubstr("above the greatest one"));
  world = AliceWorldWithWindow(9000);
  HideLeaf(&world, 8, "alice", 2);
  EXPECT_THAT(refusal(), HasSubstr("lacks a version of the ladder"));
  world = AliceWorldWithWindow(9000);
  HideLeaf(&world, 9, "alice", 3);
  EXPECT_THAT(refusal(), HasSubstr("lacks a version of the ladder"));
  world = AliceWorldWithWindow(9000);
  PlantLeaf(&world, 9, "alice", 4);
  EXPECT_THAT(refusal(), HasSubstr("above the greatest one"));
  // Known from 8 to be there: left out in 9.
  world = AliceWorldWithWindow(9000);
  HideLeaf(&world, 9, "alice", 1);
  EXPECT_THAT(refusal(), IsEmpty());
  // The owner algorithm's.
  world = AliceWorldWithWindow(9000);
  HideLeaf(&world, 7, "alice", 2);
  EXPECT_THAT(refusal(), IsEmpty());
}

TEST(UpdateRefusalTest, ARequestOrAStateThatIsNotTheOwners) {
  const World world = AliceWorldWithWindow(9000);
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  const UpdateResponse response = BuildUpdateResponse(
      world, 14, {9, "alice", 2, {}}, UpdateKind::kReported, false);
  const auto refusal = [&](const OwnerState& held, const std::string& label,
                           std::optional<uint32_t> greatest) {
    return VerifyUpdate(world.config, FakeKeys(), StateOf(world, 9), held,
                        MakeUpdateRequest(9, label, greatest, {}),
                        Encode(response), kNow)
        .refusal;
  };
  EXPECT_EQ(refusal(owner, "alice", 2), "");
  EXPECT_THAT(refusal(owner, "alice", 1), HasSubstr("another owner state"));
  EXPECT_THAT(refusal(owner, "alice", std::nullopt),
              HasSubstr("another owner state"));
  EXPECT_THAT(refusal(owner, "bob", 2), HasSubstr("another owner state"));
  OwnerState held = owner;
  held.known.erase(3);
  EXPECT_THAT(refusal(held, "alice", 2), HasSubstr("not known"));
  held = owner;
  held.known[2].commitment.reset();
  EXPECT_THAT(refusal(held, "alice", 2), HasSubstr("not known"));
}

TEST(UpdateRefusalTest, VersionsThatCannotBe) {
  const World world = AliceWorldWithWindow(9000);
  OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  owner.greatest[7] = ~uint32_t{0};
  for (uint32_t k = 0; k <= 32; ++k) {  // the whole ladder
    owner.known[static_cast<uint32_t>((uint64_t{1} << k) - 1)] = {
        std::string(32, 'v'), std::string(32, 'c')};
  }
  const UpdateResponse response = BuildUpdateResponse(
      world, 14, {9, "alice", 2, {}}, UpdateKind::kReported, false);
  EXPECT_THAT(Refusal(world, owner, {}, response),
              HasSubstr("versions above 2^32 - 1"));
}

TEST(UpdateRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = FourAtOnce();
  const PublicKeys keys = FakeKeys();
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 7);
  for (std::optional<uint64_t> last :
       std::vector<std::optional<uint64_t>>{std::nullopt, 9, 14}) {
    const auto state = Seen(world, last);
    const std::string request = MakeUpdateRequest(last, "alice", 2, {});
    const std::string response = MakeUpdateResponse(
        world, 14, {last, "alice", 2, {}}, UpdateKind::kReported, last == 14u);
    const auto refusal = [&](const std::string& bytes) {
      return VerifyUpdate(world.config, keys, state, owner, request, bytes,
                          kNow)
          .refusal;
    };
    SCOPED_TRACE(last.value_or(0));
    ExpectEveryByteMatters(response, refusal);
  }
}

// As many as a log takes at once: with the ladder's they fit into a vector of
// 255. In an entry that is distinguished, and in one that is not.
TEST(UpdateTest, ManyVersionsAtOnce) {
  for (uint64_t window : {1000, 9000}) {
    World world = AliceWorldWithWindow(window);
    for (uint32_t version = 0; version < 256; ++version) {
      world.entries[version < 128 ? 9 : 12].added.push_back(
          FakeLeaf("bob", version));
    }
    OwnerState owner = OwnerStateOf(world, 8, "bob", 7);
    for (uint32_t greatest : {127, 255}) {
      const UpdateResponse response = BuildUpdateResponse(
          world, 14, {std::nullopt, "bob", GreatestKnown(owner), {}},
          UpdateKind::kReported, false);
      EXPECT_EQ(response.values.size(), 128u);
      EXPECT_LE(response.binary_ladder.size(), 144u);
      const auto verdict =
          UpdateAsOwner(world, 14, std::nullopt, owner, UpdateKind::kCreated);
      ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
      owner = verdict.accepted->owner;
      EXPECT_EQ(GreatestKnown(owner), greatest);
    }
    EXPECT_EQ(owner, OwnerStateOf(world, 14, "bob", 7));
    EXPECT_EQ(MonitorAsOwner(world, 14, 14, owner).refusal, "");
  }
}

// The one new version of a distinguished entry has no lookup: what is wrong
// with it is noticed when the owner monitors.
TEST(UpdateTest, LeavesADistinguishedEntryToTheOwnerAlgorithm) {
  World world = AliceWorld(std::nullopt);
  HideLeaf(&world, 9, "alice", 3);
  const OwnerState owner = OwnerStateOf(world, 9, "alice", 8);
  const auto updated =
      UpdateAsOwner(world, 14, 9, owner, UpdateKind::kReported);
  ASSERT_TRUE(updated.accepted.has_value()) << updated.refusal;
  EXPECT_THAT(updated.accepted->owner.map, IsEmpty());
  EXPECT_THAT(MonitorAsOwner(world, 14, 14, updated.accepted->owner).refusal,
              HasSubstr("lacks a version of the ladder"));
}

TEST(UpdateTest, HoldsForTheOtherCipherSuite) {
  World world = FakeWorld(FakeConfiguration(kSuiteEd25519));
  for (uint32_t i = 0; i < 6; ++i) {
    AddEntry(&world, 10000 + 300 * i, {{"alice", i}});
  }
  const OwnerState owner = OwnerStateOf(world, 3, "alice", 1);
  EXPECT_EQ(UpdateAsOwner(world, 6, 3, owner, UpdateKind::kReported).refusal,
            "");
  EXPECT_EQ(UpdateAsOwner(world, 6, 3, owner, UpdateKind::kCreated).refusal,
            "");
}

}  // namespace
}  // namespace sealbook::reference
