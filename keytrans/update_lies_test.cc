// What a log could tell an owner about new versions that is not so. Under each
// cipher suite, with real keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
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

using ::testing::IsEmpty;

constexpr char kAlice[] = "alice@example.org";

class UpdateLiesTest : public LyingLogTest {};

INSTANTIATE_TEST_SUITE_P(Suites, UpdateLiesTest,
                         ::testing::Values(crypto::CipherSuite::kP256,
                                           crypto::CipherSuite::kEd25519),
                         [](const auto& info) {
                           return std::string(
                               crypto::CipherSuiteName(info.param));
                         });

TEST_P(UpdateLiesTest, OwnersBelieveTheTruthAboutNewVersions) {
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

TEST_P(UpdateLiesTest, RefusesAnotherEntryThanTheTrueOne) {
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
TEST_P(UpdateLiesTest, RefusesAFirstVersionThatWasThereBefore) {
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
TEST_P(UpdateLiesTest, RefusesAVersionThatWasShownBefore) {
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
TEST_P(UpdateLiesTest, RefusesAnUpdateAfterAVersionWasDropped) {
  TestOwner owner = OwnerOfVersionZero();
  log_.AppendLapse(Next());
  Append({{kAlice, "one"}});
  AppendUntil(17);
  ExpectRefused(Update(owner, 14, 1).status(), RefusalReason::kLadder,
                "log entry 13 has a smaller version where version 0 was the "
                "greatest");
}

TEST_P(UpdateLiesTest, RefusesAnUpdateThatLeavesTheLastVersionOut) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}, {kAlice, "two"}});
  AppendUntil(17);
  ExpectRefused(Update(owner, 13, 1).status(), RefusalReason::kLadder,
                "log entry 13 includes version 2, which is greater than the "
                "claimed greatest");
}

TEST_P(UpdateLiesTest, RefusesAnUpdateWithAVersionTooMany) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  AppendUntil(17);
  ExpectRefused(Update(owner, 13, 2).status(), RefusalReason::kLadder,
                "log entry 13 has a smaller version where version 2 was "
                "added");
}

// The ladder of 8 is 0, 1, 3, 7, 15, 11, 9, 8.
TEST_P(UpdateLiesTest, RefusesAnUpdateWithoutAVersionInBetween) {
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

TEST_P(UpdateLiesTest, RefusesTheSameInADistinguishedEntry) {
  TestOwner owner = OwnerOfVersionZero();
  AppendUntil(15);
  std::vector<TestLog::NewVersion> versions(8, {kAlice, "value"});
  versions[4].skipped = true;
  Append(versions);
  AppendUntil(17);
  ExpectRefused(Update(owner, 15, 8).status(), RefusalReason::kLadder,
                "log entry 15 lacks version 5");
}

TEST_P(UpdateLiesTest, RefusesAValueThatIsNotTheCommittedOne) {
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

TEST_P(UpdateLiesTest, RefusesOneOfManyValuesThatIsNotTheCommittedOne) {
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
TEST_P(UpdateLiesTest, MonitoringFindsAValueThatIsNotTheCommittedOne) {
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

TEST_P(UpdateLiesTest, RefusesAnotherNumberOfOpeningsThanOfValues) {
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

TEST_P(UpdateLiesTest, RefusesOtherProofsOfNewVersions) {
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

TEST_P(UpdateLiesTest, RefusesVersionsPastTheLastNumber) {
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

}  // namespace
}  // namespace sealbook::keytrans
