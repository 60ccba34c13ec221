// What watching keeps in the state: owned addresses, alarms and their delivery,
// and states of an older version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/sqlite.h"
#include "client/state.h"
#include "client/testing/temp_folder.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kAlice[] = "alice@example.org";

class StateWatchTest : public ::testing::Test {
 protected:
  StateWatchTest() : log_(1000) {
    for (int i = 0; i < 9; ++i) log_.Append(1000 + i, {});
  }

  State OpenConfigured() {
    auto state = State::Open(folder(), State::Mode::kCreate);
    EXPECT_TRUE(state.ok()) << state.status();
    EXPECT_TRUE(
        state->PutLog(log_.configuration(), {"localhost:8443", ""}).ok());
    return *std::move(state);
  }
  void EditDatabase(const std::string& sql) {
    auto database =
        Database::Open(folder() + "/state.db", Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_EQ(database->Execute(sql), absl::OkStatus());
  }
  std::string folder() const { return temp_.path("state"); }
  crypto::Hash fingerprint() const {
    return log_.configuration().Fingerprint();
  }

  OwnedAddress Owned(uint64_t start) const {
    OwnedAddress owned;
    owned.owner.label = kAlice;
    owned.owner.start = start;
    owned.owner.keys.emplace(0, merkle::PrefixQuery{});
    return owned;
  }
  Alarm MakeAlarm(const std::string& key) const {
    Alarm alarm;
    alarm.key = key;
    alarm.raised_ms = 7;
    alarm.log = fingerprint().ToHex();
    alarm.label = kAlice;
    alarm.subject =
        "s\xc3\xbc"
        "bject";
    alarm.lines = {"one", "", "two \"quoted\""};
    alarm.evidence = "/evidence";
    alarm.details = R"({"version": 1})";
    return alarm;
  }
  StateChange Change(uint64_t size) const {
    StateChange change{.advertised = std::nullopt, .verified = log_.View(size)};
    return change;
  }

  TempFolder temp_;
  keytrans::TestLog log_;
};

TEST_F(StateWatchTest, ChangesEverythingAtOnce) {
  State state = OpenConfigured();
  StateChange change = Change(4);
  change.owned = Owned(3);
  change.owned->accepted = 2;
  change.versions = {{1, std::nullopt, "old"}, {2, 3, "new"}};
  change.alarms = {MakeAlarm("a")};
  ASSERT_EQ(state.Apply(fingerprint(), change), absl::OkStatus());
  EXPECT_EQ(*state.ReadOwned(fingerprint(), kAlice), change.owned);
  EXPECT_THAT(*state.ReadOwned(fingerprint()), ElementsAre(*change.owned));
  EXPECT_THAT(*state.ReadOwnedVersions(fingerprint(), kAlice, 0),
              ElementsAre(change.versions[0], change.versions[1]));
  EXPECT_THAT(*state.ReadOwnedVersions(fingerprint(), kAlice, 2), SizeIs(1));
  const std::vector<OpenAlarm> open = *state.ReadOpenAlarms();
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open[0].alarm, change.alarms[0]);

  // Another process has checked the address meanwhile: nothing is changed.
  StateChange late = Change(5);
  late.advertised = log_.View(4);
  late.owned_before = Owned(1);
  late.owned = Owned(4);
  late.alarms = {MakeAlarm("b")};
  EXPECT_TRUE(absl::IsAborted(state.Apply(fingerprint(), late)));
  EXPECT_EQ(state.ReadLog(fingerprint())->view->size(), 4u);
  EXPECT_THAT(*state.ReadOpenAlarms(), SizeIs(1));
}

TEST_F(StateWatchTest, ConfirmingClosesTheAlarmsAboutVersionsOnly) {
  State state = OpenConfigured();
  StateChange change = Change(4);
  change.owned = Owned(3);
  change.owned->accepted = 1;
  change.alarms = {MakeAlarm("version"), MakeAlarm("proof")};
  change.alarms[1].kind = AlarmKind::kRefusedProof;
  ASSERT_EQ(state.Apply(fingerprint(), change), absl::OkStatus());
  EXPECT_EQ(*state.AcceptVersions(fingerprint(), kAlice, std::nullopt, 9), 1u);
  ASSERT_THAT(*state.ReadOpenAlarms(), SizeIs(1));
  EXPECT_EQ((*state.ReadOpenAlarms())[0].alarm.key, "proof");
  EXPECT_TRUE(absl::IsNotFound(
      state.AcceptVersions(fingerprint(), "bob@x", std::nullopt, 9).status()));
  EXPECT_EQ(state.Disown(fingerprint(), kAlice, 9), absl::OkStatus());
  EXPECT_THAT(*state.ReadOpenAlarms(), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(state.Disown(fingerprint(), kAlice, 9)));
}

TEST_F(StateWatchTest, KeepsOneOpenAlarmOfAKey) {
  State state = OpenConfigured();
  ASSERT_EQ(state.RaiseAlarm(MakeAlarm("a")), absl::OkStatus());
  ASSERT_EQ(state.RaiseAlarm(MakeAlarm("a")), absl::OkStatus());
  EXPECT_THAT(*state.ReadOpenAlarms(), SizeIs(1));
  EXPECT_TRUE(*state.CloseAlarm("a", 9));
  EXPECT_FALSE(*state.CloseAlarm("a", 9));
  ASSERT_EQ(state.RaiseAlarm(MakeAlarm("a")), absl::OkStatus());
  const std::vector<OpenAlarm> open = *state.ReadOpenAlarms();
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_TRUE(*state.CloseAlarm(open[0].id, 9));
}

