// What a log could try with those who monitor a label, and with its owner:
// answers whose proofs come from its true trees, but do not show what they
// should. Under each cipher suite, with real keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/cipher_suite.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/lies.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/testing/test_owner.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Entry = MonitorMapEntry;

constexpr char kAlice[] = "alice@example.org";
constexpr uint64_t kStart = 1'700'000'000'000;
constexpr uint64_t kMinute = 60'000;

// Entries a minute apart. With a window of five minutes, 0, 1, 3, 7, 11 and 15
// are distinguished, as soon as there is an entry to their right that is young
// enough.
class MonitorLiesTest : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  MonitorLiesTest() : log_(5 * kMinute, TestKeys::kReal, GetParam()) {}

  uint64_t Next() const { return kStart + log_.size() * kMinute; }
  void Append(const std::vector<TestLog::NewVersion>& versions) {
    log_.Append(Next(), versions);
  }
  void AppendUntil(uint64_t size) {
    while (log_.size() < size) Append({});
  }
  // Shown by this entry alone.
  void AppendPassing(const std::string& value) {
    Append({{.label = kAlice, .value = value, .passing = true}});
  }
  // Versions 0, 1 and 2 come in at 2, 5 and 9; there are 13 entries.
  void MakeLogWithThreeVersions() {
    AppendUntil(2);
    Append({{kAlice, "zero"}});
    AppendUntil(5);
    Append({{kAlice, "one"}});
    AppendUntil(9);
    Append({{kAlice, "two"}});
    AppendUntil(13);
  }

  uint64_t now() const { return log_.entries().back().timestamp; }

  absl::Status Monitor(const TestContact& contact) {
    const ContactMonitorRequest request{contact.view()->size(), kAlice,
                                        contact.entries()};
    return log_.verifier()
        .VerifyContactMonitor(request, contact.view(), contact.keys(),
                              *LieToContact(log_, request).Encode(), now())
        .status();
  }

  absl::Status Init(
      uint64_t start, const std::vector<uint32_t>& greatest,
      const std::function<void(OwnerInitResponse&)>& change =
          [](OwnerInitResponse&) {}) {
    const OwnerInitRequest request{std::nullopt, kAlice, start};
    OwnerInitResponse response =
        LieAboutGreatestVersions(log_, request, greatest);
    change(response);
    return log_.verifier()
        .VerifyOwnerInit(request, std::nullopt, *response.Encode(), now())
        .status();
  }

  absl::StatusOr<VerifiedOwner> Monitor(const OwnerState& owner,
                                        const TreeView& view) {
    const OwnerMonitorRequest request{view.size(), kAlice, owner.entries,
                                      owner.start, owner.Greatest()};
    return log_.verifier().VerifyOwnerMonitor(
        request, view, owner, *LieToOwner(log_, request, owner).Encode(),
        now());
  }
  absl::Status Monitor(const TestOwner& owner) {
    return Monitor(owner.state(), *owner.view()).status();
  }

  absl::StatusOr<VerifiedUpdate> Update(
      const TestOwner& owner, uint64_t position, uint32_t greatest,
      const std::function<void(UpdateResponse&)>& change =
          [](UpdateResponse&) {},
      std::vector<LabelValue> values = {}) {
    const UpdateRequest request{owner.view()->size(), kAlice,
                                owner.state().Greatest(), std::move(values)};
    UpdateResponse response =
        LieAboutUpdate(log_, request, owner.state(), position, greatest);
    change(response);
    return log_.verifier().VerifyUpdate(request, owner.view(), owner.state(),
                                        *response.Encode(), now());
  }

  // At entry 11, in a log of 13 entries, with version 0 from entry 2.
  TestOwner OwnerOfVersionZero() {
    AppendUntil(2);
    Append({{kAlice, "zero"}});
    AppendUntil(13);
    TestOwner owner(log_, kAlice);
    EXPECT_EQ(owner.Init(11), absl::OkStatus());
    return owner;
  }

  void ExpectRefused(const absl::Status& status, RefusalReason reason,
                     const std::string& words) {
    EXPECT_EQ(RefusalOf(status), reason) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  // That a proof does not fit the value's commitment. Where another lookup of
  // the entry, which depends on the keys, ends at the version's leaf, no tree
  // has both.
  void ExpectNotCommitted(const absl::Status& status, RefusalReason reason,
                          const std::string& words) {
    if (RefusalOf(status) == RefusalReason::kPrefixProof) {
      EXPECT_THAT(std::string(status.message()), HasSubstr("contradict"));
      return;
    }
    ExpectRefused(status, reason, words);
  }

  TestLog log_;
};

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

