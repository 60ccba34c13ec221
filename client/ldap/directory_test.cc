#include "client/ldap/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/alarms/alarm.h"
#include "client/ldap/alarm_limit.h"
#include "client/ldap/gateway.h"
#include "client/ldap/trouble.h"
#include "client/sqlite.h"
#include "client/state.h"
#include "client/testing/fake_server.h"
#include "client/testing/temp_folder.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "proto/sealbook/v1/records.pb.h"

namespace sealbook::client::ldap {
namespace {

using keytrans::TestKeys;
using keytrans::TestLog;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kStart = 1767225600000;
constexpr uint64_t kHour = 3'600'000;
const char kAlice[] = "alice@example.org";
const char kNobody[] = "nobody@example.org";

std::string EntryOf(const std::string& publisher) {
  v1::DirectoryEntry entry;
  entry.set_format(1);
  entry.set_publisher(publisher);
  return entry.SerializeAsString();
}

Deadline In(int ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

class DirectoryTest : public ::testing::Test {
 protected:
  DirectoryTest()
      : log_(/*window=*/1'000'000, TestKeys::kReal),
        server_(log_),
        now_(kStart + 1000) {
    log_.Append(kStart, {{kAlice, EntryOf("ca")}});
    State state = OpenState();
    EXPECT_TRUE(state.PutLog(log_.configuration(), {"localhost:1", ""}).ok());
  }

  State OpenState() {
    return *State::Open(temp_.path("state"), State::Mode::kCreate);
  }

  void Open(uint64_t cache_ms = 300'000) {
    DirectoryOptions options{
        .timeout_ms = 5000,
        .open_channel = [this](const Endpoint&)
            -> absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> {
          ++channels_;
          return server_.InProcessChannel();
        },
        .note = [this](absl::string_view line) { notes_.emplace_back(line); },
        .tell = [this](const Alarm& alarm) { alarms_.push_back(alarm); }};
    options.cache.max_age_ms = cache_ms;
    auto directory = Directory::Open(
        OpenState(), [this] { return now_.load(); }, std::move(options));
    ASSERT_TRUE(directory.ok()) << directory.status();
    directory_ = *std::move(directory);
  }

  absl::StatusOr<ProvenPtr> LookUp(const std::string& label) {
    return directory_->Wait(directory_->Ask({label}), In(10'000))[0];
  }

  TempFolder temp_;
  TestLog log_;
  FakeServer server_;
  std::atomic<uint64_t> now_;
  // As told.
  std::vector<Alarm> alarms_;
  std::vector<std::string> notes_;
  int channels_ = 0;
  std::unique_ptr<Directory> directory_;
};

TEST_F(DirectoryTest, ProvesPresenceAndAbsence) {
  Open();
  const ProvenPtr alice = *LookUp(kAlice);
  EXPECT_EQ(alice->entry->publisher(), "ca");
  EXPECT_EQ(alice->head_ms, kStart);
  EXPECT_EQ(alice->answered_ms, kStart + 1000);
  EXPECT_FALSE((*LookUp(kNobody))->entry.has_value());
  EXPECT_THAT(alarms_, IsEmpty());
  // The state of other commands moved along.
  EXPECT_EQ(OpenState().ReadLogs()->front().view->size(), 1u);
}

TEST_F(DirectoryTest, AsksOnceForWhatItRemembers) {
  Open();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(LookUp(kAlice).ok());
  EXPECT_THAT(server_.requests, SizeIs(1));
  now_ += 300'000;
  EXPECT_TRUE(LookUp(kAlice).ok());
  EXPECT_THAT(server_.requests, SizeIs(2));
}

TEST_F(DirectoryTest, ShowsNothingOlderThanTheLogAllows) {
  // The head may be an hour old; the cache would keep an answer for a day.
  Open(/*cache_ms=*/24 * kHour);
  EXPECT_TRUE(LookUp(kAlice).ok());
  now_ = kStart + kHour;
  EXPECT_TRUE(LookUp(kAlice).ok());
  EXPECT_THAT(server_.requests, SizeIs(1));
  now_ = kStart + kHour + 1;
  const absl::Status status = LookUp(kAlice).status();
  EXPECT_EQ(keytrans::RefusalOf(status), keytrans::RefusalReason::kStaleHead)
      << status;
  ASSERT_THAT(alarms_, SizeIs(1));
  EXPECT_EQ(alarms_[0].kind, AlarmKind::kStaleLog);
  EXPECT_EQ(ResultOf(status).code, ResultCode::kOther);
}

TEST_F(DirectoryTest, RaisesAnAlarmForARefusedProofAndForgetsTheRest) {
  Open();
  EXPECT_TRUE(LookUp(kAlice).ok());
  server_.tamper = [](v1::SearchAnswer& answer) {
    if (answer.has_absence()) answer.mutable_absence()->back() ^= 1;
  };
  const absl::Status status = LookUp(kNobody).status();
  ASSERT_TRUE(keytrans::RefusalOf(status).has_value()) << status;
  ASSERT_THAT(alarms_, SizeIs(1));
  const Alarm& alarm = alarms_[0];
  EXPECT_EQ(alarm.kind, AlarmKind::kRefusedProof);
  EXPECT_EQ(alarm.label, kNobody);
  EXPECT_EQ(alarm.log, log_.configuration().Fingerprint().ToHex());
  EXPECT_THAT(alarm.key, HasSubstr(absl::StrCat("refused-proof/", alarm.log,
                                                "/nobody@example.org/")));
  EXPECT_THAT(alarm.evidence, HasSubstr("evidence"));
  const Result result = ResultOf(status);
  EXPECT_EQ(result.code, ResultCode::kOther);
  EXPECT_THAT(result.text, HasSubstr("REFUSED"));
  // What was proven before is asked for anew.
  EXPECT_TRUE(LookUp(kAlice).ok());
  EXPECT_THAT(server_.requests, SizeIs(3));
}

TEST_F(DirectoryTest, KeepsAlarmsInTheState) {
  Open();
  server_.tamper = [](v1::SearchAnswer& answer) {
    answer.mutable_absence()->back() ^= 1;
  };
  // Once, while it lasts.
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(LookUp(kNobody).ok());
  ASSERT_THAT(alarms_, SizeIs(1));
  const auto open = OpenState().ReadOpenAlarms();
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_THAT(*open, SizeIs(1));
  EXPECT_EQ((*open)[0].alarm, alarms_[0]);
  // It was closed, and goes on.
  EXPECT_EQ(*OpenState().CloseAlarm(alarms_[0].key, now_), true);
  now_ += AlarmLimit::kAgainMs;
  EXPECT_FALSE(LookUp(kNobody).ok());
  EXPECT_THAT(*OpenState().ReadOpenAlarms(), SizeIs(1));
}

TEST_F(DirectoryTest, BoundsTheAlarmsOfAServerThatLiesAboutEverybody) {
  Open();
  server_.tamper = [](v1::SearchAnswer& answer) {
    answer.mutable_absence()->back() ^= 1;
  };
  std::vector<std::string> labels;
  for (size_t i = 0; i < 2 * AlarmLimit::kMaxAddresses; ++i) {
    labels.push_back(absl::StrCat("n", i, "@example.org"));
  }
  for (const auto& answer :
       directory_->Wait(directory_->Ask(labels), In(60'000))) {
    EXPECT_TRUE(keytrans::RefusalOf(answer.status()).has_value());
  }
  EXPECT_THAT(alarms_, SizeIs(AlarmLimit::kMaxAddresses + 1));
  EXPECT_THAT(*OpenState().ReadOpenAlarms(),
              SizeIs(AlarmLimit::kMaxAddresses + 1));
}

TEST_F(DirectoryTest, SaysThatAnAlarmCouldNotBeKept) {
  Open();
  auto database =
      Database::Open(temp_.path("state/state.db"), Database::Mode::kReadWrite);
  ASSERT_TRUE(database.ok()) << database.status();
  ASSERT_TRUE(database->Execute("DROP TABLE delivery; DROP TABLE alarm").ok());
  server_.tamper = [](v1::SearchAnswer& answer) {
    answer.mutable_absence()->back() ^= 1;
  };
  EXPECT_FALSE(LookUp(kNobody).ok());
  EXPECT_THAT(alarms_, SizeIs(1));
  ASSERT_THAT(notes_, SizeIs(1));
  EXPECT_THAT(notes_[0], HasSubstr("1 of the alarms could not be kept"));
}

TEST_F(DirectoryTest, ComesBackAfterAnOutage) {
  Open();
  EXPECT_TRUE(LookUp(kAlice).ok());
  server_.search_status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = LookUp(kNobody).status();
    EXPECT_EQ(ResultOf(status).code, ResultCode::kUnavailable) << status;
  }
  // What is remembered is still shown.
  EXPECT_TRUE(LookUp(kAlice).ok());
  server_.search_status = grpc::Status::OK;
  EXPECT_TRUE(LookUp(kNobody).ok());
  EXPECT_THAT(notes_, ::testing::ElementsAre(HasSubstr("does not answer"),
                                             "the directory answers again"));
  // Not an alarm yet: the log may be silent for an hour.
  EXPECT_THAT(alarms_, IsEmpty());
  // Each attempt after a failed one over a channel of its own.
  EXPECT_EQ(channels_, 3);
}

TEST_F(DirectoryTest, RaisesAnAlarmWhenTheLogIsSilentForTooLong) {
  Open();
  EXPECT_TRUE(LookUp(kAlice).ok());
  server_.search_status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  now_ += kHour + 1;
  EXPECT_FALSE(LookUp(kAlice).ok());
  ASSERT_THAT(alarms_, SizeIs(1));
  EXPECT_EQ(alarms_[0].kind, AlarmKind::kStaleLog);
  EXPECT_EQ(alarms_[0].label, "");
}

TEST_F(DirectoryTest, DoesNotWaitForTheServersLimit) {
  Open();
  server_.limit = [] { return 60'000; };
  const absl::Status status = LookUp(kAlice).status();
  EXPECT_EQ(ResultOf(status).code, ResultCode::kBusy) << status;
}

TEST_F(DirectoryTest, LooksTogetherUpWhatIsAskedMeanwhile) {
  Open();
  // The first look-up is held until all others wait.
  std::atomic<bool> go = false;
  server_.before_answer = [&](keytrans::TestLog*&) {
    while (!go) std::this_thread::yield();
  };
  const Directory::Ticket first = directory_->Ask({kNobody});
  std::vector<std::thread> threads;
  std::atomic<int> proven = 0;
  std::atomic<int> asked = 0;
  for (int i = 0; i < 50; ++i) {
    threads.emplace_back([&, i] {
      const Directory::Ticket ticket = directory_->Ask(
          {kAlice, absl::StrCat("n", i % 5, "@example.org"), kNobody});
      ++asked;
      for (const auto& answer : directory_->Wait(ticket, In(30'000))) {
        if (answer.ok()) ++proven;
      }
    });
  }
  while (asked < 50) std::this_thread::yield();
  // What is not there in time is not there.
  EXPECT_EQ(directory_->Wait(first, In(20))[0].status().code(),
            absl::StatusCode::kDeadlineExceeded);
  go = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(proven, 150);
  // nobody@; then alice@ and n0@ to n4@, once each.
  EXPECT_THAT(server_.requests, SizeIs(7));
}

TEST_F(DirectoryTest, EndsWhileSomebodyWaits) {
  Open();
  std::atomic<bool> go = false;
  server_.before_answer = [&](keytrans::TestLog*&) {
    while (!go) std::this_thread::yield();
  };
  const Directory::Ticket ticket = directory_->Ask({kAlice});
  std::thread ending([&] { directory_.reset(); });
  go = true;
  ending.join();
}

TEST_F(DirectoryTest, NeedsALog) {
  auto directory =
      Directory::Open(*State::Open(temp_.path("empty"), State::Mode::kCreate),
                      [this] { return now_.load(); }, {});
  EXPECT_EQ(directory.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(DirectoryTest, GatewayAsksTheDirectoryOfTheMailDomain) {
  Open();
  std::shared_ptr<Directory> directory = std::move(directory_);
  Gateway gateway;
  EXPECT_TRUE(gateway.Add("example.org", directory).ok());
  EXPECT_EQ(gateway.Add("example.org", directory).code(),
            absl::StatusCode::kAlreadyExists);
  const auto address = [](const char* text) {
    return *smime::Address::Parse(text);
  };
  EXPECT_TRUE(gateway.Serves(address("x@EXAMPLE.org")));
  EXPECT_FALSE(gateway.Serves(address("x@sub.example.org")));
  EXPECT_FALSE(gateway.Serves(address("x@example.net")));
  const auto answers =
      gateway.LookUp({address(kNobody), address(kAlice)}, In(10'000));
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ((*answers[0])->label, kNobody);
  EXPECT_TRUE((*answers[1])->entry.has_value());
  EXPECT_TRUE(gateway.Add("", directory).ok());
  EXPECT_TRUE(gateway.Serves(address("x@example.net")));
}

TEST(TroubleTest, NamesWhatIsWrong) {
  const auto alarm = [](keytrans::RefusalReason reason) {
    return *AlarmOf(keytrans::Refuse(reason, "m\x1b"), "00", "a@x", 5);
  };
  EXPECT_EQ(alarm(keytrans::RefusalReason::kFork).key, "fork/00");
  EXPECT_EQ(alarm(keytrans::RefusalReason::kTreeSize).kind, AlarmKind::kFork);
  EXPECT_EQ(alarm(keytrans::RefusalReason::kStaleHead).key, "stale-log/00");
  const Alarm refused = alarm(keytrans::RefusalReason::kSignature);
  EXPECT_EQ(refused.key, "refused-proof/00/a@x/signature");
  EXPECT_EQ(refused.details, R"({"reason":"signature"})");
  EXPECT_THAT(refused.lines[0], HasSubstr("a@x"));
  EXPECT_THAT(refused.lines[2], HasSubstr("m\\u001b"));
  EXPECT_FALSE(AlarmOf(absl::UnavailableError(""), "", "", 0).has_value());
  EXPECT_EQ(ResultOf(absl::DeadlineExceededError("")).code,
            ResultCode::kUnavailable);
  EXPECT_EQ(ResultOf(absl::ResourceExhaustedError("")).code, ResultCode::kBusy);
  EXPECT_EQ(ResultOf(absl::NotFoundError("")).code, ResultCode::kOther);
}

}  // namespace
}  // namespace sealbook::client::ldap