TEST_F(StateWatchTest, KeepsSeveralAlarmsTogether) {
  State state = OpenConfigured();
  ASSERT_EQ(state.RaiseAlarm(MakeAlarm("a")), absl::OkStatus());
  ASSERT_EQ(state.RaiseAlarms({MakeAlarm("a"), MakeAlarm("b"), MakeAlarm("c")}),
            absl::OkStatus());
  ASSERT_EQ(state.RaiseAlarms({}), absl::OkStatus());
  EXPECT_THAT(*state.ReadOpenAlarms(), SizeIs(3));
}

TEST_F(StateWatchTest, TellsOnceUntilTheLabelIsForgotten) {
  State state = OpenConfigured();
  StateChange change = Change(4);
  change.owned = Owned(3);
  ASSERT_EQ(state.Apply(fingerprint(), change), absl::OkStatus());
  ASSERT_EQ(state.RaiseAlarmOnce(MakeAlarm("a")), absl::OkStatus());
  ASSERT_EQ(state.RaiseAlarmOnce(MakeAlarm("a")), absl::OkStatus());
  EXPECT_THAT(*state.ReadOpenAlarms(), SizeIs(1));
  EXPECT_TRUE(*state.CloseAlarm("a", 9));
  ASSERT_EQ(state.RaiseAlarmOnce(MakeAlarm("a")), absl::OkStatus());
  EXPECT_THAT(*state.ReadOpenAlarms(), IsEmpty());
  ASSERT_EQ(state.Disown(fingerprint(), kAlice, 9), absl::OkStatus());
  ASSERT_EQ(state.RaiseAlarmOnce(MakeAlarm("a")), absl::OkStatus());
  EXPECT_THAT(*state.ReadOpenAlarms(), SizeIs(1));
}

TEST_F(StateWatchTest, HandsEachAlarmToEachChannelUntilItIsTaken) {
  {
    State state = OpenConfigured();
    ASSERT_EQ(state.RaiseAlarm(MakeAlarm("a")), absl::OkStatus());
    const auto due = *state.ReadPendingDeliveries({"exec", "mail"}, 10);
    ASSERT_THAT(due, SizeIs(2));
    ASSERT_EQ(state.MarkDelivered(due[0], 10), absl::OkStatus());
    ASSERT_EQ(state.MarkFailed(due[1], 50, "no server"), absl::OkStatus());
  }
  State state = OpenConfigured();
  EXPECT_THAT(*state.ReadPendingDeliveries({"exec", "mail"}, 49), IsEmpty());
  const auto due = *state.ReadPendingDeliveries({"exec", "mail"}, 50);
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].channel, "mail");
  EXPECT_EQ(due[0].attempts, 1u);
  EXPECT_EQ(due[0].alarm, MakeAlarm("a"));
  ASSERT_TRUE(*state.CloseAlarm("a", 60));
  EXPECT_THAT(*state.ReadPendingDeliveries({"exec", "mail"}, 99), IsEmpty());
}

TEST_F(StateWatchTest, NoticesAFlippedBitInWhatIsKnownOfAnAddress) {
  State state = OpenConfigured();
  StateChange change = Change(4);
  change.owned = Owned(3);
  ASSERT_EQ(state.Apply(fingerprint(), change), absl::OkStatus());
  EditDatabase(
      "UPDATE owned SET state = CAST(substr(state, 1, 5) || x'00' || "
      "substr(state, 7) AS BLOB)");
  const absl::Status status = state.ReadOwned(fingerprint()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("checksum"));
}

// As version 0.1 wrote it: without what watching keeps.
TEST_F(StateWatchTest, TakesOverAStateOfTheFirstVersion) {
  {
    State state = OpenConfigured();
    ASSERT_EQ(state.Advance(fingerprint(), std::nullopt, log_.View(4),
                            {{.label = kAlice,
                              .position = 3,
                              .version = 1,
                              .opening = {},
                              .ladder = {}}}),
              absl::OkStatus());
  }
  EditDatabase(
      "DROP TABLE delivery; DROP TABLE alarm; DROP TABLE done; "
      "DROP TABLE owned_version; DROP TABLE owned; "
      "ALTER TABLE obligation DROP COLUMN ladder; PRAGMA user_version = 1");
  {
    // Who may only read still finds the view.
    const auto read_only = State::Open(folder(), State::Mode::kReadOnly);
    ASSERT_TRUE(read_only.ok()) << read_only.status();
  }
  State state = OpenConfigured();
  EXPECT_EQ(state.ReadLog(fingerprint())->view->size(), 4u);
  const auto owed = *state.ReadObligations(fingerprint());
  ASSERT_THAT(owed, SizeIs(1));
  EXPECT_FALSE(owed[0].CanBeMonitored());
  EXPECT_EQ(state.RaiseAlarm(MakeAlarm("a")), absl::OkStatus());
}

TEST_F(StateWatchTest, RemembersWhenSomethingWasDone) {
  State state = OpenConfigured();
  EXPECT_EQ(*state.ReadTime(fingerprint(), "watch"), 0u);
  ASSERT_EQ(state.WriteTime(fingerprint(), "watch", 5), absl::OkStatus());
  EXPECT_EQ(*state.ReadTime(fingerprint(), "watch"), 5u);
  EXPECT_EQ(*state.ReadTime(fingerprint(), "other"), 0u);
}

}  // namespace
}  // namespace sealbook::client
