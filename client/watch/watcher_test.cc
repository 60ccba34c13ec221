#include "client/watch/watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "client/alarms/next_attempt.h"
#include "client/directory_client.h"
#include "client/sqlite.h"
#include "client/stop.h"
#include "client/testing/fake_server.h"
#include "client/testing/temp_folder.h"
#include "crypto/hash.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "proto/sealbook/v1/records.pb.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalReason;
using keytrans::TestLog;
using smime::testing::kDayMs;
using smime::testing::kNowMs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kAlice[] = "alice@example.org";
constexpr uint64_t kWindow = 3'600'000;
constexpr uint64_t kLifetime = uint64_t{90} * kDayMs;

// Takes alarms, or refuses them.
class FakeChannel : public AlarmChannel {
 public:
  FakeChannel(std::string name, std::vector<std::string>& taken,
              absl::Status& status)
      : name_(std::move(name)), taken_(taken), status_(status) {}

  absl::string_view name() const override { return name_; }
  absl::Status Deliver(const Alarm& alarm) override {
    ++attempts;
    if (status_.ok()) taken_.push_back(alarm.subject);
    return status_;
  }

  int attempts = 0;

 private:
  const std::string name_;
  std::vector<std::string>& taken_;
  absl::Status& status_;
};

// alice@example.org has a version with a certificate that ends in 335 days.
class WatcherTest : public ::testing::Test {
 protected:
  WatcherTest()
      : log_(kWindow, keytrans::TestKeys::kReal),
        ca_(smime::testing::TestCa::Root({.common_name = "Root"})) {
    log_.SetMaximumLifetime(kLifetime);
    server_.emplace(log_);
    Publish(335);
    for (int i = 0; i < 4; ++i) Grow(kWindow);
    state_.emplace(*State::Open(temp_.path("state"), State::Mode::kCreate));
    EXPECT_TRUE(state_->PutLog(log_.configuration(), {"localhost:1", ""}).ok());
    settings_.labels = {kAlice};
  }

  void Grow(uint64_t ms) { log_.Append(now_ += ms, {}); }
  // A new version with a certificate that ends in so many days.
  void Publish(int days) {
    const std::string der =
        ca_.Issue({.emails = {kAlice}, .not_after_ms = Ms() + days * kDayMs})
            .der;
    v1::DirectoryEntry entry;
    entry.set_format(1);
    entry.set_publisher("demo-ca");
    entry.mutable_issued()->set_certificate_sha256(
        crypto::Sha256(der).ToString());
    v1::CertificateInForce& listed = *entry.add_certificates();
    listed.set_certificate(der);
    listed.set_role(v1::ROLE_SIGN_AND_ENCRYPT);
    listed.add_issuer_sha256(crypto::Sha256(ca_.der()).ToString());
    server_->issuers = {ca_.der()};
    log_.Append(now_ += 1000, {{kAlice, entry.SerializeAsString()}});
  }
  int64_t Ms() const { return static_cast<int64_t>(now_); }

  absl::StatusOr<WatchRound> TryRound() {
    // As another process would: everything is in the state.
    state_.emplace(*State::Open(temp_.path("state"), State::Mode::kExisting));
    Watcher watcher(
        *state_, *state_->ReadLog(fingerprint()),
        {.server = {"localhost:1", ""}}, server_->InProcessChannel(),
        [this] { return now_; }, settings_);
    return watcher.Round();
  }
  WatchRound Round() {
    auto round = TryRound();
    EXPECT_TRUE(round.ok()) << round.status();
    return *std::move(round);
  }
  std::vector<std::string> OpenAlarms() {
    const auto alarms = *state_->ReadOpenAlarms();
    std::vector<std::string> subjects;
    for (const OpenAlarm& open : alarms) subjects.push_back(open.alarm.subject);
    return subjects;
  }
  std::vector<int64_t> AlarmIds() {
    const auto alarms = *state_->ReadOpenAlarms();
    std::vector<int64_t> ids;
    for (const OpenAlarm& open : alarms) ids.push_back(open.id);
    return ids;
  }
  void Dismiss() {
    for (int64_t id : AlarmIds()) EXPECT_TRUE(*state_->CloseAlarm(id, now_));
  }
  void GoAway() {
    server_->search_status = {grpc::StatusCode::UNAVAILABLE, "away"};
  }
  void ComeBack() { server_->search_status = grpc::Status::OK; }
  crypto::Hash fingerprint() const {
    return log_.configuration().Fingerprint();
  }