// --- Owners who are told of new versions ---

TEST_P(MonitorLiesTest, OwnersBelieveTheTruthAboutNewVersions) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  Append({{kAlice, "two"}, {kAlice, "three"}});
  AppendUntil(17);
  const auto updated = Update(owner, 13, 1);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->versions[0].value, "one");
  // As its own.
  EXPECT_EQ(Update(owner, 13, 1, [](UpdateResponse&) {}, {{"one"}}).status(),
            absl::OkStatus());
}

TEST_P(MonitorLiesTest, RefusesAnotherEntryThanTheTrueOne) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  AppendUntil(17);
  ExpectRefused(Update(owner, 12, 1).status(), RefusalReason::kLadder,
                "log entry 12 has a smaller version where version 1 was "
                "added");
  ExpectRefused(Update(owner, 14, 1).status(), RefusalReason::kLadder,
                "log entry 13 has a greater version where version 0 was the "
                "greatest");
  ExpectRefused(Update(owner, 11, 1).status(), RefusalReason::kLadder,
                "new versions are said to be in log entry 11, not to the right "
                "of entry 11");
  ExpectRefused(Update(owner, 13, 1,
                       [](UpdateResponse& response) { response.position = 17; })
                    .status(),
                RefusalReason::kTreeSize,
                "log entry 17 is not in the tree of size 17");
}

// Without a version before, version 0 has to be absent.
TEST_P(MonitorLiesTest, RefusesAFirstVersionThatWasThereBefore) {
  AppendUntil(13);
  TestOwner owner(log_, kAlice);
  ASSERT_EQ(owner.Init(11), absl::OkStatus());
  Append({{kAlice, "zero"}});
  AppendUntil(17);
  EXPECT_EQ(Update(owner, 13, 0).status(), absl::OkStatus());
  ExpectRefused(Update(owner, 14, 0).status(), RefusalReason::kLadder,
                "log entry 13 has a greater version where there was none");
}

// A made-up value was shown between distinguished entries; the owner is told
// of the version where it came in to stay.
TEST_P(MonitorLiesTest, RefusesAVersionThatWasShownBefore) {
  TestOwner owner = OwnerOfVersionZero();
  AppendPassing("one");
  AppendUntil(14);
  log_.AppendAgain(Next(), kAlice, 1);
  AppendUntil(17);
  ExpectRefused(Update(owner, 14, 1).status(), RefusalReason::kLadder,
                "log entry 13 has a greater version where version 0 was the "
                "greatest");
}

// A gap right of the entry that added the version before.
TEST_P(MonitorLiesTest, RefusesAnUpdateAfterAVersionWasDropped) {
  TestOwner owner = OwnerOfVersionZero();
  log_.AppendLapse(Next());
  Append({{kAlice, "one"}});
  AppendUntil(17);
  ExpectRefused(Update(owner, 14, 1).status(), RefusalReason::kLadder,
                "log entry 13 has a smaller version where version 0 was the "
                "greatest");
}

TEST_P(MonitorLiesTest, RefusesAnUpdateThatLeavesTheLastVersionOut) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}, {kAlice, "two"}});
  AppendUntil(17);
  ExpectRefused(Update(owner, 13, 1).status(), RefusalReason::kLadder,
                "log entry 13 includes version 2, which is greater than the "
                "claimed greatest");
}

