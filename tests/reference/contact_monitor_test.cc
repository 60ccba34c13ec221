// Contact monitoring: answers worked out by hand, and what has to be refused.
#include <functional>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/hash.h"
#include "tests/reference/monitor_testing.h"
#include "tests/reference/prover.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

ContactMonitorResponse Answer14(const World& world,
                                std::optional<uint64_t> last,
                                const MonitoringMap& map) {
  return BuildContactMonitorResponse(world, 14, {last, "alice", EntriesOf(map)},
                                     false);
}

MonitoringMap MapAfter(const World& world, uint64_t n,
                       std::optional<uint64_t> last, const MonitoringMap& map) {
  const auto verdict =
      MonitorAsContact(world, n, last, ContactStateOf(world, "alice", map));
  EXPECT_EQ(verdict.refusal, "");
  if (!verdict.accepted.has_value()) return {};
  return verdict.accepted->contact.map;
}

// 7 is the first entry right of 5 on its path, and distinguished. The ladder of
// 2 is 0, 1, 3, 2, of which 3 is left out.
TEST(ContactMonitorKnownAnswerTest, EndsAtADistinguishedEntry) {
  const World world = AliceWorld(std::nullopt);
  const CombinedTreeProof proof =
      Answer14(world, std::nullopt, {{5, 2}}).monitor;
  // The view, then the path to 5: 7 is known, 3 is not.
  EXPECT_THAT(proof.timestamps, ElementsAre(10070, 13500, 15000, 10030));
  EXPECT_THAT(Results(proof), ElementsAre("III"));
  EXPECT_EQ(proof.prefix_roots, PrefixRootsOf(world, {3, 11, 13}));
  EXPECT_EQ(
      proof.inclusion.elements,
      NodesOf(world,
              {{0, 2}, {2, 1}, {4, 2}, {6, 1}, {8, 2}, {10, 1}, {12, 1}}));
  EXPECT_THAT(MapAfter(world, 14, std::nullopt, {{5, 2}}), IsEmpty());
}

TEST(ContactMonitorKnownAnswerTest, OfAReturningUser) {
  const World world = AliceWorld(std::nullopt);
  const CombinedTreeProof proof = Answer14(world, 6, {{5, 2}}).monitor;
  EXPECT_THAT(proof.timestamps, ElementsAre(10070, 13500, 15000));
  EXPECT_THAT(Results(proof), ElementsAre("III"));
  EXPECT_EQ(proof.prefix_roots, PrefixRootsOf(world, {11, 13}));
  EXPECT_EQ(proof.inclusion.elements,
            NodesOf(world, {{6, 1}, {8, 2}, {10, 1}, {12, 1}}));
  EXPECT_THAT(MapAfter(world, 14, 6, {{5, 2}}), IsEmpty());
}

// 5 goes to 7. 2 goes to 3, whose timestamp nothing else asks for, and meets
// the greater version at 7.
TEST(ContactMonitorKnownAnswerTest, PathsThatMeetWithoutADistinguishedEntry) {
  const World world = AliceWorldWithWindow(100000);
  const MonitoringMap map = {{2, 0}, {5, 2}};
  const CombinedTreeProof proof = Answer14(world, std::nullopt, map).monitor;
  EXPECT_THAT(proof.timestamps, ElementsAre(10070, 13500, 15000, 10030));
  EXPECT_THAT(Results(proof), ElementsAre("III", "I"));
  EXPECT_EQ(proof.prefix_roots, PrefixRootsOf(world, {11, 13}));
  EXPECT_THAT(MapAfter(world, 14, std::nullopt, map), ElementsAre(Pair(7, 2)));
}