  TempFolder temp_;
  TestLog log_;
  uint64_t now_ = kNowMs;
  std::optional<FakeServer> server_;
  smime::testing::TestCa ca_;
  std::optional<State> state_;
  WatchSettings settings_;
};

TEST_F(WatcherTest, BeginsAndFindsNothingNew) {
  WatchRound round = Round();
  EXPECT_EQ(round.failure(), absl::OkStatus());
  ASSERT_THAT(round.addresses, SizeIs(1));
  EXPECT_TRUE(round.addresses[0].result->began);
  EXPECT_FALSE(round.compared);
  round = Round();
  EXPECT_EQ(round.failure(), absl::OkStatus());
  EXPECT_FALSE(round.addresses[0].result->began);
  EXPECT_THAT(OpenAlarms(), IsEmpty());
}

TEST_F(WatcherTest, RaisesAnAlarmAboutANewVersionOnce) {
  Round();
  Publish(335);
  Round();
  ASSERT_THAT(OpenAlarms(), ElementsAre("version 1 is new and not confirmed"));
  const auto ids = AlarmIds();
  const std::string text = absl::StrCat(
      ::testing::PrintToString((*state_->ReadOpenAlarms())[0].alarm.lines));
  EXPECT_THAT(text, HasSubstr("issued by demo-ca"));
  Round();
  EXPECT_EQ(AlarmIds(), ids);
  ASSERT_EQ(*state_->AcceptVersions(fingerprint(), kAlice, std::nullopt, now_),
            1u);
  Round();
  EXPECT_THAT(OpenAlarms(), IsEmpty());
}

TEST_F(WatcherTest, ALogThatIsNotHeardIsOldAfterTheWindow) {
  Round();
  GoAway();
  now_ += kWindow;
  EXPECT_TRUE(absl::IsUnavailable(Round().failure()));
  EXPECT_THAT(OpenAlarms(), IsEmpty());
  now_ += 1;
  Round();
  ASSERT_THAT(OpenAlarms(), SizeIs(1));
  EXPECT_THAT(OpenAlarms()[0], HasSubstr("the log was not checked for"));
  EXPECT_EQ((*state_->ReadOpenAlarms())[0].alarm.key,
            UncheckedKey(fingerprint().ToHex()));
  const auto ids = AlarmIds();
  now_ += kWindow;
  Round();
  EXPECT_EQ(AlarmIds(), ids);

  ComeBack();
  Grow(1);
  EXPECT_EQ(Round().failure(), absl::OkStatus());
  EXPECT_THAT(OpenAlarms(), IsEmpty());
  // The time runs from there on.
  GoAway();
  now_ += kWindow;
  Round();
  EXPECT_THAT(OpenAlarms(), IsEmpty());
}

// The time begins to run with the first round, even if it failed.
TEST_F(WatcherTest, ALogThatWasNeverHeardIsOldAfterTheWindow) {
  GoAway();
  Round();
  EXPECT_THAT(OpenAlarms(), IsEmpty());
  now_ += kWindow + 1;
  Round();
  EXPECT_THAT(OpenAlarms(), SizeIs(1));
}

// It has evidence: only who has looked at it closes it.
TEST_F(WatcherTest, AnOldHeadIsAnAlarmAlsoWhenTheLogGoesOn) {
  Round();
  now_ += 2 * kWindow;  // max_behind is one hour.
  const WatchRound round = Round();
  EXPECT_EQ(keytrans::RefusalOf(round.failure()), RefusalReason::kStaleHead);
  EXPECT_THAT(OpenAlarms(),
              ElementsAre("the log shows an old state of itself"));
  const auto ids = AlarmIds();
  Round();
  EXPECT_EQ(AlarmIds(), ids);
  Grow(1);
  EXPECT_EQ(Round().failure(), absl::OkStatus());
  EXPECT_THAT(OpenAlarms(), SizeIs(1));
}

TEST_F(WatcherTest, ARefusedProofIsAnAlarmOnce) {
  Round();
  server_->tamper_owner_monitor = [](v1::OwnerMonitorAnswer& answer) {
    answer.mutable_response()->back() ^= 1;
  };
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(keytrans::RefusalOf(Round().failure()).has_value());
    ASSERT_THAT(OpenAlarms(), ElementsAre("the log's answer is not proven"));
  }
  EXPECT_FALSE((*state_->ReadOpenAlarms())[0].alarm.evidence.empty());
  // It stays until somebody has looked at it.
  server_->tamper_owner_monitor = nullptr;
  EXPECT_EQ(Round().failure(), absl::OkStatus());
  EXPECT_THAT(OpenAlarms(), SizeIs(1));
}

