#include "client/watch/monitor_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "client/exchange.h"
#include "client/stop.h"
#include "client/testing/fake_server.h"
#include "client/testing/temp_folder.h"
#include "client/verify_exchange.h"
#include "client/watch/owner_alarms.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"
#include "keytrans/testing/lies.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/update_structures.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalOf;
using keytrans::RefusalReason;
using keytrans::TestLog;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kStart = 1'767'225'600'000;
// Five log entries.
constexpr uint64_t kWindow = 3000;
constexpr uint64_t kStep = 600;
constexpr char kAlice[] = "alice@example.org";

std::string EntryNumber(int number) {
  v1::DirectoryEntry entry;
  entry.set_format(1);
  entry.set_publisher(absl::StrCat("ca", number));
  return entry.SerializeAsString();
}

// Everything that a check may change.
struct Snapshot {
  uint64_t size = 0;
  std::vector<OwnedAddress> owned;
  std::vector<keytrans::MonitoringObligation> owed;
  size_t alarms = 0;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

// alice@example.org has version 0, in the first entry of nine.
class MonitorClientTest : public ::testing::Test {
 protected:
  MonitorClientTest()
      : log_(kWindow, keytrans::TestKeys::kReal), server_(log_) {
    Publish(1);
    Pad(8);
    state_.emplace(*State::Open(temp_.path("state"), State::Mode::kCreate));
    EXPECT_TRUE(state_->PutLog(log_.configuration(), {"localhost:1", ""}).ok());
  }

  // Adds a log entry with so many new versions of alice@example.org.
  void Publish(int versions) {
    std::vector<TestLog::NewVersion> added;
    for (; versions > 0; --versions) {
      added.push_back({kAlice, EntryNumber(published_++)});
    }
    log_.Append(now_ += kStep, added);
  }
  void Pad(int entries) {
    for (; entries > 0; --entries) log_.Append(now_ += kStep, {});
  }

  MonitorClient Client(State& state) {
    options_.patience.sleep = [this](uint64_t ms) { slept_.push_back(ms); };
    return MonitorClient(
        state, {.server = {"localhost:1", ""}}, server_.InProcessChannel(),
        [this] { return now_; }, options_);
  }
  absl::StatusOr<OwnedCheck> Check(State& state) {
    return Client(state).CheckOwned(
        fingerprint(), kAlice,
        [this](const std::string& label, const OwnedVersion& version,
               const OwnedVersion* older, const std::vector<std::string>&) {
          EXPECT_EQ(version.value, EntryNumber(version.version));
          older_.push_back(older == nullptr ? -1
                                            : static_cast<int>(older->version));
          return UnknownVersionAlarm(Context(), label, version, older, {});
        });
  }
  absl::StatusOr<OwnedCheck> Check() { return Check(*state_); }
  absl::StatusOr<ContactsCheck> CheckContacts() {
    absl::StatusOr<ContactsCheck> check =
        Client(*state_).CheckContacts(fingerprint());
    if (check.ok() && !check->failures.empty()) {
      return check->failures[0].status;
    }
    return check;
  }
  Lookup LookUp(std::optional<uint32_t> version = std::nullopt) {
    LookupOptions options;
    options.version = version;
    DirectoryClient client(
        *state_, {.server = {"localhost:1", ""}}, server_.InProcessChannel(),
        [this] { return now_; }, options);
    auto answers = client.LookUp(fingerprint(), {kAlice});
    EXPECT_TRUE(answers.ok() && (*answers)[0].ok());
    return *(*answers)[0];
  }
  // Looks alice up as somebody else would, so that she is to be monitored.
  void LookUpOwed() {
    const auto limit = std::exchange(server_.limit, nullptr);
    LookUp();
    server_.limit = limit;
    EXPECT_THAT(*state_->ReadObligations(fingerprint()), SizeIs(1));
  }
  // Something else is owed than what was looked up.
  void Owe(const keytrans::MonitoringObligation& one) {
    StateChange change;
    change.advertised = state_->ReadLog(fingerprint())->view;
    change.verified = *change.advertised;
    change.done = *state_->ReadObligations(fingerprint());
    change.owed = {one};
    ASSERT_EQ(state_->Apply(fingerprint(), change), absl::OkStatus());
  }
  // While the server answers the first such call, another process moves the
  // state.
  void MoveStateDuring(const std::string& call) {
    server_.before_monitoring = [this, call,
                                 moved = false](const std::string& at) mutable {
      if (moved || at != call) return;
      moved = true;
      State other = OpenAgain();
      const auto view = other.ReadLog(fingerprint())->view;
      Pad(1);
      EXPECT_EQ(other.Advance(fingerprint(), view, log_.View(log_.size()), {}),
                absl::OkStatus());
      Pad(1);
    };
  }
  State OpenAgain() {
    return *State::Open(temp_.path("state"), State::Mode::kExisting);
  }