// 12 goes to 13, 9 goes to 11: nothing meets. The ladder of 3 is 0, 1, 3, that
// of 4 is 0, 1, 3, 4.
TEST(ContactMonitorKnownAnswerTest, PathsThatDoNotMeet) {
  const World world = AliceWorldWithWindow(100000);
  const MonitoringMap map = {{9, 3}, {12, 4}};
  const CombinedTreeProof proof = Answer14(world, std::nullopt, map).monitor;
  EXPECT_THAT(proof.timestamps, ElementsAre(10070, 13500, 15000));
  EXPECT_THAT(Results(proof), ElementsAre("IIII", "III"));
  EXPECT_THAT(MapAfter(world, 14, std::nullopt, map),
              ElementsAre(Pair(11, 3), Pair(13, 4)));
}

// 9 is distinguished: nothing is inspected, but the path to it is established.
TEST(ContactMonitorKnownAnswerTest, AMapEntryThatIsDistinguished) {
  const World world = AliceWorld(std::nullopt);
  const CombinedTreeProof proof =
      Answer14(world, std::nullopt, {{8, 2}, {12, 4}}).monitor;
  // The path to 8 has 9, too.
  EXPECT_THAT(proof.timestamps, ElementsAre(10070, 13500, 15000, 13300));
  EXPECT_THAT(Results(proof), IsEmpty());
  EXPECT_THAT(MapAfter(world, 14, std::nullopt, {{8, 2}, {12, 4}}), IsEmpty());
}

TEST(ContactMonitorKnownAnswerTest, AnEmptyMap) {
  const World world = AliceWorld(std::nullopt);
  EXPECT_EQ(Answer14(world, std::nullopt, {}).monitor,
            BuildDistinguishedResponse(world, 14, std::nullopt, 14, false)
                .distinguished);
  EXPECT_THAT(MapAfter(world, 14, 13, {}), IsEmpty());
}

// 5 stands on the frontier of 6 entries and stays; 4 moves to it.
TEST(ContactMonitorKnownAnswerTest, ThePositionOfAnotherEntryKeepsTheGreater) {
  const World world = AliceWorldWithWindow(100000);
  const MonitoringMap map = {{4, 0}, {5, 2}};
  EXPECT_THAT(
      Results(BuildContactMonitorResponse(
                  world, 6, {std::nullopt, "alice", EntriesOf(map)}, false)
                  .monitor),
      ElementsAre("I"));
  EXPECT_THAT(MapAfter(world, 6, std::nullopt, map), ElementsAre(Pair(5, 2)));
}

TEST(ContactMonitorKnownAnswerTest, EveryEntryIsDistinguishedWithoutAWindow) {
  const World world = AliceWorldWithWindow(0);
  const MonitoringMap map = {{2, 0}, {5, 2}, {10, 3}};
  const CombinedTreeProof proof = Answer14(world, std::nullopt, map).monitor;
  // The paths to 10, 5 and 2: 9, 3, 1.
  EXPECT_THAT(proof.timestamps,
              ElementsAre(10070, 13500, 15000, 13300, 10030, 10010));
  EXPECT_THAT(Results(proof), IsEmpty());
  EXPECT_THAT(MapAfter(world, 14, std::nullopt, map), IsEmpty());
}

// Step 3.1.2.
TEST(ContactMonitorRefusalTest, TwoPathsThatMeetInTheWrongOrder) {
  const World world = AliceWorldWithWindow(100000);
  // 5 goes to 7, 4 to 5 and then to 7: with a greater and with the same
  // version.
  for (uint32_t version : {2, 1}) {
    const auto verdict = MonitorAsContact(
        world, 14, std::nullopt,
        ContactStateOf(world, "alice", {{4, version}, {5, 1}}));
    EXPECT_THAT(verdict.refusal, HasSubstr("a version that is not greater"));
  }
}