TEST_F(WatcherTest, OneAddressThatFailsStopsNoOther) {
  settings_.labels = {"nobody", kAlice};
  const WatchRound round = Round();
  ASSERT_THAT(round.addresses, SizeIs(2));
  EXPECT_TRUE(round.addresses[1].result.ok());
}

TEST_F(WatcherTest, SaysWhatMayHaveGoneUnnoticed) {
  Round();
  now_ += kLifetime;
  Grow(1);
  Round();
  ASSERT_THAT(OpenAlarms(), SizeIs(1));
  EXPECT_THAT(OpenAlarms()[0], HasSubstr("not checked from 20"));
  EXPECT_EQ((*state_->ReadOpenAlarms())[0].alarm.kind, AlarmKind::kStateLost);
  Dismiss();
  Grow(1);
  Round();
  EXPECT_THAT(OpenAlarms(), IsEmpty());
}

TEST_F(WatcherTest, AnnouncesTheEndOfACertificateOnce) {
  Publish(31);
  Grow(kWindow);
  Round();
  EXPECT_THAT(OpenAlarms(), IsEmpty());
  Grow(kDayMs);
  Round();
  ASSERT_THAT(OpenAlarms(), SizeIs(1));
  EXPECT_THAT(OpenAlarms()[0], HasSubstr("a certificate ends in"));
  EXPECT_EQ((*state_->ReadOpenAlarms())[0].alarm.kind, AlarmKind::kExpiring);
  const auto ids = AlarmIds();
  Round();
  EXPECT_EQ(AlarmIds(), ids);
  // Nor again when somebody has dismissed it.
  Dismiss();
  Grow(kDayMs);
  Round();
  EXPECT_THAT(OpenAlarms(), IsEmpty());
  // But to whoever watches the address anew.
  ASSERT_EQ(state_->Disown(fingerprint(), kAlice, now_), absl::OkStatus());
  Round();
  EXPECT_THAT(OpenAlarms(), SizeIs(1));
}

TEST_F(WatcherTest, ComparesOnceAWindow) {
  int compared = 0;
  absl::Status comparison;
  settings_.compare = [&] {
    ++compared;
    return comparison;
  };
  EXPECT_TRUE(Round().compared);
  EXPECT_FALSE(Round().compared);
  Grow(kWindow - kWindow / 10 - 1);
  EXPECT_FALSE(Round().compared);
  Grow(1);
  EXPECT_TRUE(Round().compared);
  EXPECT_EQ(compared, 2);

  // What failed is tried again in the next round; nothing is proven by it.
  Grow(kWindow);
  comparison = absl::UnavailableError("no Tor");
  EXPECT_TRUE(absl::IsUnavailable(Round().failure()));
  EXPECT_TRUE(absl::IsUnavailable(Round().failure()));
  EXPECT_EQ(compared, 4);
  EXPECT_THAT(OpenAlarms(), IsEmpty());

  comparison = keytrans::Refuse(RefusalReason::kFork, "two roots");
  Round();
  EXPECT_THAT(OpenAlarms(),
              ElementsAre("the log contradicts what it signed before"));
  const auto ids = AlarmIds();
  Round();
  EXPECT_EQ(AlarmIds(), ids);
}

// The log itself is heard in each round; that must not close and repeat it.
TEST_F(WatcherTest, AnOldLogOverTheSecondChannelIsOneAlarm) {
  absl::Status comparison = keytrans::Refuse(RefusalReason::kStaleHead, "old");
  settings_.compare = [&] { return comparison; };
  Round();
  ASSERT_THAT(OpenAlarms(),
              ElementsAre("the log shows an old state of itself"));
  const auto ids = AlarmIds();
  Round();
  EXPECT_EQ(AlarmIds(), ids);
  comparison = absl::OkStatus();
  Round();
  EXPECT_THAT(OpenAlarms(), IsEmpty());
}