  AlarmContext Context() const {
    return {fingerprint().ToHex(), "localhost:1", now_};
  }
  crypto::Hash fingerprint() const {
    return log_.configuration().Fingerprint();
  }
  std::vector<std::string> OpenAlarms() {
    std::vector<std::string> subjects;
    const auto alarms = *state_->ReadOpenAlarms();
    for (const OpenAlarm& open : alarms) {
      subjects.push_back(open.alarm.subject);
    }
    return subjects;
  }
  std::vector<uint32_t> VersionsKept() {
    std::vector<uint32_t> versions;
    const auto kept = *state_->ReadOwnedVersions(fingerprint(), kAlice, 0);
    for (const OwnedVersion& one : kept) versions.push_back(one.version);
    return versions;
  }
  static std::vector<uint32_t> News(const OwnedCheck& check) {
    std::vector<uint32_t> versions;
    for (const OwnedVersion& one : check.news) versions.push_back(one.version);
    return versions;
  }
  Snapshot Stored() {
    Snapshot stored;
    const auto view = state_->ReadLog(fingerprint())->view;
    if (view.has_value()) stored.size = view->size();
    stored.owned = *state_->ReadOwned(fingerprint());
    stored.owed = *state_->ReadObligations(fingerprint());
    stored.alarms = state_->ReadOpenAlarms()->size();
    return stored;
  }
  void Begin() {
    auto check = Check();
    ASSERT_TRUE(check.ok()) << check.status();
    ASSERT_TRUE(check->began);
  }
  // Looks so many versions up, each in the first of `apart` log entries.
  void OweVersions(uint32_t versions, int apart) {
    for (int i = 0; i < 503; ++i) log_.Append(++now_, {});
    for (uint32_t version = 1; version <= versions; ++version) {
      log_.Append(++now_, {{kAlice, EntryNumber(published_++)}});
      for (int i = 1; i < apart; ++i) log_.Append(++now_, {});
    }
    StateChange change;
    keytrans::LadderKeys keys;
    for (uint32_t version = 0; version <= versions; ++version) {
      const auto& known = log_.labels().at(kAlice)[version];
      keys[version] = {known.facts.vrf_output, known.facts.commitment};
      if (version == 0) continue;
      change.owed.push_back(
          {kAlice, known.facts.position, version, known.opened.opening, keys});
    }
    change.verified = log_.View(log_.size());
    ASSERT_EQ(state_->Apply(fingerprint(), change), absl::OkStatus());
    for (int i = 0; i < 30; ++i) log_.Append(++now_, {});
  }
  // The answer was refused and is kept, so that everybody sees why.
  void ExpectRefused(const absl::Status& status) {
    ASSERT_TRUE(RefusalOf(status).has_value()) << status;
    ASSERT_TRUE(EvidenceOf(status).has_value()) << status;
    const auto exchange = ReadExchange(*EvidenceOf(status));
    ASSERT_TRUE(exchange.ok()) << exchange.status();
    EXPECT_EQ(RefusalOf(VerifyExchange(
                            *keytrans::Verifier::Create(log_.configuration()),
                            *exchange)
                            .status()),
              RefusalOf(status));
    const auto alarm = FailureAlarm(Context(), kAlice, status);
    ASSERT_TRUE(alarm.has_value());
    EXPECT_EQ(alarm->evidence, *EvidenceOf(status));
    if (alarm->kind != AlarmKind::kRefusedProof) return;
    EXPECT_EQ(alarm->key,
              absl::StrCat("refused-proof/", fingerprint().ToHex(), "/", kAlice,
                           "/", RefusalName(*RefusalOf(status))));
  }
  // `ask` is refused whichever byte of the answer is changed: `flip` is to do
  // that. Every thirteenth one is tried.
  void ExpectNoByteCanBeChanged(
      const std::function<absl::Status()>& ask,
      const std::function<void(std::function<void(std::string&)>)>& flip) {
    size_t at = 0, size = 0;
    flip([&](std::string& response) {
      size = response.size();
      response[at] = static_cast<char>(response[at] ^ (1 << (at % 8)));
    });
    std::optional<Snapshot> before;
    do {
      SCOPED_TRACE(absl::StrCat("byte ", at));
      ExpectRefused(ask());
      // A look-up that comes first may have moved the view.
      if (!before.has_value()) before = Stored();
      EXPECT_EQ(Stored(), *before);
      at += 13;
      // It takes a hundred of a reason only.
      std::filesystem::remove_all(state_->evidence_folder());
    } while (at < size && !HasFailure());
    EXPECT_GT(size, 100u);
  }