TEST(ContactMonitorRefusalTest, ADowngrade) {
  // Whatever version of the ladder is hidden.
  for (uint32_t version : {0, 1, 2}) {
    World world = AliceWorld(std::nullopt);
    HideLeaf(&world, 7, "alice", version);
    const auto verdict = MonitorAsContact(
        world, 14, 6, ContactStateOf(world, "alice", {{5, 2}}));
    EXPECT_THAT(verdict.refusal, HasSubstr("lacks a version of the ladder"));
  }
  // Entries that are not inspected are not the contact's to check.
  World world = AliceWorld(std::nullopt);
  HideLeaf(&world, 6, "alice", 2);
  HideLeaf(&world, 11, "alice", 2);
  EXPECT_EQ(MapAfter(world, 14, 6, {{5, 2}}), MonitoringMap());
}

// The version is there, but with another value.
TEST(ContactMonitorRefusalTest, AnotherCommitment) {
  World world = AliceWorld(std::nullopt);
  std::vector<Leaf> leaves = HonestLeaves(world, 7);
  for (Leaf& leaf : leaves) {
    if (leaf.label == "alice" && leaf.version == 2) {
      leaf.commitment = Sha256("x");
    }
  }
  world.entries[7].instead = leaves;
  const auto verdict =
      MonitorAsContact(world, 14, 6, ContactStateOf(world, "alice", {{5, 2}}));
  EXPECT_THAT(verdict.refusal, HasSubstr("signature"));
}

TEST(ContactMonitorRefusalTest, ARequestOrAStateThatIsNotTheUsers) {
  const World world = AliceWorld(std::nullopt);
  const PublicKeys keys = FakeKeys();
  const ContactState contact = ContactStateOf(world, "alice", {{5, 2}});
  const std::string response = Encode(Answer14(world, 6, {{5, 2}}));
  const auto refusal = [&](const ContactState& held, uint64_t last,
                           const MonitoringMap& map) {
    return VerifyContactMonitor(world.config, keys, StateOf(world, 6), held,
                                MakeContactMonitorRequest(last, "alice", map),
                                response, 15000)
        .refusal;
  };
  EXPECT_EQ(refusal(contact, 6, {{5, 2}}), "");
  EXPECT_THAT(refusal(contact, 7, {{5, 2}}), HasSubstr("another tree size"));
  EXPECT_THAT(refusal(contact, 6, {{5, 1}}), HasSubstr("another map"));
  EXPECT_THAT(refusal(contact, 6, {}), HasSubstr("another map"));
  ContactState other = contact;
  other.label = "bob";
  EXPECT_THAT(refusal(other, 6, {{5, 2}}), HasSubstr("another map"));
  other = contact;
  other.known[1].commitment.reset();
  EXPECT_THAT(refusal(other, 6, {{5, 2}}), HasSubstr("not known"));
  other.known.erase(1);
  EXPECT_THAT(refusal(other, 6, {{5, 2}}), HasSubstr("not known"));
  other = contact;
  other.map = {{14, 2}};
  EXPECT_THAT(refusal(other, 6, {{14, 2}}), HasSubstr("outside of the tree"));
  other = contact;
  other.known[1].commitment = Sha256("x");
  EXPECT_NE(refusal(other, 6, {{5, 2}}), "");
}

// One change each to an honest answer with two ladders, at 7 and 3.
struct Change {
  const char* name;
  std::function<void(CombinedTreeProof*)> apply;
  const char* reason;
};