// A log that never shows what following up a contact takes is noticed, again in
// each round until somebody has looked at it, and in each one after that.
TEST_F(WatcherTest, WhatIsWithheldAboutAContactIsAnAlarm) {
  constexpr char kBob[] = "bob@example.org";
  Round();
  // To the right of the rightmost distinguished entry, which is the root.
  while (log_.size() < 8) Grow(1000);
  log_.Append(now_ += 1000, std::vector<TestLog::NewVersion>(8, {kBob, "x"}));
  Grow(1000);
  server_->tamper = [&](v1::SearchAnswer& answer) {
    const auto request =
        keytrans::SearchRequest::Parse(server_->requests.back());
    if (request->label != kBob) return;
    auto response = keytrans::SearchResponse::Parse(
        log_.configuration(), *request, answer.response());
    // Of version 5, without which the search for 6 is proven all the same.
    response->binary_ladder[4].commitment.reset();
    answer.set_response(*response->Encode());
  };
  DirectoryClient client(*state_, {.server = {"localhost:1", ""}},
                         server_->InProcessChannel(), [this] { return now_; },
                         {.version = 6, .keep_unreadable = true});
  const auto found = client.LookUp(fingerprint(), {kBob});
  ASSERT_TRUE(found.ok() && (*found)[0].ok());
  ASSERT_TRUE((*found)[0]->found->obligation.has_value());

  for (int i = 0; i < 3; ++i) {
    const WatchRound round = Round();
    EXPECT_TRUE(round.addresses[0].result.ok());
    ASSERT_THAT(round.contacts->failures, SizeIs(1));
    EXPECT_EQ(round.contacts->failures[0].label, kBob);
    ASSERT_THAT(OpenAlarms(),
                ElementsAre("the server withholds what it has proven"));
    EXPECT_EQ((*state_->ReadOpenAlarms())[0].alarm.label, kBob);
    if (i == 1) Dismiss();
  }
  // It is proven once a distinguished entry has shown it, or with all keys.
  server_->tamper = nullptr;
  EXPECT_THAT(Round().contacts->failures, IsEmpty());
}

// What had been found stays, and nothing is concluded from what was not heard.
TEST_F(WatcherTest, StopsInTheMiddleOfARound) {
  settings_.labels = {kAlice, "carol@example.org"};
  size_t checked = 0;
  settings_.progress = [&](size_t done, size_t all) {
    checked = done;
    EXPECT_EQ(all, 2u);
  };
  Round();
  EXPECT_EQ(checked, 2u);
  Publish(335);
  Grow(2 * kWindow);
  Stop stop;
  settings_.monitor.stop = &stop;
  absl::Notification over;
  server_->before_monitoring = [&](const std::string& call) {
    if (call != "OwnerMonitor" || stop.requested()) return;
    stop.Request();
    over.WaitForNotification();
  };
  checked = 0;
  EXPECT_TRUE(absl::IsCancelled(TryRound().status()));
  over.Notify();
  EXPECT_EQ(checked, 0u);
  EXPECT_THAT(OpenAlarms(), ElementsAre("version 1 is new and not confirmed"));

  settings_.monitor.stop = nullptr;
  const WatchRound round = Round();
  EXPECT_EQ(round.failure(), absl::OkStatus());
  EXPECT_THAT(round.addresses[0].result->news, IsEmpty());
}

TEST_F(WatcherTest, StopsInTheMiddleOfAComparison) {
  Round();
  Stop stop;
  settings_.monitor.stop = &stop;
  settings_.compare = [&] {
    stop.Request();
    return absl::CancelledError("stopped");
  };
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(absl::IsCancelled(TryRound().status()));
    Grow(3 * kWindow);
  }
  EXPECT_THAT(OpenAlarms(), IsEmpty());
}