  TempFolder temp_;
  TestLog log_;
  uint64_t now_ = kStart;
  int published_ = 0;
  FakeServer server_;
  std::optional<State> state_;
  MonitorOptions options_;
  // Of each alarm made, the version before; -1: it was not known.
  std::vector<int> older_;
  std::vector<uint64_t> slept_;
};

TEST_F(MonitorClientTest, BeginsWithWhatIsThere) {
  Publish(2);
  auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_TRUE(check->began);
  EXPECT_EQ(check->current->version, 2u);
  EXPECT_EQ(check->view.Root(), log_.Root(10));
  EXPECT_EQ(check->owned.accepted, 2u);
  EXPECT_EQ(check->owned.checked_ms, now_);
  EXPECT_EQ(check->owned, state_->ReadOwned(fingerprint(), kAlice)->value());
  EXPECT_THAT(OpenAlarms(), IsEmpty());

  check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_FALSE(check->began);
  EXPECT_THAT(check->news, IsEmpty());
  EXPECT_THAT(server_.owner_inits, SizeIs(1));
}

TEST_F(MonitorClientTest, BeginsWithAnAddressThatHasNothing) {
  auto check = Client(*state_).CheckOwned(fingerprint(), "bob@example.org", {});
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_TRUE(check->began);
  EXPECT_FALSE(check->current.has_value());
  EXPECT_EQ(check->owned.accepted, std::nullopt);
}

TEST_F(MonitorClientTest, LearnsOfSeveralVersionsInOneStream) {
  Begin();
  Publish(2);
  Pad(1);
  Publish(1);
  Publish(3);
  auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(News(*check), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(check->news[0].position, 9u);
  EXPECT_EQ(check->news[5].position, 12u);
  EXPECT_EQ(check->owned.accepted, 0u);
  EXPECT_THAT(server_.updates, SizeIs(1));
  EXPECT_THAT(older_, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(VersionsKept(), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  ASSERT_THAT(OpenAlarms(), SizeIs(6));
  EXPECT_EQ(OpenAlarms()[5], "version 6 is new and not confirmed");
}

TEST_F(MonitorClientTest, RaisesAnAlarmAboutAVersionOnce) {
  Begin();
  Publish(1);
  ASSERT_TRUE(Check().ok());
  ASSERT_THAT(OpenAlarms(), SizeIs(1));
  // Not again, though it was closed without being confirmed.
  ASSERT_TRUE(*state_->CloseAlarm((*state_->ReadOpenAlarms())[0].id, now_));
  Pad(4);
  ASSERT_TRUE(Check().ok());
  EXPECT_THAT(OpenAlarms(), IsEmpty());

  ASSERT_EQ(*state_->AcceptVersions(fingerprint(), kAlice, std::nullopt, now_),
            1u);
  Publish(1);
  state_.emplace(OpenAgain());
  auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(News(*check), ElementsAre(2));
  EXPECT_THAT(OpenAlarms(), ElementsAre("version 2 is new and not confirmed"));
}

// What was taken before the stream broke is kept with its alarm, and is not
// asked for again.
TEST_F(MonitorClientTest, KeepsWhatABrokenStreamHasShown) {
  Begin();
  Publish(1);
  Publish(1);
  int asked = 0;
  server_.end_update = [&] { return ++asked == 2; };
  server_.update_end = {grpc::StatusCode::UNAVAILABLE, "going away"};
  EXPECT_TRUE(absl::IsUnavailable(Check().status()));
  EXPECT_THAT(OpenAlarms(), ElementsAre("version 1 is new and not confirmed"));
  auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(News(*check), ElementsAre(2));
  EXPECT_THAT(older_, ElementsAre(0, 1));
  EXPECT_THAT(OpenAlarms(), SizeIs(2));
}

TEST_F(MonitorClientTest, VersionsMayComeBetweenTheQuestions) {
  Begin();
  Publish(1);
  int left = 2;
  server_.before_monitoring = [&](const std::string& call) {
    if (call != "OwnerMonitor" || left == 0) return;
    --left;
    Publish(1);
    Pad(6);
  };
  auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(News(*check), ElementsAre(1, 2, 3));
  EXPECT_EQ(check->current->version, 3u);
  EXPECT_EQ(check->owned.owner.Greatest(), 3u);
  EXPECT_THAT(OpenAlarms(), SizeIs(3));
}

TEST_F(MonitorClientTest, MonitorsInSeveralStepsWhereOneIsNotEnough) {
  Begin();
  server_.max_ladders = 1;
  Publish(1);
  Pad(20);
  server_.owner_monitors.clear();
  auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_GT(server_.owner_monitors.size(), 3u);
  EXPECT_EQ(check->owned.owner.start,
            keytrans::RightmostDistinguished(log_.configuration(),
                                             log_.View(log_.size())));
}

TEST_F(MonitorClientTest, AsksAgainWhenAnotherProcessMovedTheState) {
  Begin();
  Publish(1);
  for (const char* moved_at : {"Update", "OwnerMonitor"}) {
    SCOPED_TRACE(moved_at);
    Publish(1);
    bool moved = false;
    server_.before_monitoring = [&](const std::string& call) {
      if (moved || call != moved_at) return;
      moved = true;
      State other = OpenAgain();
      const auto view = other.ReadLog(fingerprint())->view;
      Pad(1);
      EXPECT_EQ(other.Advance(fingerprint(), view, log_.View(log_.size()), {}),
                absl::OkStatus());
      Pad(1);
    };
    auto check = Check();
    ASSERT_TRUE(check.ok()) << check.status();
    EXPECT_TRUE(moved);
    EXPECT_EQ(check->owned.owner.Greatest(), published_ - 1u);
  }
  EXPECT_THAT(OpenAlarms(), SizeIs(3));
}

// Two watchers of one state: what one has learned is no news to the other, and
// no loss either.
TEST_F(MonitorClientTest, AnotherProcessMayLearnOfAVersionFirst) {
  Begin();
  for (const char* first_at : {"Update", "OwnerMonitor"}) {
    SCOPED_TRACE(first_at);
    Publish(1);
    // The other one asks another server, which shows the same log.
    FakeServer second(log_);
    bool moved = false;
    server_.before_monitoring = [&](const std::string& call) {
      if (moved || call != first_at) return;
      moved = true;
      if (call == "OwnerMonitor") Publish(1);
      State other = OpenAgain();
      MonitorClient client(other, {.server = {"localhost:1", ""}},
                           second.InProcessChannel(), [this] { return now_; },
                           {});
      auto check = client.CheckOwned(
          fingerprint(), kAlice,
          [this](const std::string& label, const OwnedVersion& version,
                 const OwnedVersion* older, const auto&) {
            return UnknownVersionAlarm(Context(), label, version, older, {});
          });
      EXPECT_TRUE(check.ok()) << check.status();
    };
    auto check = Check();
    ASSERT_TRUE(check.ok()) << check.status();
    EXPECT_TRUE(moved);
    EXPECT_EQ(check->owned.owner.Greatest(), published_ - 1u);
    EXPECT_EQ(check->current->version, published_ - 1u);
  }
  EXPECT_THAT(OpenAlarms(), SizeIs(3));
}

TEST_F(MonitorClientTest, AnotherProcessMayBeginFirst) {
  FakeServer second(log_);
  bool moved = false;
  server_.before_monitoring = [&](const std::string& call) {
    if (moved || call != "OwnerInit") return;
    moved = true;
    State other = OpenAgain();
    MonitorClient client(other, {.server = {"localhost:1", ""}},
                         second.InProcessChannel(), [this] { return now_; },
                         {});
    EXPECT_TRUE(client.CheckOwned(fingerprint(), kAlice, {}).ok());
  };
  auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_TRUE(moved);
  EXPECT_EQ(check->owned.accepted, 0u);
}

// Another process stored a newer version than the one that the look-up found.
TEST_F(MonitorClientTest, ALookupThatWasOvertakenShowsNoLoss) {
  Begin();
  FakeServer second(log_);
  bool moved = false;
  server_.tamper = [&](v1::SearchAnswer&) {
    if (moved) return;
    moved = true;
    Publish(1);
    State other = OpenAgain();
    MonitorClient client(other, {.server = {"localhost:1", ""}},
                         second.InProcessChannel(), [this] { return now_; },
                         {});
    EXPECT_TRUE(client
                    .CheckOwned(fingerprint(), kAlice,
                                [](const auto&, const auto&, auto,
                                   const auto&) { return Alarm(); })
                    .ok());
  };
  auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->current->version, 1u);
}

TEST_F(MonitorClientTest, LearnsOfMoreVersionsThanItMonitorsAtOnce) {
  Begin();
  for (int i = 0; i < 205; ++i) Publish(1);
  auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(check->news, SizeIs(205));
  EXPECT_EQ(check->owned.owner.Greatest(), 205u);
}

TEST_F(MonitorClientTest, AServerThatShowsNoVersionAtAllWithholds) {
  Begin();
  Publish(1);
  server_.end_update = [] { return true; };
  for (const auto code :
       {grpc::StatusCode::OK, grpc::StatusCode::FAILED_PRECONDITION}) {
    server_.update_end = {code, "nothing new"};
    const absl::Status status = Check().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("does not show"));
    const auto alarm = FailureAlarm(Context(), kAlice, status);
    ASSERT_TRUE(alarm.has_value());
    EXPECT_EQ(alarm->kind, AlarmKind::kRefusedProof);
    EXPECT_EQ(alarm->key, absl::StrCat("refused-proof/", fingerprint().ToHex(),
                                       "/", kAlice, "/withheld"));
  }
  EXPECT_EQ(state_->ReadOwned(fingerprint(), kAlice)->value().owner.Greatest(),
            0u);
}

TEST_F(MonitorClientTest, AServerThatLeavesTheLastVersionOutWithholds) {
  Begin();
  Publish(1);
  Publish(1);
  int asked = 0;
  server_.end_update = [&] { return ++asked == 2; };
  const absl::Status status = Check().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(OpenAlarms(), ElementsAre("version 1 is new and not confirmed"));
}

TEST_F(MonitorClientTest, RefusesAnyOtherBeginning) {
  Publish(2);
  Pad(3);
  ExpectNoByteCanBeChanged(
      [this] { return Check().status(); },
      [this](std::function<void(std::string&)> flip) {
        server_.tamper_owner_init = [flip](v1::OwnerInitAnswer& answer) {
          flip(*answer.mutable_response());
        };
      });
  EXPECT_THAT(*state_->ReadOwned(fingerprint()), IsEmpty());
}

TEST_F(MonitorClientTest, RefusesAnyOtherUpdate) {
  Begin();
  Publish(2);
  Pad(3);
  ExpectNoByteCanBeChanged(
      [this] { return Check().status(); },
      [this](std::function<void(std::string&)> flip) {
        server_.tamper_update = [flip](v1::UpdateAnswer& answer) {
          flip(*answer.mutable_response());
        };
      });
  EXPECT_THAT(OpenAlarms(), IsEmpty());
}

TEST_F(MonitorClientTest, RefusesAnyOtherMonitoring) {
  Begin();
  Pad(7);
  ExpectNoByteCanBeChanged(
      [this] { return Check().status(); },
      [this](std::function<void(std::string&)> flip) {
        server_.tamper_owner_monitor = [flip](v1::OwnerMonitorAnswer& answer) {
          flip(*answer.mutable_response());
        };
      });
}

TEST_F(MonitorClientTest, RefusesAnyOtherMonitoringOfAContact) {
  Publish(1);
  LookUp();
  Pad(1);
  LookUp();
  ASSERT_THAT(*state_->ReadObligations(fingerprint()), SizeIs(1));
  Pad(3);
  ExpectNoByteCanBeChanged([this] { return CheckContacts().status(); },
                           [this](std::function<void(std::string&)> flip) {
                             server_.tamper_contact_monitor =
                                 [flip](v1::ContactMonitorAnswer& answer) {
                                   flip(*answer.mutable_response());
                                 };
                           });
}

TEST_F(MonitorClientTest, NoticesThatTheLogWasRolledBack) {
  Begin();
  Publish(1);
  ASSERT_TRUE(Check().ok());
  const Snapshot before = Stored();
  const auto old = log_.Twin();
  uint64_t time = kStart;
  old->Append(time += kStep, {{kAlice, EntryNumber(0)}});
  for (int i = 0; i < 8; ++i) old->Append(time += kStep, {});
  server_.before_answer = [&](TestLog*& log) { log = old.get(); };
  const absl::Status status = Check().status();
  EXPECT_EQ(RefusalOf(status), RefusalReason::kTreeSize) << status;
  const auto alarm = FailureAlarm(Context(), kAlice, status);
  ASSERT_TRUE(alarm.has_value());
  EXPECT_EQ(alarm->kind, AlarmKind::kFork);
  EXPECT_EQ(alarm->key, absl::StrCat("fork/", fingerprint().ToHex()));
  EXPECT_EQ(Stored(), before);
}

TEST_F(MonitorClientTest, NoticesThatAVersionWasDropped) {
  Begin();
  log_.Append(now_ += kStep,
              {{kAlice, EntryNumber(published_++), false, /*passing=*/true}});
  ASSERT_TRUE(Check().ok());
  ASSERT_THAT(OpenAlarms(), SizeIs(1));
  Pad(3);
  // No entry that a search looks at shows it any more.
  server_.tamper = [this](v1::SearchAnswer& answer) {
    const auto request =
        keytrans::SearchRequest::Parse(server_.requests.back());
    answer.set_response(*keytrans::LieAboutVersion(log_, *request, 0).Encode());
  };
  const absl::Status status = Check().status();
  EXPECT_EQ(RefusalOf(status), RefusalReason::kLadder) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("where it has proven version 1 before"));
  EXPECT_TRUE(EvidenceOf(status).has_value());
  const auto alarm = FailureAlarm(Context(), kAlice, status);
  ASSERT_TRUE(alarm.has_value());
  EXPECT_EQ(alarm->key, absl::StrCat("refused-proof/", fingerprint().ToHex(),
                                     "/", kAlice, "/ladder"));
  EXPECT_EQ(state_->ReadOwned(fingerprint(), kAlice)->value().owner.Greatest(),
            1u);
}

// What was verified before says otherwise than the log does now.
TEST_F(MonitorClientTest, NoticesAnotherValueAndAnAddressThatIsGone) {
  Begin();
  const OwnedAddress honest = state_->ReadOwned(fingerprint(), kAlice)->value();
  StateChange change;
  change.advertised = state_->ReadLog(fingerprint())->view;
  change.verified = *change.advertised;
  change.owned_before = honest;
  change.owned = honest;
  change.owned->owner.keys.at(0).commitment = crypto::Commitment();
  ASSERT_EQ(state_->Apply(fingerprint(), change), absl::OkStatus());
  absl::Status status = Check().status();
  EXPECT_EQ(RefusalOf(status), RefusalReason::kLadder) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("proves another value of version 0"));
  EXPECT_TRUE(EvidenceOf(status).has_value());