TEST_P(MonitorLiesTest, RefusesAnUpdateWithAVersionTooMany) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  AppendUntil(17);
  ExpectRefused(Update(owner, 13, 2).status(), RefusalReason::kLadder,
                "log entry 13 has a smaller version where version 2 was "
                "added");
}

// The ladder of 8 is 0, 1, 3, 7, 15, 11, 9, 8.
TEST_P(MonitorLiesTest, RefusesAnUpdateWithoutAVersionInBetween) {
  TestOwner owner = OwnerOfVersionZero();
  std::vector<TestLog::NewVersion> versions(8, {kAlice, "value"});
  versions[4].skipped = true;  // 5
  versions[5].skipped = true;  // 6
  Append(versions);
  AppendUntil(17);
  ExpectRefused(Update(owner, 13, 8).status(), RefusalReason::kLadder,
                "log entry 13 lacks version 5, which it is said to have "
                "added");
}

TEST_P(MonitorLiesTest, RefusesTheSameInADistinguishedEntry) {
  TestOwner owner = OwnerOfVersionZero();
  AppendUntil(15);
  std::vector<TestLog::NewVersion> versions(8, {kAlice, "value"});
  versions[4].skipped = true;
  Append(versions);
  AppendUntil(17);
  ExpectRefused(Update(owner, 15, 8).status(), RefusalReason::kLadder,
                "log entry 15 lacks version 5");
}

TEST_P(MonitorLiesTest, RefusesAValueThatIsNotTheCommittedOne) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  AppendUntil(17);
  ExpectNotCommitted(
      Update(owner, 13, 1,
             [](UpdateResponse& response) { response.values[0].value = "won"; })
          .status(),
      RefusalReason::kSignature, "the log's signature does not fit the root");
  ExpectNotCommitted(Update(owner, 13, 1,
                            [](UpdateResponse& response) {
                              response.info[0].opening = crypto::Opening();
                            })
                         .status(),
                     RefusalReason::kSignature,
                     "the log's signature does not fit the root");
  // What the owner asked for, and what was added, differ.
  ExpectNotCommitted(
      Update(owner, 13, 1, [](UpdateResponse&) {}, {{"mine"}}).status(),
      RefusalReason::kSignature, "the log's signature does not fit the root");
}

TEST_P(MonitorLiesTest, RefusesOneOfManyValuesThatIsNotTheCommittedOne) {
  TestOwner owner = OwnerOfVersionZero();
  Append(std::vector<TestLog::NewVersion>(8, {kAlice, "value"}));
  AppendUntil(17);
  // Version 5 is in the second proof of the entry, which leads elsewhere.
  ExpectNotCommitted(Update(owner, 13, 8,
                            [](UpdateResponse& response) {
                              response.values[4].value = "other";
                            })
                         .status(),
                     RefusalReason::kRootMismatch,
                     "log entry 13: two proofs give different prefix roots");
}

// A single new version in a distinguished entry is not looked up there by the
// update; but by the monitoring that follows.
TEST_P(MonitorLiesTest, MonitoringFindsAValueThatIsNotTheCommittedOne) {
  TestOwner owner = OwnerOfVersionZero();
  AppendUntil(15);
  Append({{kAlice, "one"}});
  AppendUntil(17);
  const auto updated = Update(owner, 15, 1, [](UpdateResponse& response) {
    response.values[0].value = "won";
  });
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_THAT(updated->owner.entries, IsEmpty());
  ExpectNotCommitted(
      Monitor(updated->owner, updated->view).status(),
      RefusalReason::kRootMismatch,
      "log entry 15: the proof gives another prefix root than the "
      "one retained");
}

TEST_P(MonitorLiesTest, RefusesAnotherNumberOfOpeningsThanOfValues) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  AppendUntil(17);
  ExpectRefused(
      Update(owner, 13, 1,
             [](UpdateResponse& response) { response.info.push_back({}); })
          .status(),
      RefusalReason::kElementCount,
      "info has 2 elements, there are 1 new values");
  ExpectRefused(Update(owner, 13, 1,
                       [](UpdateResponse& response) {
                         response.info.clear();
                         response.values.clear();
                       })
                    .status(),
                RefusalReason::kElementCount,
                "info has 0 elements, there are 0 new values");
  // As many as nobody asked for.
  ExpectRefused(
      Update(owner, 13, 1,
             [](UpdateResponse& response) { response.values.clear(); })
          .status(),
      RefusalReason::kElementCount,
      "info has 1 elements, there are 0 new values");
}