// A round that waits for the server's limit ends before the time is over in
// which owners have to look.
TEST_F(WatcherTest, WaitsNoLongerThanTheWindow) {
  Round();
  uint64_t slept = 0;
  settings_.monitor.patience.sleep = [&](uint64_t ms) { slept += ms; };
  // Each second call is let through: there is always something that moves.
  int calls = 0;
  server_->limit = [&]() -> uint64_t { return ++calls % 2 == 1 ? 60'000 : 0; };
  settings_.labels.assign(100, kAlice);
  const WatchRound round = Round();
  EXPECT_TRUE(absl::IsResourceExhausted(round.failure())) << round.failure();
  EXPECT_TRUE(round.addresses[0].result.ok());
  EXPECT_THAT(round.addresses, SizeIs(100));
  EXPECT_EQ(slept, kWindow);
  EXPECT_THAT(OpenAlarms(), IsEmpty());
}

// A bit that flipped here is no lie of the server's.
TEST_F(WatcherTest, ADamagedStateIsNoAlarmAboutTheServer) {
  Round();
  {
    auto database = Database::Open(temp_.path("state/state.db"),
                                   Database::Mode::kReadWrite);
    ASSERT_EQ(database->Execute("UPDATE owned SET state_sha256 = x'00'"),
              absl::OkStatus());
  }
  EXPECT_EQ(TryRound().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(OpenAlarms(), IsEmpty());
}

TEST_F(WatcherTest, DeliversEachAlarmOnceToEachChannel) {
  Round();
  Publish(335);
  Publish(335);
  Round();
  std::vector<std::string> taken_a, taken_b;
  absl::Status status_a, status_b = absl::UnavailableError("no server");
  std::vector<std::unique_ptr<AlarmChannel>> channels;
  channels.push_back(std::make_unique<FakeChannel>("a", taken_a, status_a));
  auto b = std::make_unique<FakeChannel>("b", taken_b, status_b);
  const FakeChannel& channel_b = *b;
  channels.push_back(std::move(b));
  const auto deliver = [&] {
    state_.emplace(*State::Open(temp_.path("state"), State::Mode::kExisting));
    return *DeliverAlarms(*state_, channels, [this] { return now_; });
  };
  // It is not tried twice in a row, though two alarms are due.
  EXPECT_THAT(deliver(), ElementsAre("b: no server"));
  EXPECT_EQ(channel_b.attempts, 1);
  const std::vector<std::string> both = {"version 1 is new and not confirmed",
                                         "version 2 is new and not confirmed"};
  EXPECT_EQ(taken_a, both);
  // Not at once, though it is there again.
  EXPECT_THAT(deliver(), IsEmpty());
  now_ += kFirstRetryMs;
  EXPECT_THAT(deliver(), SizeIs(1));
  EXPECT_EQ(channel_b.attempts, 2);
  // Twice as long after the second time.
  status_b = absl::OkStatus();
  now_ += kFirstRetryMs;
  EXPECT_THAT(deliver(), IsEmpty());
  EXPECT_THAT(taken_b, IsEmpty());
  now_ += kFirstRetryMs;
  EXPECT_THAT(deliver(), IsEmpty());
  EXPECT_EQ(taken_b, both);
  now_ += kLongestRetryMs;
  EXPECT_THAT(deliver(), IsEmpty());
  EXPECT_EQ(taken_a, both);
  EXPECT_EQ(taken_b, both);
}

// Who could not be reached while the log was not checked is not told of it
// afterwards, but of what came in the meantime.
TEST_F(WatcherTest, WhatIsOverIsToldToNobodyAnyMore) {
  Round();
  GoAway();
  now_ += kWindow + 1;
  Round();
  ASSERT_THAT(OpenAlarms(), SizeIs(1));
  std::vector<std::string> taken;
  absl::Status status = absl::UnavailableError("no network");
  std::vector<std::unique_ptr<AlarmChannel>> channels;
  channels.push_back(std::make_unique<FakeChannel>("a", taken, status));
  const auto deliver = [&] {
    return *DeliverAlarms(*state_, channels, [this] { return now_; });
  };
  EXPECT_THAT(deliver(), SizeIs(1));

  status = absl::OkStatus();
  ComeBack();
  Publish(335);
  now_ += kLongestRetryMs;
  Grow(1);
  EXPECT_EQ(Round().failure(), absl::OkStatus());
  EXPECT_THAT(deliver(), IsEmpty());
  EXPECT_THAT(taken, ElementsAre("version 1 is new and not confirmed"));
}

TEST_F(WatcherTest, DeliversNothingOnceItIsToStop) {
  Round();
  Publish(335);
  Publish(335);
  Round();
  std::vector<std::string> taken;
  absl::Status status;
  std::vector<std::unique_ptr<AlarmChannel>> channels;
  channels.push_back(std::make_unique<FakeChannel>("a", taken, status));
  Stop stop;
  stop.Request();
  const Clock clock = [this] { return now_; };
  EXPECT_THAT(*DeliverAlarms(*state_, channels, clock, &stop), IsEmpty());
  EXPECT_THAT(taken, IsEmpty());
  EXPECT_THAT(*DeliverAlarms(*state_, channels, clock), IsEmpty());
  EXPECT_THAT(taken, SizeIs(2));
}

TEST_F(WatcherTest, DeliversNothingThatIsSettled) {
  Round();
  Publish(335);
  Round();
  ASSERT_EQ(*state_->AcceptVersions(fingerprint(), kAlice, std::nullopt, now_),
            1u);
  std::vector<std::string> taken;
  absl::Status status;
  std::vector<std::unique_ptr<AlarmChannel>> channels;
  channels.push_back(std::make_unique<FakeChannel>("a", taken, status));
  EXPECT_THAT(*DeliverAlarms(*state_, channels, [this] { return now_; }),
              IsEmpty());
  EXPECT_THAT(taken, IsEmpty());
}

}  // namespace
}  // namespace sealbook::client