  change.advertised = state_->ReadLog(fingerprint())->view;
  change.verified = *change.advertised;
  change.owned_before.reset();
  change.owned = honest;
  change.owned->owner.label = "nobody@example.org";
  ASSERT_EQ(state_->Apply(fingerprint(), change), absl::OkStatus());
  status = Client(*state_)
               .CheckOwned(fingerprint(), "nobody@example.org", {})
               .status();
  EXPECT_EQ(RefusalOf(status), RefusalReason::kLadder) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("proves that there is no version"));
  EXPECT_TRUE(EvidenceOf(status).has_value());
}

// A request counts its entries, and a proof its elements, in one byte.
TEST_F(MonitorClientTest, MonitorsMoreThanFitsIntoOneRequest) {
  OweVersions(300, /*apart=*/1);
  auto check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->labels, 1u);
  EXPECT_THAT(server_.contact_monitors, SizeIs(2));
  EXPECT_LT(check->remaining, 20u);
  EXPECT_THAT(*state_->ReadObligations(fingerprint()),
              SizeIs(check->remaining));
  EXPECT_EQ(state_->ReadObligations(fingerprint())->back().version, 300u);
}

// Each has ancestors of its own, so that no proof holds those of all.
TEST_F(MonitorClientTest, AsksAboutFewerWhereTheAnswerDoesNotFit) {
  OweVersions(255, /*apart=*/4);
  std::vector<size_t> asked;
  server_.before_monitoring = [&](const std::string&) {
    asked.push_back(server_.contact_monitors.back().openings_size());
  };
  auto check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  ASSERT_GE(asked.size(), 4u);
  EXPECT_EQ(asked[0], 255u);
  EXPECT_EQ(asked[1], 127u);
  // Halved until it fits, and then each was asked about once.
  const size_t fits = *std::min_element(asked.begin(), asked.end() - 1);
  size_t monitored = 0;
  for (size_t one : asked) monitored += one <= fits ? one : 0;
  EXPECT_EQ(monitored, 255u);
  const auto left = *state_->ReadObligations(fingerprint());
  EXPECT_THAT(left, SizeIs(check->remaining));
  EXPECT_LT(left.size(), 20u);
}