TEST_P(MonitorLiesTest, RefusesOtherProofsOfNewVersions) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  AppendUntil(17);
  // The ladder of 1 is 0, 1, 3, 2, of which the owner has 0 and 1.
  ExpectRefused(Update(owner, 13, 1,
                       [](UpdateResponse& response) {
                         response.binary_ladder[0].commitment =
                             crypto::Commitment();
                       })
                    .status(),
                RefusalReason::kLadder,
                "binary_ladder has a commitment for version 2, which is new");
  ExpectRefused(
      Update(
          owner, 13, 1,
          [](UpdateResponse& response) { response.binary_ladder.pop_back(); })
          .status(),
      RefusalReason::kElementCount, "binary_ladder has 1 elements, expected 2");
  ExpectRefused(Update(owner, 13, 1,
                       [](UpdateResponse& response) {
                         response.binary_ladder[1].proof =
                             response.binary_ladder[0].proof;
                       })
                    .status(),
                RefusalReason::kVrfProof, "version 3");
}

TEST_P(MonitorLiesTest, RefusesVersionsPastTheLastNumber) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  AppendUntil(17);
  OwnerState last = owner.state();
  last.at_start = std::numeric_limits<uint32_t>::max();
  const UpdateRequest request{owner.view()->size(), kAlice, last.at_start, {}};
  const UpdateResponse response =
      LieAboutUpdate(log_, {request.last, kAlice, 0, {}}, owner.state(), 13, 1);
  ExpectRefused(
      log_.verifier()
          .VerifyUpdate(request, owner.view(), last, *response.Encode(), now())
          .status(),
      RefusalReason::kElementCount,
      "there are more new versions than version numbers left");
}

// --- What no log is to be blamed for ---

void ExpectOwnMistake(const absl::Status& status, const std::string& words) {
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_EQ(RefusalOf(status), std::nullopt);
  EXPECT_THAT(std::string(status.message()), HasSubstr(words));
}

TEST_P(MonitorLiesTest, ContactsHoldWhatTheyAskWith) {
  AppendUntil(12);
  Append({{kAlice, "zero"}});
  TestContact contact(log_, kAlice);
  ASSERT_EQ(contact.Search(), absl::OkStatus());
  AppendUntil(17);
  const ContactMonitorRequest good{13, kAlice, {{12, 0}}};
  const std::string bytes = *LieToContact(log_, good).Encode();
  std::optional<TreeView> view = contact.view();
  LadderKeys keys = contact.keys();
  auto verify = [&](const ContactMonitorRequest& request) {
    return log_.verifier()
        .VerifyContactMonitor(request, view, keys, bytes, now())
        .status();
  };
  EXPECT_EQ(verify(good), absl::OkStatus());
  ExpectOwnMistake(verify({13, kAlice, {{13, 0}}}),
                   "log entry 13 is to be monitored, but the retained tree has "
                   "13 entries");
  ExpectOwnMistake(verify({13, kAlice, {{12, 0}, {12, 1}}}), "do not ascend");
  ExpectOwnMistake(verify({13, kAlice, {{11, 0}, {12, 0}}}), "do not ascend");
  ExpectOwnMistake(verify({13, kAlice, {{11, 1}, {12, 0}}}), "do not ascend");
  ExpectOwnMistake(verify({13, std::string(256, 'a'), {{12, 0}}}), "label");
  ExpectOwnMistake(verify({12, kAlice, {{12, 0}}}), "retained");
  ExpectOwnMistake(verify({13, kAlice, {{12, 1}}}),
                   "no key and commitment of version 1 are retained, which "
                   "monitoring version 1 needs");
  keys.at(0).commitment.reset();
  ExpectOwnMistake(verify(good), "no key and commitment of version 0");
  keys = contact.keys();
  view.reset();
  ExpectOwnMistake(verify({std::nullopt, kAlice, {{12, 0}}}),
                   "no tree is retained");
}

