// What a log with keys of its own could try: answers whose proofs come from its
// true trees, but do not show what is claimed. Under each cipher suite, with
// real keys.
#include "keytrans/testing/lies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "crypto/cipher_suite.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

constexpr char kAlice[] = "alice@example.org";
constexpr uint64_t kStart = 1'700'000'000'000;
constexpr uint64_t kMinute = 60'000;
constexpr uint64_t kSize = 14;

// 14 entries, a minute apart; alice's version v was added by kAdded[v]. With a
// window of eight minutes, the root, 7, is the rightmost distinguished entry;
// so are those on the left edge: 3, 1 and 0. The greatest versions: 2 at 7, 0
// at 3, 4 at 11, 3 at 9, 5 at 13.
constexpr uint64_t kAdded[] = {2, 5, 5, 9, 11, 12};

class LiesTest : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  LiesTest() : log_(8 * kMinute, TestKeys::kReal, GetParam()) {}

  // Without the leaf of version `skipped`, if one is named.
  void Fill(std::optional<uint32_t> skipped = std::nullopt) {
    for (uint64_t i = 0; i < kSize; ++i) {
      std::vector<TestLog::NewVersion> added;
      for (uint32_t v = 0; v < std::size(kAdded); ++v) {
        if (kAdded[v] == i) added.push_back({kAlice, "value", v == skipped});
      }
      log_.Append(kStart + i * kMinute, added);
    }
  }

  // With a lifetime of nine minutes, entries 0 to 4 are expired.
  void FillWithLifetime() {
    log_.SetMaximumLifetime(9 * kMinute);
    Fill();
  }

  uint64_t now() const { return log_.entries().back().timestamp; }

  void ExpectRefused(const absl::Status& status, RefusalReason reason,
                     const std::string& words) {
    EXPECT_EQ(RefusalOf(status), reason) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  absl::Status FindVersion(uint32_t version) {
    const SearchRequest request{std::nullopt, kAlice, version};
    return log_.verifier()
        .VerifySearch(request, std::nullopt,
                      *LieAboutVersion(log_, request, version).Encode(), now())
        .status();
  }

  absl::Status ReadHistory(
      uint32_t newest, const std::vector<std::optional<uint64_t>>& positions,
      std::optional<uint64_t> newer = std::nullopt) {
    const HistoryRequest request{std::nullopt, kAlice, newest};
    return log_.verifier()
        .VerifyHistory(
            request, std::nullopt,
            *LieAboutHistory(log_, request, newest, positions).Encode(), now(),
            newer)
        .status();
  }

  // At the time of entry `asked`.
  absl::Status ReadState(uint64_t asked, std::optional<uint64_t> position,
                         std::optional<uint32_t> version) {
    const AsOfRequest request{std::nullopt, kAlice, kStart + asked * kMinute};
    return log_.verifier()
        .VerifyAsOf(request, std::nullopt,
                    *LieAboutState(log_, request, position, version).Encode(),
                    now())
        .status();
  }

  TestLog log_;
};

INSTANTIATE_TEST_SUITE_P(Suites, LiesTest,
                         ::testing::Values(crypto::CipherSuite::kP256,
                                           crypto::CipherSuite::kEd25519),
                         [](const auto& info) {
                           return std::string(
                               crypto::CipherSuiteName(info.param));
                         });

TEST_P(LiesTest, RefusesAVersionThatDoesNotExist) {
  Fill();
  ExpectRefused(FindVersion(6), RefusalReason::kLadder,
                "the proof shows that version 6 does not exist");
}

// Version 3 is there, where the search looks for 2 at last.
TEST_P(LiesTest, RefusesASkippedVersion) {
  Fill(/*skipped=*/2);
  ExpectRefused(FindVersion(2), RefusalReason::kLadder,
                "the proof shows that version 2 does not exist");
}

TEST_P(LiesTest, RefusesAVersionThatExpiredLeftOfAGreaterOne) {
  FillWithLifetime();
  ExpectRefused(FindVersion(1), RefusalReason::kExpired,
                "version 1 is older than the log's maximum lifetime");
}

TEST_P(LiesTest, RefusesAVersionThatIsTheGreatestRightOfExpiredEntriesOnly) {
  FillWithLifetime();
  log_.Append(kStart + 17 * kMinute, {});
  ExpectRefused(FindVersion(3), RefusalReason::kExpired,
                "version 3 is older than the log's maximum lifetime");
}

TEST_P(LiesTest, RefusesAGreatestVersionThatIsNot) {
  Fill();
  const SearchRequest request{std::nullopt, kAlice, std::nullopt};
  auto verify = [&](uint32_t version) {
    const SearchResponse lie = LieAboutVersion(log_, request, version);
    return log_.verifier()
        .VerifySearch(request, std::nullopt, *lie.Encode(), now())
        .status();
  };
  ExpectRefused(verify(4), RefusalReason::kLadder,
                "log entry 13 includes version 5");
  ExpectRefused(verify(6), RefusalReason::kLadder,
                "log entry 13 has a smaller version");
}