// An owner's request has all of its map. What no answer can hold is monitored
// in parts first, which leaves little.
TEST_F(MonitorClientTest, MonitorsAnOwnersMapInPartsWhereItDoesNotFit) {
  Begin();
  for (int i = 0; i < 5; ++i) Publish(1);
  std::vector<size_t> asked;
  server_.tamper_owner_monitor = [&](v1::OwnerMonitorAnswer& answer) {
    const auto request = *keytrans::OwnerMonitorRequest::Parse(
        server_.owner_monitors.back().request());
    asked.push_back(request.entries.size());
    if (asked.size() == 1) answer.set_response(std::string(17 << 20, 'x'));
  };
  const auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(check->news, SizeIs(5));
  ASSERT_GE(asked.size(), 2u);
  EXPECT_LT(asked[1], asked[0]);
  ASSERT_FALSE(server_.contact_monitors.empty());
  const auto request = *keytrans::ContactMonitorRequest::Parse(
      server_.contact_monitors[0].request());
  EXPECT_EQ(request.entries.size(), asked[0]);
  EXPECT_EQ(check->owned.owner.Greatest(), 5u);
}

TEST_F(MonitorClientTest, RefusesAnotherMonitoringOfAPartOfAnOwnersMap) {
  Begin();
  for (int i = 0; i < 5; ++i) Publish(1);
  bool asked = false;
  server_.tamper_owner_monitor = [&](v1::OwnerMonitorAnswer& answer) {
    if (!asked) answer.set_response(std::string(17 << 20, 'x'));
    asked = true;
  };
  server_.tamper_contact_monitor = [](v1::ContactMonitorAnswer& answer) {
    answer.mutable_response()->back() ^= 1;
  };
  ExpectRefused(Check().status());
  EXPECT_TRUE(asked);
}

