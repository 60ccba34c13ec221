// What a log could try with those who monitor a label: answers whose proofs
// come from its true trees, but do not show what they should. Under each cipher
// suite, with real keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/cipher_suite.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/lies.h"
#include "keytrans/testing/lying_log.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/testing/test_owner.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Entry = MonitorMapEntry;

constexpr char kAlice[] = "alice@example.org";
constexpr uint64_t kMinute = 60'000;

class MonitorLiesTest : public LyingLogTest {};

INSTANTIATE_TEST_SUITE_P(Suites, MonitorLiesTest,
                         ::testing::Values(crypto::CipherSuite::kP256,
                                           crypto::CipherSuite::kEd25519),
                         [](const auto& info) {
                           return std::string(
                               crypto::CipherSuiteName(info.param));
                         });

// --- Contacts ---

TEST_P(MonitorLiesTest, ContactsBelieveTheTruth) {
  AppendUntil(12);
  Append({{kAlice, "zero"}});
  TestContact contact(log_, kAlice);
  ASSERT_EQ(contact.Search(), absl::OkStatus());
  ASSERT_THAT(contact.entries(), ElementsAre(Entry{12, 0}));
  AppendUntil(17);
  EXPECT_EQ(Monitor(contact), absl::OkStatus());
}

TEST_P(MonitorLiesTest, RefusesAVersionDroppedInOneEntry) {
  AppendUntil(12);
  Append({{kAlice, "zero"}});
  TestContact contact(log_, kAlice);
  ASSERT_EQ(contact.Search(), absl::OkStatus());
  log_.AppendLapse(Next());
  AppendUntil(17);
  ExpectRefused(Monitor(contact), RefusalReason::kLadder,
                "log entry 13 lacks version 0, which an entry to its left "
                "contains");
}

TEST_P(MonitorLiesTest, RefusesADowngrade) {
  Append({{kAlice, "zero"}});
  AppendUntil(12);
  AppendPassing("one");
  TestContact contact(log_, kAlice);
  ASSERT_EQ(contact.Search(), absl::OkStatus());
  ASSERT_THAT(contact.entries(), ElementsAre(Entry{12, 1}));
  AppendUntil(17);
  ExpectRefused(Monitor(contact), RefusalReason::kLadder,
                "log entry 13 lacks version 1");
}

// The owner looks at distinguished entries alone; whoever was shown the version
// in between notices that it is gone.
TEST_P(MonitorLiesTest, ContactsNoticeWhatAnOwnerIsNotShown) {
  TestOwner owner = OwnerOfVersionZero();
  AppendPassing("not mine");
  TestContact contact(log_, kAlice);
  ASSERT_EQ(contact.Search(), absl::OkStatus());
  ASSERT_THAT(contact.entries(), ElementsAre(Entry{13, 1}));
  AppendUntil(17);
  EXPECT_EQ(Monitor(owner), absl::OkStatus());
  ExpectRefused(Monitor(contact), RefusalReason::kLadder,
                "log entry 15 lacks version 1");
}

// --- Owners who begin ---

TEST_P(MonitorLiesTest, OwnersBelieveTheTruthAboutTheirStart) {
  MakeLogWithThreeVersions();
  EXPECT_EQ(Init(11, {2, 1}), absl::OkStatus());
}

TEST_P(MonitorLiesTest, RefusesOtherGreatestVersionsAtTheStart) {
  MakeLogWithThreeVersions();
  ExpectRefused(Init(11, {1, 1}), RefusalReason::kLadder,
                "log entry 11 includes version 2, which is greater than the "
                "claimed greatest");
  ExpectRefused(Init(11, {3, 1},
                     [](OwnerInitResponse& response) {
                       // 0, 1, 2, 3, ...
                       response.binary_ladder[3].commitment =
                           crypto::Commitment();
                     }),
                RefusalReason::kLadder,
                "log entry 11 has a smaller version where version 3 is "
                "expected");
  ExpectRefused(Init(11, {}), RefusalReason::kLadder,
                "log entry 11 includes version 0");
}

