// Answers about the past from logs that show a leaf, or hide one, where no
// owner looks.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/fake_world.h"
#include "tests/reference/prover.h"
#include "tests/reference/testing.h"
#include "tests/reference/verifier.h"

namespace sealbook::reference {
namespace {

using ::testing::HasSubstr;

// What the log honestly has in an entry.
std::vector<Leaf> LeavesAt(const World& world, uint64_t position) {
  std::vector<Leaf> out;
  for (uint64_t i = 0; i <= position; ++i) {
    const std::vector<Leaf>& added = world.entries[i].added;
    out.insert(out.end(), added.begin(), added.end());
  }
  return out;
}

// Shows the leaf in this entry as well, and in no other one.
void Plant(World* world, uint64_t position, const std::string& label,
           uint32_t version) {
  std::vector<Leaf> leaves = LeavesAt(*world, position);
  leaves.push_back(FakeLeaf(label, version));
  world->entries[position].instead = leaves;
}

// Hides leaves of the label, from this version on, in this entry alone.
void Hide(World* world, uint64_t position, const std::string& label,
          uint32_t version) {
  std::vector<Leaf> leaves = LeavesAt(*world, position);
  std::erase_if(leaves, [&](const Leaf& leaf) {
    return leaf.label == label && leaf.version >= version;
  });
  world->entries[position].instead = leaves;
}

// Of the claim that `version` came in at `position`.
std::string HistoryRefusal(const World& world, uint64_t n, uint32_t version,
                           uint64_t position) {
  const Answer<HistoryResponse> lie =
      BuildHistoryResponse(world, n, std::nullopt, "alice", version, 1, false,
                           {{version, position}});
  return VerifyHistory(world.config, FakeKeys(), std::nullopt,
                       MakeHistoryRequest(std::nullopt, "alice", version),
                       EncodeHistory(*lie.response, true),
                       world.entries[n - 1].timestamp)
      .refusal;
}

// The search for 2 ends at 7: only the lookup in 3, the nearest distinguished
// entry to the left of 5, tells that 2 was there before.
TEST(PlantedLeavesTest, HiddenAfterADistinguishedEntryThatHadTheVersion) {
  World world = AliceWorld(std::nullopt);
  Plant(&world, 3, "alice", 2);
  EXPECT_THAT(HistoryRefusal(world, 14, 2, 5),
              HasSubstr("a distinguished entry has the version"));
}

// Entry 7 is the root, so that no distinguished entry to its left lies on the
// path to it: 3 lies on the path to 6.
TEST(PlantedLeavesTest, HiddenBeforeAClaimedEntryThatIsTheRoot) {
  World world = AliceWorld(std::nullopt);
  Hide(&world, 6, "alice", 0);
  EXPECT_THAT(HistoryRefusal(world, 8, 0, 7),
              HasSubstr("a distinguished entry has the version"));
}

// Version 2 comes in at 5 and is hidden in 5 and 6, between the distinguished 3
// and 7.
TEST(PlantedLeavesTest, ADateCanBeLateByLessThanAWindow) {
  World world = AliceWorld(std::nullopt);
  Hide(&world, 5, "alice", 2);
  Hide(&world, 6, "alice", 2);
  EXPECT_EQ(HistoryRefusal(world, 14, 2, 7), "");
  EXPECT_THAT(HistoryRefusal(world, 14, 2, 8),
              HasSubstr("a distinguished entry has the version"));
}

// Version 2 comes in at 5. In 4 it may be shown early; in 2 it may not, since
// the distinguished 3 follows.
TEST(PlantedLeavesTest, ADateCanBeEarlyByLessThanAWindow) {
  World world = AliceWorld(std::nullopt);
  Plant(&world, 4, "alice", 2);
  EXPECT_EQ(HistoryRefusal(world, 14, 2, 4), "");
}

TEST(PlantedLeavesTest, ShownBeforeADistinguishedEntryThatLacksTheVersion) {
  World world = AliceWorld(std::nullopt);
  Plant(&world, 2, "alice", 2);
  EXPECT_THAT(HistoryRefusal(world, 14, 2, 2),
              HasSubstr("an entry to the right lacks the version"));
}

// In the first 7 entries, 3 is the rightmost distinguished one, and the search
// for 3 goes from it to 5, where it ends. Nobody has version 3 in 6.
TEST(PlantedLeavesTest, ShownBehindAllDistinguishedEntries) {
  World world = AliceWorld(std::nullopt);
  Plant(&world, 5, "alice", 3);
  EXPECT_THAT(HistoryRefusal(world, 7, 3, 5),
              HasSubstr("an entry to the right lacks the version"));
}

// The search for 2 shows it in 7, the first appearance denies it in 9.
TEST(PlantedLeavesTest, AFirstAppearanceThatDeniesWhatTheSearchShowed) {
  World world = AliceWorld(std::nullopt);
  Hide(&world, 9, "alice", 2);
  EXPECT_THAT(HistoryRefusal(world, 14, 2, 10),
              HasSubstr("the response contradicts itself"));
}

// What was in force at 13450, so in 10; 9 and 11 are distinguished.
AsOfResponse AsOfLie(const World& world, const std::string& label,
                     std::optional<uint32_t> version) {
  return *BuildAsOfResponse(world, 14, std::nullopt, label, 13450, false,
                            AsOfClaim{10, version})
              .response;
}

std::string AsOfRefusal(const World& world, const std::string& label,
                        const AsOfResponse& response) {
  return VerifyAsOf(world.config, FakeKeys(), std::nullopt,
                    MakeAsOfRequest(std::nullopt, label, 13450),
                    Encode(response), 15000)
      .refusal;
}

TEST(PlantedLeavesTest, AVersionHiddenAfterADistinguishedEntryThatHadIt) {
  World world = AliceWorld(std::nullopt);
  Hide(&world, 10, "alice", 3);
  EXPECT_THAT(AsOfRefusal(world, "alice", AsOfLie(world, "alice", 2)),
              HasSubstr("an entry to the left has a greater version"));
}

TEST(PlantedLeavesTest, ALabelHiddenAfterADistinguishedEntryThatHadIt) {
  World world = AliceWorld(std::nullopt);
  Hide(&world, 10, "alice", 0);
  EXPECT_THAT(
      AsOfRefusal(world, "alice", AsOfLie(world, "alice", std::nullopt)),
      HasSubstr("the label is included"));
}

// Version 4 comes in at 12: its search alone would be content.
TEST(PlantedLeavesTest, AVersionShownBeforeADistinguishedEntryThatLacksIt) {
  World world = AliceWorld(std::nullopt);
  Plant(&world, 10, "alice", 4);
  EXPECT_THAT(AsOfRefusal(world, "alice", AsOfLie(world, "alice", 4)),
              HasSubstr("an entry to the right lacks the version"));
}

// The ladders in 9 and 10 deny 4. The search for 3 meets it in 7, finds no 3 to
// the left, and so ends at 7.
TEST(PlantedLeavesTest, ASearchThatShowsWhatTheLaddersDeniedFurtherRight) {
  World world = AliceWorld(std::nullopt);
  std::vector<Leaf> leaves = LeavesAt(world, 7);
  leaves.push_back(FakeLeaf("alice", 3));
  leaves.push_back(FakeLeaf("alice", 4));
  world.entries[7].instead = leaves;
  EXPECT_THAT(AsOfRefusal(world, "alice", AsOfLie(world, "alice", 3)),
              HasSubstr("the response contradicts itself"));
}

// The ladder in 9 denies 0. The search for 3 goes from 7, which has 0, over 11,
// which has 4, to 9: there it leaves 0 out, and goes on to 10.
TEST(PlantedLeavesTest, WhatASearchLeftOutStillContradictsIt) {
  World world = AliceWorld(std::nullopt);
  Hide(&world, 9, "alice", 0);
  Plant(&world, 11, "alice", 4);
  EXPECT_THAT(AsOfRefusal(world, "alice", AsOfLie(world, "alice", 3)),
              HasSubstr("the response contradicts itself"));
}

// bob's version 1 has no version 0 below it, but in 10. The ladder from 10
// shows it there; the search has to look for itself in 11 and 13.
TEST(PlantedLeavesTest, ALowerVersionThatOneEntryOnlyHas) {
  World world = AliceWorld(std::nullopt);
  world.entries[5].added.push_back(FakeLeaf("bob", 1));
  Plant(&world, 10, "bob", 0);
  AsOfResponse lie = AsOfLie(world, "bob", 1);
  lie.binary_ladder[0].commitment = FakeLeaf("bob", 0).commitment;
  EXPECT_THAT(AsOfRefusal(world, "bob", lie),
              HasSubstr("the version does not exist"));
}

}  // namespace
}  // namespace sealbook::reference