TEST_F(MonitorClientTest, AsksAboutAPartAgainWhenAnotherProcessMovedTheState) {
  Begin();
  for (int i = 0; i < 5; ++i) Publish(1);
  std::vector<size_t> asked;
  server_.tamper_owner_monitor = [&](v1::OwnerMonitorAnswer& answer) {
    const auto request = *keytrans::OwnerMonitorRequest::Parse(
        server_.owner_monitors.back().request());
    asked.push_back(request.entries.size());
    if (asked.size() == 1) answer.set_response(std::string(17 << 20, 'x'));
  };
  MoveStateDuring("ContactMonitor");
  const auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  ASSERT_GE(asked.size(), 2u);
  EXPECT_LT(asked[1], asked[0]);
  EXPECT_THAT(server_.contact_monitors, SizeIs(2));
}

// Where nothing helps, it ends.
TEST_F(MonitorClientTest, GivesUpAnOwnersMapThatNeverFits) {
  Begin();
  for (int i = 0; i < 3; ++i) Publish(1);
  server_.tamper_owner_monitor = [&](v1::OwnerMonitorAnswer& answer) {
    answer.set_response(std::string(17 << 20, 'x'));
  };
  const absl::Status status = Check().status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
}

// A server that says so of a single one is not asked for ever.
TEST_F(MonitorClientTest, GivesUpWhereNotEvenOneFits) {
  OweVersions(20, /*apart=*/1);
  const Snapshot before = Stored();
  server_.tamper_contact_monitor = [](v1::ContactMonitorAnswer& answer) {
    answer.set_response(std::string(17 << 20, 'x'));
  };
  const absl::Status status = CheckContacts().status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(server_.contact_monitors, SizeIs(5));
  EXPECT_EQ(Stored(), before);
}

TEST_F(MonitorClientTest, SendsTheOpeningsOfWhatItMonitors) {
  Publish(1);
  LookUp();
  ASSERT_THAT(*state_->ReadObligations(fingerprint()), SizeIs(1));
  Pad(1);
  auto check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->labels, 1u);
  ASSERT_THAT(server_.contact_monitors, SizeIs(1));
  const v1::ContactMonitorCall& call = server_.contact_monitors[0];
  const auto request = keytrans::ContactMonitorRequest::Parse(call.request());
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->last, 10u);
  EXPECT_THAT(request->entries, ElementsAre(keytrans::MonitorMapEntry{9, 1}));
  ASSERT_THAT(call.openings(), SizeIs(1));
  EXPECT_EQ(call.openings(0),
            log_.labels().at(kAlice)[1].opened.opening.ToString());
}

TEST_F(MonitorClientTest, MonitorsUntilADistinguishedEntryHasShownIt) {
  Publish(1);
  LookUp();
  Pad(1);
  Publish(1);
  LookUp();
  auto check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_GT(check->remaining, 0u);
  Pad(8);
  check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->remaining, 0u);
  EXPECT_THAT(*state_->ReadObligations(fingerprint()), IsEmpty());
  // Nothing is left to ask for.
  server_.contact_monitors.clear();
  check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->labels, 0u);
  EXPECT_THAT(server_.contact_monitors, IsEmpty());
}

TEST_F(MonitorClientTest, MergesWhatIsOwedTwice) {
  Publish(1);
  LookUp();
  auto owed = *state_->ReadObligations(fingerprint());
  ASSERT_THAT(owed, SizeIs(1));
  Pad(2);
  // The same version, found at a later entry, too.
  owed[0].position = 11;
  const auto view = state_->ReadLog(fingerprint())->view;
  ASSERT_EQ(state_->Advance(fingerprint(), view, log_.View(12), owed),
            absl::OkStatus());
  ASSERT_THAT(*state_->ReadObligations(fingerprint()), SizeIs(2));
  auto check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  const auto request = keytrans::ContactMonitorRequest::Parse(
      server_.contact_monitors[0].request());
  EXPECT_THAT(request->entries, ElementsAre(keytrans::MonitorMapEntry{9, 1}));
  EXPECT_THAT(*state_->ReadObligations(fingerprint()),
              SizeIs(check->remaining));
}

TEST_F(MonitorClientTest, RefusesTwoValuesOfOneVersion) {
  Publish(1);
  LookUp();
  auto owed = *state_->ReadObligations(fingerprint());
  ASSERT_THAT(owed, SizeIs(1));
  Pad(2);
  owed[0].position = 11;
  owed[0].opening = {};
  const auto view = state_->ReadLog(fingerprint())->view;
  ASSERT_EQ(state_->Advance(fingerprint(), view, log_.View(12), owed),
            absl::OkStatus());
  ASSERT_THAT(*state_->ReadObligations(fingerprint()), SizeIs(2));
  const absl::Status status = CheckContacts().status();
  EXPECT_EQ(RefusalOf(status), RefusalReason::kLadder) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("has proven two values of version 1"));
}