TEST_P(MonitorLiesTest, RefusesOtherGreatestVersionsLeftOfTheStart) {
  MakeLogWithThreeVersions();
  ExpectRefused(Init(11, {2, 0}), RefusalReason::kLadder,
                "log entry 7 has a greater version where version 0 is "
                "expected");
  ExpectRefused(Init(11, {2, 2}), RefusalReason::kLadder,
                "log entry 7 has a smaller version where version 2 is "
                "expected");
  ExpectRefused(Init(11, {2}), RefusalReason::kLadder,
                "log entry 7 has a greater version where no version is "
                "expected");
}

TEST_P(MonitorLiesTest, RefusesGreatestVersionsThatGrowToTheLeft) {
  MakeLogWithThreeVersions();
  ExpectRefused(Init(11, {1, 2}), RefusalReason::kLadder,
                "greatest_versions grow to the left: 2 after 1");
}

TEST_P(MonitorLiesTest, RefusesMoreGreatestVersionsThanEntries) {
  MakeLogWithThreeVersions();
  ExpectRefused(Init(11, {2, 1, 0}), RefusalReason::kElementCount,
                "greatest_versions has 3 elements, at most 2 are expected");
}

TEST_P(MonitorLiesTest, RefusesAStartThatIsNone) {
  MakeLogWithThreeVersions();
  ExpectRefused(Init(12, {2, 2, 1}), RefusalReason::kLadder,
                "log entry 12 is not distinguished");
  ExpectRefused(Init(13, {2}), RefusalReason::kTreeSize,
                "log entry 13 is not in the tree of size 13");
}

TEST_P(MonitorLiesTest, RefusesAStartThatIsExpired) {
  log_.SetMaximumLifetime(8 * kMinute);
  MakeLogWithThreeVersions();
  EXPECT_EQ(Init(7, {1}), absl::OkStatus());
  // Entry 3 is, and entries left of it are not asked for.
  ExpectRefused(Init(3, {0}), RefusalReason::kExpired,
                "log entry 3 is expired");
}

TEST_P(MonitorLiesTest, RefusesCommitmentsThatOwnersDoNotExpect) {
  MakeLogWithThreeVersions();
  // The ladder of 2 is 0, 1, 3, 2; that of 1 has nothing else.
  ExpectRefused(Init(11, {2, 1},
                     [](OwnerInitResponse& response) {
                       response.binary_ladder[2].commitment.reset();
                     }),
                RefusalReason::kLadder,
                "binary_ladder lacks the commitment for version 2");
  ExpectRefused(Init(11, {2, 1},
                     [](OwnerInitResponse& response) {
                       response.binary_ladder[3].commitment =
                           response.binary_ladder[2].commitment;
                     }),
                RefusalReason::kLadder,
                "binary_ladder has a commitment for version 3");
  // One that is not named, but looked up.
  ExpectRefused(Init(11, {2, 1},
                     [](OwnerInitResponse& response) {
                       response.binary_ladder[0].commitment.reset();
                     }),
                RefusalReason::kLadder, "log entry 11 includes version 0");
}

TEST_P(MonitorLiesTest, OwnersMissNoCommitmentThatNobodyNeeds) {
  AppendUntil(2);
  std::vector<TestLog::NewVersion> versions(9, {kAlice, "value"});
  Append(versions);  // 0 to 8.
  AppendUntil(8);
  Append({{kAlice, "9"}, {kAlice, "10"}, {kAlice, "11"}});
  AppendUntil(13);
  // The ladder of 8 has 9, which that of 11 has not.
  ASSERT_EQ(Init(11, {11, 8}), absl::OkStatus());
  const OwnerInitRequest request{std::nullopt, kAlice, 11};
  OwnerInitResponse response = LieAboutGreatestVersions(log_, request, {11, 8});
  // 0, 1, 3, 7, 8, 9, ...
  ASSERT_TRUE(response.binary_ladder[5].commitment.has_value());
  response.binary_ladder[5].commitment.reset();
  const auto verified = log_.verifier().VerifyOwnerInit(
      request, std::nullopt, *response.Encode(), now());
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_FALSE(verified->owner.keys.contains(9));
}

