#include "client/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "client/files.h"
#include "client/sqlite.h"
#include "client/testing/temp_folder.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::client {
namespace {

using keytrans::MonitoringObligation;
using keytrans::TreeView;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ServerAddress kServer = {.target = "localhost:8443",
                               .ca_file = "/etc/ca.pem"};

class StateTest : public ::testing::Test {
 protected:
  StateTest() : log_(1000) {
    for (int i = 0; i < 9; ++i) log_.Append(1000 + i, {});
  }

  State OpenState() {
    auto state = State::Open(folder(), State::Mode::kCreate);
    EXPECT_TRUE(state.ok()) << state.status();
    return *std::move(state);
  }
  State OpenConfigured() {
    State state = OpenState();
    EXPECT_TRUE(state.PutLog(log_.configuration(), kServer).ok());
    return state;
  }
  absl::Status OpenError(State::Mode mode = State::Mode::kCreate) {
    return State::Open(folder(), mode).status();
  }
  std::string folder() const { return temp_.path("state"); }
  std::string file() const { return temp_.path("state/state.db"); }
  crypto::Hash fingerprint() const {
    return log_.configuration().Fingerprint();
  }
  std::optional<TreeView> StoredView(State& state) {
    auto record = state.ReadLog(fingerprint());
    EXPECT_TRUE(record.ok()) << record.status();
    return record->view;
  }
  void EditDatabase(const std::string& sql) {
    auto database = Database::Open(file(), Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok()) << database.status();
    absl::Status status = database->Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }

  TempFolder temp_;
  keytrans::TestLog log_;
};

MonitoringObligation Owed(const std::string& label, uint64_t position,
                          uint32_t version) {
  return {.label = label,
          .position = position,
          .version = version,
          .opening = crypto::Opening::FromBytes("0123456789abcdef").value()};
}

TEST_F(StateTest, RemembersALogAcrossReopening) {
  {
    State state = OpenConfigured();
    ASSERT_TRUE(state
                    .Advance(fingerprint(), std::nullopt, log_.View(4),
                             {Owed("b@x", 3, 1), Owed("a@x", 2, 0)})
                    .ok());
  }
  State state = State::Open(folder(), State::Mode::kReadOnly).value();
  std::vector<LogRecord> logs = state.ReadLogs().value();
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ(logs[0].fingerprint, fingerprint());
  EXPECT_EQ(logs[0].configuration, log_.configuration());
  EXPECT_EQ(logs[0].server, kServer);
  EXPECT_EQ(logs[0].view, log_.View(4));
  EXPECT_THAT(state.ReadObligations(fingerprint()).value(),
              ElementsAre(Owed("a@x", 2, 0), Owed("b@x", 3, 1)));
}

TEST_F(StateTest, IsPrivate) {
  OpenState();
  struct stat facts;
  ASSERT_EQ(stat(folder().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  ASSERT_EQ(stat(file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(StateTest, AKnownLogMayMoveToAnotherServer) {
  State state = OpenConfigured();
  ASSERT_TRUE(
      state.Advance(fingerprint(), std::nullopt, log_.View(4), {}).ok());
  ServerAddress moved = {.target = "other.example:1", .ca_file = ""};
  ASSERT_TRUE(state.PutLog(log_.configuration(), moved).ok());
  LogRecord record = state.ReadLog(fingerprint()).value();
  EXPECT_EQ(record.server, moved);
  EXPECT_EQ(record.view, log_.View(4));
}

TEST_F(StateTest, RefusesAnotherLogInPassing) {
  State state = OpenConfigured();
  keytrans::Configuration other = log_.configuration();
  other.max_behind += 1;
  absl::Status status = state.PutLog(other, kServer);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("never changes"), HasSubstr(fingerprint().ToHex()),
            HasSubstr(other.Fingerprint().ToHex())));
  EXPECT_EQ(state.ReadLogs().value().size(), 1u);
}

TEST_F(StateTest, ReplacesTheViewThatWasAdvertised) {
  State state = OpenConfigured();
  ASSERT_TRUE(
      state.Advance(fingerprint(), std::nullopt, log_.View(4), {}).ok());
  ASSERT_TRUE(
      state.Advance(fingerprint(), log_.View(4), log_.View(9), {}).ok());
  EXPECT_EQ(StoredView(state), log_.View(9));
}

TEST_F(StateTest, KeepsAViewThatMovedMeanwhile) {
  State state = OpenConfigured();
  State other = OpenState();
  ASSERT_TRUE(
      other.Advance(fingerprint(), std::nullopt, log_.View(4), {}).ok());
  absl::Status status = state.Advance(fingerprint(), std::nullopt, log_.View(9),
                                      {Owed("a@x", 1, 0)});
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("ask again"));
  EXPECT_EQ(StoredView(state), log_.View(4));
  EXPECT_TRUE(state.ReadObligations(fingerprint()).value().empty());
}

TEST_F(StateTest, DoesNotGoBackToAnOlderViewOfAnotherProcess) {
  State state = OpenConfigured();
  ASSERT_TRUE(
      state.Advance(fingerprint(), std::nullopt, log_.View(9), {}).ok());
  absl::Status status =
      state.Advance(fingerprint(), log_.View(4), log_.View(5), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("another process"));
  EXPECT_EQ(StoredView(state), log_.View(9));
}

TEST_F(StateTest, TwoProcessesMayLearnTheSameView) {
  State state = OpenConfigured();
  State other = OpenState();
  ASSERT_TRUE(other
                  .Advance(fingerprint(), std::nullopt, log_.View(4),
                           {Owed("a@x", 3, 0)})
                  .ok());
  ASSERT_TRUE(state
                  .Advance(fingerprint(), std::nullopt, log_.View(4),
                           {Owed("b@x", 3, 0)})
                  .ok());
  EXPECT_EQ(state.ReadObligations(fingerprint()).value().size(), 2u);
}

TEST_F(StateTest, KeepsAnObligationOnce) {
  State state = OpenConfigured();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(state
                    .Advance(fingerprint(), StoredView(state), log_.View(4),
                             {Owed("a@x", 3, 0)})
                    .ok());
  }
  EXPECT_THAT(state.ReadObligations(fingerprint()).value(),
              ElementsAre(Owed("a@x", 3, 0)));
}

TEST_F(StateTest, DoesNotKnowALogThatWasNeverConfigured) {
  State state = OpenState();
  absl::Status status = state.ReadLog(fingerprint()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("does not know"));
  status = state.Advance(fingerprint(), std::nullopt, log_.View(4), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(fingerprint().ToHex()));
}

// Every process climbs from the view that it read to the next one. Each step is
// taken by exactly one of them, so that none is lost and none taken twice.
TEST_F(StateTest, RacingProcessesTakeEachStepOnce) {
  OpenConfigured();
  constexpr int kProcesses = 4;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto state = State::Open(folder(), State::Mode::kExisting);
      if (!state.ok()) _exit(100);
      int taken = 0;
      while (true) {
        auto record = state->ReadLog(fingerprint());
        if (!record.ok()) _exit(101);
        uint64_t size = record->view.has_value() ? record->view->size() : 0;
        if (size == log_.size()) _exit(taken);
        TreeView next = log_.View(size + 1);
        // Nobody else's view is the same.
        next.tree_head.signature = std::to_string(i);
        absl::Status status = state->Advance(fingerprint(), record->view, next,
                                             {Owed("a@x", size + 1, i)});
        if (status.ok()) ++taken;
        if (!status.ok() && !absl::IsAborted(status)) _exit(102);
      }
    }
    children.push_back(child);
  }
  int total = 0;
  for (pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_LT(WEXITSTATUS(status), 100);
    total += WEXITSTATUS(status);
  }
  State state = OpenState();
  EXPECT_EQ(StoredView(state)->size(), 9u);
  EXPECT_EQ(total, 9);
  EXPECT_EQ(state.ReadObligations(fingerprint()).value().size(), 9u);
}