TEST_F(MonitorClientTest,
       AsksAboutContactsAgainWhenAnotherProcessMovedTheState) {
  Publish(1);
  LookUpOwed();
  MoveStateDuring("ContactMonitor");
  const auto check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(server_.contact_monitors, SizeIs(2));
}

// States of the first version kept no keys.
TEST_F(MonitorClientTest, SearchesAgainWhereTheKeysAreMissing) {
  Publish(1);
  LookUp();
  auto owed = *state_->ReadObligations(fingerprint());
  ASSERT_THAT(owed, SizeIs(1));
  StateChange change;
  change.advertised = state_->ReadLog(fingerprint())->view;
  change.verified = *change.advertised;
  change.done = owed;
  owed[0].ladder.clear();
  change.owed = owed;
  ASSERT_EQ(state_->Apply(fingerprint(), change), absl::OkStatus());
  server_.requests.clear();
  auto check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(server_.requests, SizeIs(1));
  ASSERT_THAT(server_.contact_monitors, SizeIs(1));
  EXPECT_GT(check->remaining, 0u);
  const auto left = *state_->ReadObligations(fingerprint());
  for (const auto& one : left) EXPECT_TRUE(one.CanBeMonitored());
  // Distinguished by now: nothing is owed any more, nor asked for.
  change.advertised = state_->ReadLog(fingerprint())->view;
  change.verified = *change.advertised;
  ASSERT_EQ(state_->Apply(fingerprint(), change), absl::OkStatus());
  Pad(12);
  check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->remaining, 0u);
  EXPECT_THAT(*state_->ReadObligations(fingerprint()), IsEmpty());
}

// A search for version 6 in a log entry that has 7, too, proves it without the
// commitment of version 5, which monitoring it takes.
TEST_F(MonitorClientTest, AServerThatWithholdsWhatMonitoringTakesIsAnAlarm) {
  Publish(7);
  server_.tamper = [this](v1::SearchAnswer& answer) {
    const auto request =
        keytrans::SearchRequest::Parse(server_.requests.back());
    auto response = keytrans::SearchResponse::Parse(
        log_.configuration(), *request, answer.response());
    ASSERT_TRUE(response.ok()) << response.status();
    // Its ladder is 0, 1, 3, 7, 5, 6.
    ASSERT_TRUE(response->binary_ladder[4].commitment.has_value());
    response->binary_ladder[4].commitment.reset();
    answer.set_response(*response->Encode());
  };
  LookUp(6);
  const Snapshot before = Stored();
  ASSERT_THAT(before.owed, SizeIs(1));
  ASSERT_FALSE(before.owed[0].CanBeMonitored());
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = CheckContacts().status();
    EXPECT_TRUE(IsWithheld(status)) << status;
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    const auto alarm = FailureAlarm(Context(), kAlice, status);
    ASSERT_TRUE(alarm.has_value());
    EXPECT_EQ(alarm->kind, AlarmKind::kRefusedProof);
    EXPECT_EQ(alarm->subject, "the server withholds what it has proven");
    EXPECT_THAT(alarm->lines,
                Contains(HasSubstr("does not show what monitoring version 6")));
    EXPECT_EQ(Stored(), before);
  }
  server_.tamper = nullptr;
  const auto check = CheckContacts();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->remaining, 1u);
  EXPECT_TRUE((*state_->ReadObligations(fingerprint()))[0].CanBeMonitored());
}

TEST_F(MonitorClientTest, RefusesAnotherVersionThanTheOneLookedUpFirst) {
  Publish(1);
  LookUp();
  auto owed = *state_->ReadObligations(fingerprint());
  StateChange change;
  change.advertised = state_->ReadLog(fingerprint())->view;
  change.verified = *change.advertised;
  change.done = owed;
  owed[0].ladder.clear();
  owed[0].opening = {};
  change.owed = owed;
  ASSERT_EQ(state_->Apply(fingerprint(), change), absl::OkStatus());
  const absl::Status status = CheckContacts().status();
  EXPECT_EQ(RefusalOf(status), RefusalReason::kLadder) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("looked up first"));
  EXPECT_TRUE(EvidenceOf(status).has_value());
  EXPECT_EQ(*state_->ReadObligations(fingerprint()), owed);
}

TEST_F(MonitorClientTest, RefusesTheLossOfWhatWasLookedUpFirst) {
  Publish(1);
  LookUp();
  const auto owed = *state_->ReadObligations(fingerprint());
  ASSERT_THAT(owed, SizeIs(1));
  // A version that is said not to exist, beside one with the same opening; and
  // a label that has none.
  for (const auto& [label, version] :
       {std::pair{std::string(kAlice), 5u},
        std::pair{std::string("nobody@example.org"), 0u}}) {
    SCOPED_TRACE(label);
    Owe({label, owed[0].position, version, owed[0].opening, {}});
    const absl::Status status = CheckContacts().status();
    EXPECT_EQ(RefusalOf(status), RefusalReason::kLadder) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("looked up first"));
    EXPECT_TRUE(EvidenceOf(status).has_value());
  }
}

// A server that is away or overloaded says nothing about the log.
TEST_F(MonitorClientTest, AServerThatDoesNotAnswerIsNoAlarm) {
  Begin();
  Publish(1);
  const Snapshot before = Stored();
  server_.end_update = [] { return true; };
  for (const auto code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::RESOURCE_EXHAUSTED}) {
    server_.update_end = {code, "not now"};
    const absl::Status status = Check().status();
    EXPECT_EQ(static_cast<int>(status.code()), static_cast<int>(code));
    EXPECT_FALSE(FailureAlarm(Context(), kAlice, status).has_value());
    EXPECT_EQ(Stored().owned, before.owned);
  }
}

