// What a log could try that shows a leaf, or forgets one, in log entries that
// no owner looks at: answers about the past must not rest on these alone. Under
// each cipher suite, with real keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/cipher_suite.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/lies.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

constexpr char kAlice[] = "alice@example.org";
constexpr uint64_t kStart = 1'700'000'000'000;
constexpr uint64_t kMinute = 60'000;
constexpr uint64_t kSize = 29;

// 29 entries, a minute apart. With a window of five minutes, 3, 7, 11, 15, 19,
// 23 and 27 are distinguished, and 0 and 1 on the left edge.
class PlantedTest : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  void MakeLog(std::optional<uint64_t> lifetime = std::nullopt) {
    log_.emplace(/*window=*/5 * kMinute, TestKeys::kReal, GetParam());
    if (lifetime.has_value()) log_->SetMaximumLifetime(*lifetime);
    Append({{kAlice, "first"}});
  }

  uint64_t Next() const { return kStart + log_->size() * kMinute; }
  void Append(const std::vector<TestLog::NewVersion>& versions) {
    log_->Append(Next(), versions);
  }
  void AppendUntil(uint64_t size) {
    while (log_->size() < size) Append({});
  }
  // Version 1 is shown by entry 5, then from entry `from` on.
  void MakeLogThatShowsAVersionEarly(uint64_t from = 24) {
    MakeLog();
    AppendUntil(5);
    Append({{.label = kAlice, .value = "second", .passing = true}});
    AppendUntil(from);
    log_->AppendAgain(Next(), kAlice, 1);
    AppendUntil(kSize);
  }
  // Entry 21, the oldest that is not expired, has forgotten version 0.
  void MakeLogThatForgets() {
    MakeLog(/*lifetime=*/8 * kMinute);
    AppendUntil(21);
    log_->AppendLapse(Next());
    AppendUntil(kSize);
  }

  uint64_t now() const { return log_->entries().back().timestamp; }

  absl::Status ReadHistory(
      uint32_t newest, const std::vector<std::optional<uint64_t>>& positions) {
    const HistoryRequest request{std::nullopt, kAlice, std::nullopt};
    return log_->verifier()
        .VerifyHistory(
            request, std::nullopt,
            *LieAboutHistory(*log_, request, newest, positions).Encode(), now())
        .status();
  }

  absl::Status ReadState(uint64_t position, std::optional<uint32_t> version) {
    const AsOfRequest request{std::nullopt, kAlice,
                              kStart + position * kMinute};
    return log_->verifier()
        .VerifyAsOf(request, std::nullopt,
                    *LieAboutState(*log_, request, position, version).Encode(),
                    now())
        .status();
  }

  void ExpectRefused(const absl::Status& status, RefusalReason reason,
                     const std::string& words) {
    EXPECT_EQ(RefusalOf(status), reason) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  std::optional<TestLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Suites, PlantedTest,
                         ::testing::Values(crypto::CipherSuite::kP256,
                                           crypto::CipherSuite::kEd25519),
                         [](const auto& info) {
                           return std::string(
                               crypto::CipherSuiteName(info.param));
                         });

TEST_P(PlantedTest, BelievesTheTruthAboutSuchALog) {
  MakeLogThatShowsAVersionEarly();
  EXPECT_EQ(ReadHistory(1, {24, 0}), absl::OkStatus());
  EXPECT_EQ(ReadState(24, 1), absl::OkStatus());
  EXPECT_EQ(ReadState(6, 0), absl::OkStatus());
}

TEST_P(PlantedTest, RefusesADateThatOneEntryShows) {
  MakeLogThatShowsAVersionEarly();
  ExpectRefused(ReadHistory(1, {5, 0}), RefusalReason::kLadder,
                "log entry 5 contains version 1, which log entry 7 lacks");
}

TEST_P(PlantedTest, RefusesAStateThatOneEntryShows) {
  MakeLogThatShowsAVersionEarly();
  ExpectRefused(ReadState(5, 1), RefusalReason::kLadder,
                "log entry 5 contains version 1, which log entry 7 lacks");
}

// The searches end at entry 15 or right of it, and see nothing of that.
TEST_P(PlantedTest, RefusesWhatTheNextDistinguishedEntryLacks) {
  MakeLogThatShowsAVersionEarly(/*from=*/10);
  EXPECT_EQ(ReadState(10, 1), absl::OkStatus());
  ExpectRefused(ReadState(5, 1), RefusalReason::kLadder,
                "log entry 5 contains version 1, which log entry 7 lacks");
  ExpectRefused(ReadHistory(1, {5, 0}), RefusalReason::kLadder,
                "log entry 5 contains version 1, which log entry 7 lacks");
}

// Distinguished, too: owners see it, and so does whoever reads the answer.
TEST_P(PlantedTest, RefusesASearchThatContradictsWhatWasShown) {
  MakeLog();
  AppendUntil(5);
  Append({{.label = kAlice, .value = "second", .passing = true}});
  AppendUntil(7);
  log_->AppendAgain(Next(), kAlice, 1, /*passing=*/true);
  AppendUntil(24);
  log_->AppendAgain(Next(), kAlice, 1);
  AppendUntil(kSize);
  ExpectRefused(ReadState(5, 1), RefusalReason::kLadder,
                "log entry 7 contains version 1, which log entry 15 lacks");
}

// Right of the rightmost distinguished entry, there is the newest.
TEST_P(PlantedTest, RefusesAYoungVersionThatOneEntryShows) {
  MakeLog();
  AppendUntil(24);
  Append({{.label = kAlice, .value = "second", .passing = true}});
  AppendUntil(27);
  ExpectRefused(ReadState(24, 1), RefusalReason::kLadder,
                "log entry 24 contains version 1, which log entry 26 lacks");
}

TEST_P(PlantedTest, RefusesADateAtTheFirstEntryWhenItIsExpired) {
  MakeLog(/*lifetime=*/8 * kMinute);
  AppendUntil(kSize);
  ExpectRefused(ReadHistory(0, {0}), RefusalReason::kExpired,
                "log entry 0 is expired");
}

TEST_P(PlantedTest, RefusesADateBehindAnExpiredNeighbour) {
  MakeLogThatForgets();
  ExpectRefused(ReadHistory(0, {22}), RefusalReason::kExpired,
                "log entry 19 is expired");
}

TEST_P(PlantedTest, RefusesAbsenceBehindAnExpiredNeighbour) {
  MakeLogThatForgets();
  ExpectRefused(ReadState(21, std::nullopt), RefusalReason::kExpired,
                "log entry 19 is expired");
}

}  // namespace
}  // namespace sealbook::keytrans