TEST_F(StateTest, SaysThatNothingIsConfigured) {
  absl::Status status = OpenError(State::Mode::kExisting);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("sealbook configure"));
}

TEST_F(StateTest, RefusesAFileThatIsNoDatabase) {
  ASSERT_TRUE(MakePrivateFolder(folder()).ok());
  ASSERT_TRUE(WriteNewFile(file(), std::string(5000, 'x')).ok());
  absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("not a database"), HasSubstr(file())));
}

TEST_F(StateTest, RefusesATruncatedFile) {
  {
    State state = OpenConfigured();
    ASSERT_TRUE(
        state.Advance(fingerprint(), std::nullopt, log_.View(4), {}).ok());
  }
  std::filesystem::resize_file(file(), 5000);
  absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("malformed"));
}

TEST_F(StateTest, RefusesTheDatabaseOfAnotherProgram) {
  OpenState();
  EditDatabase("PRAGMA application_id = 5");
  absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a Sealbook state"));
}

TEST_F(StateTest, RefusesANewerSchema) {
  OpenState();
  EditDatabase("PRAGMA user_version = 3");
  absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("newer"), HasSubstr("schema version 3")));
}

TEST_F(StateTest, NoticesAFlippedBitInTheView) {
  State state = OpenConfigured();
  ASSERT_TRUE(
      state.Advance(fingerprint(), std::nullopt, log_.View(4), {}).ok());
  EditDatabase(
      "UPDATE log SET view = CAST(substr(view, 1, 40) || x'00' || "
      "substr(view, 42) AS BLOB)");
  absl::Status status = state.ReadLog(fingerprint()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("checksum"));
}

TEST_F(StateTest, NoticesAConfigurationThatChanged) {
  State state = OpenConfigured();
  keytrans::Configuration other = log_.configuration();
  other.max_behind += 1;
  EditDatabase("UPDATE log SET configuration = x'" +
               absl::BytesToHexString(other.Encode()) + "'");
  absl::Status status = state.ReadLogs().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("fingerprint"));
}

TEST_F(StateTest, ReadOnlyChangesNothing) {
  OpenConfigured();
  State state = State::Open(folder(), State::Mode::kReadOnly).value();
  absl::Status status =
      state.Advance(fingerprint(), std::nullopt, log_.View(4), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("readonly"));
}

TEST_F(StateTest, StandsInTheFolderForStateOfTheUser) {
  setenv("XDG_STATE_HOME", "/var/x", 1);
  setenv("HOME", "/home/u", 1);
  EXPECT_EQ(State::DefaultFolder().value(), "/var/x/sealbook");
  setenv("XDG_STATE_HOME", "relative", 1);
  EXPECT_EQ(State::DefaultFolder().value(), "/home/u/.local/state/sealbook");
  unsetenv("XDG_STATE_HOME");
  EXPECT_EQ(State::DefaultFolder().value(), "/home/u/.local/state/sealbook");
  unsetenv("HOME");
  absl::Status status = State::DefaultFolder().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--state"));
}

}  // namespace
}  // namespace sealbook::client