// Every call in which a limit may be met: the second time each is let through.
TEST_F(MonitorClientTest, WaitsWhereTheServerLimitsLookUps) {
  bool refuse = false;
  int refused = 0;
  server_.limit = [&]() -> uint64_t {
    refuse = !refuse;
    if (refuse) ++refused;
    return refuse ? 2500 : 0;
  };
  auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_TRUE(check->began);
  // Search, OwnerInit and OwnerMonitor.
  EXPECT_THAT(slept_, ElementsAre(2500, 2500, 2500));

  slept_.clear();
  Publish(1);
  Publish(1);
  LookUpOwed();
  check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(News(*check), ElementsAre(1, 2));
  // Search, Update, once more in the middle of it, and OwnerMonitor.
  EXPECT_THAT(slept_, ElementsAre(2500, 2500, 2500, 2500));

  slept_.clear();
  auto contacts = CheckContacts();
  ASSERT_TRUE(contacts.ok()) << contacts.status();
  EXPECT_EQ(contacts->labels, 1u);
  EXPECT_THAT(slept_, ElementsAre(2500));
  EXPECT_EQ(refused, 8);
}

// Many addresses behind a limit of a few at once take their time.
TEST_F(MonitorClientTest, GetsThroughWithManyAddresses) {
  int tokens = 20;
  server_.limit = [&]() -> uint64_t {
    if (tokens == 0) return 2000;
    --tokens;
    return 0;
  };
  options_.patience.sleep = [&](uint64_t) { tokens = 20; };
  MonitorClient client(
      *state_, {.server = {"localhost:1", ""}}, server_.InProcessChannel(),
      [this] { return now_; }, options_);
  for (int i = 0; i < 60; ++i) {
    const auto check = client.CheckOwned(
        fingerprint(), absl::StrCat("a", i, "@example.org"), {});
    ASSERT_TRUE(check.ok()) << check.status();
  }
}

// A server that lets nothing through holds a round up once, not each address.
TEST_F(MonitorClientTest, WaitsInVainOnceARound) {
  Begin();
  server_.limit = [] { return 2500; };
  MonitorClient client = Client(*state_);
  for (int i = 0; i < 3; ++i) {
    const absl::Status status =
        client.CheckOwned(fingerprint(), kAlice, {}).status();
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_FALSE(FailureAlarm(Context(), kAlice, status).has_value());
    EXPECT_THAT(slept_, SizeIs(10));
  }
  client.BeginRound();
  EXPECT_FALSE(client.CheckOwned(fingerprint(), kAlice, {}).ok());
  EXPECT_THAT(slept_, SizeIs(20));
}

// The call under way is cancelled, whichever it is; what came before it stays.
// What was found is not forgotten for a stop that comes at that moment.
TEST_F(MonitorClientTest, TellsOfARefusalAlsoWhenItIsStopped) {
  Publish(1);
  LookUp();
  ASSERT_THAT(*state_->ReadObligations(fingerprint()), SizeIs(1));
  Pad(1);
  Stop stop;
  options_.stop = &stop;
  server_.tamper_contact_monitor = [](v1::ContactMonitorAnswer& answer) {
    answer.mutable_response()->back() ^= 1;
  };
  // The clock is asked when an answer has come.
  MonitorClient client(
      *state_, {.server = {"localhost:1", ""}}, server_.InProcessChannel(),
      [&] {
        stop.Request();
        return now_;
      },
      options_);
  const auto check = client.CheckContacts(fingerprint());
  options_.stop = nullptr;
  ASSERT_TRUE(check.ok()) << check.status();
  ASSERT_THAT(check->failures, SizeIs(1));
  EXPECT_TRUE(RefusalOf(check->failures[0].status).has_value());
}

TEST_F(MonitorClientTest, StopsInTheMiddleOfAnyCall) {
  struct Turn {
    Stop stop;
    absl::Notification over;
  };
  std::map<std::string, Turn> turns;
  Begin();
  Publish(1);
  LookUpOwed();
  server_.before_monitoring = [&](const std::string& call) {
    Turn& turn = turns[call];
    if (turn.stop.requested()) return;
    turn.stop.Request();
    // The client does not wait for the answer.
    turn.over.WaitForNotification();
  };
  for (const std::string& stopped :
       std::vector<std::string>{"Update", "OwnerMonitor", "ContactMonitor"}) {
    SCOPED_TRACE(stopped);
    options_.stop = &turns[stopped].stop;
    if (stopped == "ContactMonitor") {
      const auto check = Client(*state_).CheckContacts(fingerprint());
      turns[stopped].over.Notify();
      ASSERT_TRUE(check.ok()) << check.status();
      EXPECT_THAT(check->failures, IsEmpty());
      EXPECT_EQ(check->remaining, 0u);
      continue;
    }
    const absl::Status status = Check().status();
    EXPECT_TRUE(turns[stopped].stop.requested());
    turns[stopped].over.Notify();
    EXPECT_TRUE(absl::IsCancelled(status)) << status;
    EXPECT_FALSE(FailureAlarm(Context(), kAlice, status).has_value());
  }
  options_.stop = nullptr;
  EXPECT_THAT(OpenAlarms(), ElementsAre("version 1 is new and not confirmed"));
  const auto check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(check->news, IsEmpty());
  EXPECT_TRUE(CheckContacts().ok());
}

}  // namespace
}  // namespace sealbook::client