const std::vector<Change>& Changes() {
  using P = CombinedTreeProof*;
  static const auto* const changes = new std::vector<Change>{
      {"a timestamp missing", [](P p) { p->timestamps.pop_back(); },
       "timestamps missing"},
      {"a timestamp left over", [](P p) { p->timestamps.push_back(10030); },
       "timestamps left over"},
      {"a timestamp below its left neighbour's",
       [](P p) { p->timestamps[0] = 10009; }, "run backwards"},
      {"another timestamp", [](P p) { ++p->timestamps[0]; }, "signature"},
      {"a ladder missing", [](P p) { p->prefix_proofs.pop_back(); },
       "prefix proofs missing"},
      {"a ladder left over",
       [](P p) { p->prefix_proofs.push_back(p->prefix_proofs[0]); },
       "prefix proofs left over"},
      {"the ladders in the other order",
       [](P p) { std::swap(p->prefix_proofs[0], p->prefix_proofs[1]); },
       "results missing"},
      {"a lookup missing", [](P p) { p->prefix_proofs[0].results.pop_back(); },
       "results missing"},
      {"a lookup left over",
       [](P p) {
         auto& results = p->prefix_proofs[1].results;
         results.push_back(results[0]);
       },
       "results left over"},
      {"a lookup that shows no inclusion",
       [](P p) {
         p->prefix_proofs[0].results[2].result_type =
             PrefixSearchResultType::kNonInclusionParent;
       },
       "lacks a version of the ladder"},
      {"another element", [](P p) { p->prefix_proofs[0].elements[0][3] ^= 1; },
       "signature"},
      {"another element in a retained entry",
       [](P p) { p->prefix_proofs[1].elements[0][3] ^= 1; },
       "prefix root differs from the retained one"},
      {"a prefix root missing", [](P p) { p->prefix_roots.pop_back(); },
       "prefix roots missing"},
      {"a prefix root left over",
       [](P p) { p->prefix_roots.push_back(Sha256("")); },
       "prefix roots left over"},
      {"an inclusion element missing",
       [](P p) { p->inclusion.elements.pop_back(); }, "elements missing"},
      {"an inclusion element left over",
       [](P p) { p->inclusion.elements.push_back(Sha256("")); },
       "elements left over"},
  };
  return *changes;
}

TEST(ContactMonitorRefusalTest, EveryKindOfChange) {
  const World world = AliceWorldWithWindow(100000);
  const MonitoringMap map = {{2, 0}, {5, 2}};
  const ContactState contact = ContactStateOf(world, "alice", map);
  const ContactMonitorResponse honest = Answer14(world, 6, map);
  const auto refusal = [&](const ContactMonitorResponse& response) {
    return VerifyContactMonitor(world.config, FakeKeys(), StateOf(world, 6),
                                contact,
                                MakeContactMonitorRequest(6, "alice", map),
                                Encode(response), 15000)
        .refusal;
  };
  ASSERT_EQ(refusal(honest), "");
  for (const Change& change : Changes()) {
    ContactMonitorResponse changed = honest;
    change.apply(&changed.monitor);
    EXPECT_THAT(refusal(changed), HasSubstr(change.reason)) << change.name;
  }
}

TEST(ContactMonitorRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = AliceWorldWithWindow(100000);
  const MonitoringMap map = {{2, 0}, {5, 2}, {9, 3}};
  const ContactState contact = ContactStateOf(world, "alice", map);
  const PublicKeys keys = FakeKeys();
  for (std::optional<uint64_t> last :
       std::vector<std::optional<uint64_t>>{std::nullopt, 10, 14}) {
    const auto state = Seen(world, last);
    const std::string request = MakeContactMonitorRequest(last, "alice", map);
    const std::string response = MakeContactMonitorResponse(
        world, 14, {last, "alice", EntriesOf(map)}, last == 14u);
    const auto refusal = [&](const std::string& bytes) {
      return VerifyContactMonitor(world.config, keys, state, contact, request,
                                  bytes, 15000)
          .refusal;
    };
    SCOPED_TRACE(last.value_or(0));
    ExpectEveryByteMatters(response, refusal);
  }
}

TEST(ContactMonitorTest, HoldsForTheOtherCipherSuite) {
  World world = FakeWorld(FakeConfiguration(kSuiteEd25519));
  for (uint32_t i = 0; i < 6; ++i) AddEntry(&world, 10000 + i, {{"alice", i}});
  const auto verdict =
      MonitorAsContact(world, 6, 3, ContactStateOf(world, "alice", {{2, 2}}));
  EXPECT_EQ(verdict.refusal, "");
}

}  // namespace
}  // namespace sealbook::reference