TEST_P(MonitorLiesTest, OwnersHoldWhatTheyAskWith) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  ASSERT_EQ(owner.Update(), absl::OkStatus());
  AppendUntil(17);
  OwnerState state = owner.state();
  const OwnerMonitorRequest good{14, kAlice, {{13, 1}}, 11, 1};
  const std::string bytes = *LieToOwner(log_, good, state).Encode();
  std::optional<TreeView> view = owner.view();
  auto verify = [&](const OwnerMonitorRequest& request) {
    return log_.verifier()
        .VerifyOwnerMonitor(request, view, state, bytes, now())
        .status();
  };
  EXPECT_EQ(verify(good), absl::OkStatus());
  const std::string other = "the request does not advertise the owner's state";
  ExpectOwnMistake(verify({14, "bob@example.org", {{13, 1}}, 11, 1}), other);
  ExpectOwnMistake(verify({14, kAlice, {{13, 1}}, 11, 0}), other);
  ExpectOwnMistake(verify({14, kAlice, {{13, 1}}, 7, 1}), other);
  ExpectOwnMistake(verify({14, kAlice, {}, 11, 1}), other);
  ExpectOwnMistake(verify({14, std::string(256, 'a'), {{13, 1}}, 11, 1}),
                   "label");
  ExpectOwnMistake(verify({13, kAlice, {{13, 1}}, 11, 1}), "retained");
  state.entries = {{14, 1}};
  ExpectOwnMistake(verify({14, kAlice, {{14, 1}}, 11, 1}),
                   "log entry 14 is to be monitored");
  state = owner.state();
  state.keys.erase(1);
  ExpectOwnMistake(verify(good), "no key and commitment of version 1");
  state = owner.state();
  state.start = 14;
  ExpectOwnMistake(verify({14, kAlice, {{13, 1}}, 14, 1}), other);
  state = owner.state();
  view.reset();
  ExpectOwnMistake(verify({std::nullopt, kAlice, {{13, 1}}, 11, 1}), other);
}

TEST_P(MonitorLiesTest, OwnersAskForUpdatesWithWhatTheyHold) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  AppendUntil(17);
  OwnerState state = owner.state();
  const UpdateRequest good{13, kAlice, 0, {}};
  const std::string bytes = *LieAboutUpdate(log_, good, state, 13, 1).Encode();
  auto verify = [&](const UpdateRequest& request) {
    return log_.verifier()
        .VerifyUpdate(request, owner.view(), state, bytes, now())
        .status();
  };
  EXPECT_EQ(verify(good), absl::OkStatus());
  const std::string other = "the request does not advertise the owner's state";
  ExpectOwnMistake(verify({13, kAlice, 1, {}}), other);
  ExpectOwnMistake(verify({13, std::string(256, 'a'), 0, {}}), "label");
  ExpectOwnMistake(verify({12, kAlice, 0, {}}), "retained");
  state.keys.erase(1);
  ExpectOwnMistake(verify(good),
                   "the owner's state lacks the key of version 1");
}

TEST_P(MonitorLiesTest, OwnersBeginWithWhatTheyHold) {
  MakeLogWithThreeVersions();
  const OwnerInitRequest good{std::nullopt, kAlice, 11};
  const std::string bytes =
      *LieAboutGreatestVersions(log_, good, {2, 1}).Encode();
  auto verify = [&](const OwnerInitRequest& request) {
    return log_.verifier()
        .VerifyOwnerInit(request, std::nullopt, bytes, now())
        .status();
  };
  EXPECT_EQ(verify(good), absl::OkStatus());
  ExpectOwnMistake(verify({13, kAlice, 11}), "retained");
  ExpectOwnMistake(verify({std::nullopt, std::string(256, 'a'), 11}), "label");
}

}  // namespace
}  // namespace sealbook::keytrans