TEST_P(LiesTest, RefusesTheAbsenceOfALabelThatExists) {
  Fill();
  const SearchRequest request{std::nullopt, kAlice, std::nullopt};
  ExpectRefused(
      log_.verifier()
          .VerifyAbsence(request, std::nullopt,
                         *LieAboutAbsence(log_, request).Encode(), now())
          .status(),
      RefusalReason::kLadder, "log entry 7 includes version 0");
}

TEST_P(LiesTest, RefusesAVersionDatedTooLate) {
  Fill();
  // There is the entry before.
  ExpectRefused(ReadHistory(5, {13}), RefusalReason::kLadder,
                "log entry 12 contains version 5");
  // The distinguished entry is looked at first.
  ExpectRefused(ReadHistory(0, {9}), RefusalReason::kLadder,
                "log entry 7 contains version 0");
}

TEST_P(LiesTest, RefusesAVersionDatedTooEarly) {
  Fill();
  ASSERT_EQ(ReadHistory(5, {12, 11}), absl::OkStatus());
  ExpectRefused(ReadHistory(5, {12, 10}), RefusalReason::kLadder,
                "log entry 10 lacks version 4");
}

TEST_P(LiesTest, RefusesAPageRightOfTheOneBefore) {
  Fill();
  EXPECT_EQ(ReadHistory(4, {11}, /*newer=*/11), absl::OkStatus());
  ExpectRefused(ReadHistory(4, {11}, /*newer=*/10), RefusalReason::kLadder,
                "version 4 is said to appear at log entry 11, right of");
}

TEST_P(LiesTest, RefusesADateWhoseEntryIsExpired) {
  FillWithLifetime();
  EXPECT_EQ(ReadHistory(2, {std::nullopt}), absl::OkStatus());
  ExpectRefused(ReadHistory(2, {5}), RefusalReason::kExpired,
                "log entry 4 is expired");
}

TEST_P(LiesTest, RefusesAStateThatHasASmallerVersion) {
  Fill();
  ASSERT_EQ(ReadState(10, 10, 3), absl::OkStatus());
  ExpectRefused(ReadState(10, 10, 4), RefusalReason::kLadder,
                "log entry 10 has a smaller version");
}

TEST_P(LiesTest, RefusesAStateThatHasAGreaterVersion) {
  Fill();
  ExpectRefused(ReadState(10, 10, 2), RefusalReason::kLadder,
                "log entry 10 has a greater version");
  // So has the distinguished entry to the left.
  ExpectRefused(ReadState(10, 10, 1), RefusalReason::kLadder,
                "log entry 7 has a greater version");
}

TEST_P(LiesTest, RefusesAStateWithoutTheLabel) {
  Fill();
  ASSERT_EQ(ReadState(1, 1, std::nullopt), absl::OkStatus());
  ExpectRefused(ReadState(2, 2, std::nullopt), RefusalReason::kLadder,
                "log entry 2 includes version 0");
  // The distinguished entry is looked at first.
  ExpectRefused(ReadState(10, 10, std::nullopt), RefusalReason::kLadder,
                "log entry 7 includes version 0");
}

TEST_P(LiesTest, RefusesTheStateOfAnotherTime) {
  Fill();
  ExpectRefused(ReadState(9, 10, 3), RefusalReason::kTimestampOrder,
                "log entry 10 has timestamp 1700000600000, later than");
  ExpectRefused(ReadState(11, 10, 3), RefusalReason::kTimestampOrder,
                "it is nearer than entry 10");
  ExpectRefused(ReadState(0, std::nullopt, std::nullopt),
                RefusalReason::kTimestampOrder,
                "log entry 0 has timestamp 1700000000000, not later than");
}

TEST_P(LiesTest, RefusesTheStateAtAnExpiredEntry) {
  FillWithLifetime();
  ExpectRefused(ReadState(4, 4, 0), RefusalReason::kExpired,
                "log entry 4 is expired");
}

TEST_P(LiesTest, RefusesStatesThatContradictThemselves) {
  Fill();
  const AsOfRequest request{std::nullopt, kAlice, kStart + 10 * kMinute};
  auto verify = [&](const AsOfResponse& response) {
    return log_.verifier()
        .VerifyAsOf(request, std::nullopt, *response.Encode(), now())
        .status();
  };
  AsOfResponse response = LieAboutState(log_, request, 10, 3);
  response.position.reset();
  ExpectRefused(verify(response), RefusalReason::kElementCount,
                "in force before the log began");
  response.position = kSize;
  ExpectRefused(verify(response), RefusalReason::kTreeSize,
                "log entry 14 is not in the tree of size 14");
  response = LieAboutState(log_, request, 1, std::nullopt);
  response.binary_ladder[0].commitment.emplace();
  ExpectRefused(verify(response), RefusalReason::kLadder,
                "commitment for version 0, which is said to be absent");
}

}  // namespace
}  // namespace sealbook::keytrans