TEST_P(MonitorLiesTest, RefusesOtherProofsOfAnOwnersLadder) {
  MakeLogWithThreeVersions();
  ExpectRefused(Init(11, {2, 1},
                     [](OwnerInitResponse& response) {
                       response.binary_ladder.pop_back();
                     }),
                RefusalReason::kElementCount,
                "binary_ladder has 3 elements, expected 4");
  ExpectRefused(Init(11, {2, 1},
                     [](OwnerInitResponse& response) {
                       response.binary_ladder[0].proof =
                           response.binary_ladder[1].proof;
                     }),
                RefusalReason::kVrfProof, "version 0");
}

// --- Owners who monitor ---

TEST_P(MonitorLiesTest, OwnersBelieveTheTruth) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  ASSERT_EQ(owner.Update(), absl::OkStatus());
  ASSERT_THAT(owner.state().entries, ElementsAre(Entry{13, 1}));
  AppendUntil(17);
  const auto monitored = Monitor(owner.state(), *owner.view());
  ASSERT_TRUE(monitored.ok()) << monitored.status();
  EXPECT_EQ(monitored->owner.start, 15u);
  EXPECT_THAT(monitored->owner.entries, IsEmpty());
  EXPECT_TRUE(monitored->complete);
}

TEST_P(MonitorLiesTest, RefusesAnOwnersVersionDroppedInOneEntry) {
  TestOwner owner = OwnerOfVersionZero();
  AppendUntil(16);
  Append({{kAlice, "one"}});
  ASSERT_EQ(owner.Update(), absl::OkStatus());
  ASSERT_THAT(owner.state().entries, ElementsAre(Entry{16, 1}));
  log_.AppendLapse(Next());
  AppendUntil(21);
  ExpectRefused(Monitor(owner), RefusalReason::kLadder,
                "log entry 17 lacks version 0");
}

TEST_P(MonitorLiesTest, RefusesAnOwnersDowngrade) {
  MakeLogWithThreeVersions();
  TestOwner owner(log_, kAlice);
  ASSERT_EQ(owner.Init(11), absl::OkStatus());
  AppendUntil(15);
  log_.AppendLapse(Next());
  AppendUntil(17);
  ExpectRefused(Monitor(owner), RefusalReason::kLadder,
                "log entry 15 has a smaller version where version 2 is "
                "expected");
}

// Below the root of the search tree, on its left.
TEST_P(MonitorLiesTest, RefusesADowngradeInTheMiddle) {
  AppendUntil(2);
  Append({{kAlice, "zero"}});
  AppendUntil(9);
  TestOwner owner(log_, kAlice);
  ASSERT_EQ(owner.Init(7), absl::OkStatus());
  AppendUntil(11);
  log_.AppendLapse(Next());
  AppendUntil(17);
  ExpectRefused(Monitor(owner), RefusalReason::kLadder,
                "log entry 11 has a smaller version where version 0 is "
                "expected");
}

TEST_P(MonitorLiesTest, RefusesAVersionThatTheOwnerIsNotToldOf) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "not mine"}});
  AppendUntil(17);
  ExpectRefused(Monitor(owner), RefusalReason::kLadder,
                "log entry 15 includes version 1, which is greater than the "
                "claimed greatest");
}

// Told of it where it came in later, the owner expects less at the entry in
// between.
TEST_P(MonitorLiesTest, RefusesAVersionBeforeItIsSaidToHaveComeIn) {
  TestOwner owner = OwnerOfVersionZero();
  AppendUntil(15);
  AppendPassing("one");
  log_.AppendAgain(Next(), kAlice, 1);
  AppendUntil(21);
  // Entry 15 is distinguished: the update leaves it to the monitoring.
  const auto updated = Update(owner, 16, 1);
  ASSERT_TRUE(updated.ok()) << updated.status();
  ExpectRefused(Monitor(updated->owner, updated->view).status(),
                RefusalReason::kLadder,
                "log entry 15 has a greater version where version 0 is "
                "expected");
}

}  // namespace
}  // namespace sealbook::keytrans
