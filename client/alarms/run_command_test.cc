#include "client/alarms/run_command.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/alarms/testing/script.h"
#include "client/files.h"
#include "client/testing/temp_folder.h"

namespace sealbook::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::SizeIs;
using Clock = std::chrono::steady_clock;

class RunCommandTest : public ::testing::Test {
 protected:
  // A command that runs a script with these lines in the test's folder, $HERE.
  Command Script(const std::string& lines) {
    return {.name = "the command",
            .argv = {WriteScript(temp_.path("script"), lines)},
            .environment = {{"HERE", temp_.path()}}};
  }

  std::string Read(const std::string& name) {
    const auto contents = ReadFile(temp_.path(name));
    EXPECT_TRUE(contents.ok()) << contents.status();
    return contents.value_or("");
  }

  // Of the process whose number a file holds: waits until it is gone.
  bool IsGone(const std::string& name) {
    pid_t pid = 0;
    EXPECT_TRUE(absl::SimpleAtoi(absl::StripAsciiWhitespace(Read(name)), &pid));
    for (int i = 0; i < 500; ++i) {
      if (kill(pid, 0) != 0 && errno == ESRCH) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  TempFolder temp_;
};

TEST_F(RunCommandTest, HandsOverInputArgumentsAndEnvironment) {
  Command command = Script("cat > $HERE/in; echo \"$1|$LOUD\" > $HERE/rest");
  command.argv.push_back("$(id) *");
  command.environment.push_back({"LOUD", "a b\n`id`"});
  command.input = "{\"a\": 1}\n";
  const absl::Status status = RunCommand(command);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Read("in"), "{\"a\": 1}\n");
  EXPECT_EQ(Read("rest"), "$(id) *|a b\n`id`\n");
}

TEST_F(RunCommandTest, InputCanBeOpenedByName) {
  Command command = Script("cat /dev/stdin > $HERE/in");
  command.input = "again";
  EXPECT_TRUE(RunCommand(command).ok());
  EXPECT_EQ(Read("in"), "again");
}

TEST_F(RunCommandTest, ReplacesVariablesAndLeavesTheOthers) {
  setenv("RUN_COMMAND_TEST", "old", 1);
  setenv("RUN_COMMAND_TEST_2", "kept", 1);
  Command command =
      Script("env | grep ^RUN_COMMAND_TEST | sort > $HERE/variables");
  command.environment.push_back({"RUN_COMMAND_TEST", "new"});
  EXPECT_TRUE(RunCommand(command).ok());
  EXPECT_EQ(Read("variables"),
            "RUN_COMMAND_TEST=new\nRUN_COMMAND_TEST_2=kept\n");
}

TEST_F(RunCommandTest, LooksForNamesOnPath) {
  EXPECT_TRUE(RunCommand({.name = "true", .argv = {"true"}}).ok());
}

TEST_F(RunCommandTest, ShowsCodeAndOutputOfAFailure) {
  const absl::Status status =
      RunCommand(Script("echo one; printf 'tw\\033o\\n' >&2; exit 3"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(),
            "the command ended with code 3; it wrote: one | tw\\u001bo");
}

TEST_F(RunCommandTest, SaysThatAFailureWroteNothing) {
  EXPECT_EQ(RunCommand(Script("exit 1")).message(),
            "the command ended with code 1; it wrote nothing");
}

TEST_F(RunCommandTest, NamesTheSignalThatEndedIt) {
  const absl::Status status = RunCommand(Script("kill -SEGV $$"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("signal 11"));
}

TEST_F(RunCommandTest, SaysWhyItCannotBeStarted) {
  for (const std::string& program : {temp_.path("none"), temp_.path()}) {
    const absl::Status status =
        RunCommand({.name = "the command", .argv = {program}});
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr(program), HasSubstr("cannot be started")));
  }
}

TEST_F(RunCommandTest, InputMayStayUnread) {
  Command command = Script("exit 0");
  command.input = std::string(10 << 20, 'x');
  const absl::Status status = RunCommand(command);
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(RunCommandTest, ClosedInputHarmsNobody) {
  Command command = Script("exec <&-; sleep 0.1; exit 0");
  command.input = std::string(10 << 20, 'x');
  const absl::Status status = RunCommand(command);
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(RunCommandTest, TakesInTenMegabytesAndShowsTheirEnd) {
  const absl::Status status = RunCommand(
      Script("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo last; exit "
             "1"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("xxx | last"));
  EXPECT_THAT(std::string(status.message()), SizeIs(Lt(1200u)));
}

TEST_F(RunCommandTest, StopsOneThatHangsWithItsChildren) {
  Command command = Script(
      "echo $$ > $HERE/parent; sleep 1000 & echo $! > $HERE/child; wait");
  command.time_limit_ms = 300;
  const absl::Status status = RunCommand(command);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(status.message(), HasSubstr("still running"));
  EXPECT_TRUE(IsGone("parent"));
  EXPECT_TRUE(IsGone("child"));
}

TEST_F(RunCommandTest, KillsThoseThatDoNotHeedSigterm) {
  Command command = Script(
      "trap '' TERM; echo $$ > $HERE/parent\n"
      "sh -c 'trap \"\" TERM; echo $$ > $HERE/child; while :; do sleep 0.1; "
      "done' &\n"
      "while :; do sleep 0.1; done");
  command.time_limit_ms = 300;
  command.grace_ms = 200;
  const auto begin = Clock::now();
  EXPECT_EQ(RunCommand(command).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(500));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
  EXPECT_TRUE(IsGone("parent"));
  EXPECT_TRUE(IsGone("child"));
}

TEST_F(RunCommandTest, LetsItCleanUpWithinTheGrace) {
  Command command = Script(
      "trap 'echo bye > $HERE/bye; exit 0' TERM; while :; do sleep 0.05; done");
  command.time_limit_ms = 300;
  EXPECT_EQ(RunCommand(command).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Read("bye"), "bye\n");
}

TEST_F(RunCommandTest, StopsOneThatNeverStopsWriting) {
  Command command = Script("yes");
  command.time_limit_ms = 300;
  const absl::Status status = RunCommand(command);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(status.message(), HasSubstr("y | y"));
}

TEST_F(RunCommandTest, DoesNotWaitForWhatItLeavesBehind) {
  Command command =
      Script("sleep 1000 & echo $! > $HERE/child; echo left; exit 4");
  command.time_limit_ms = 20'000;
  const auto begin = Clock::now();
  const absl::Status status = RunCommand(command);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
  EXPECT_THAT(status.message(), HasSubstr("code 4; it wrote: left"));
  pid_t child = 0;
  ASSERT_TRUE(
      absl::SimpleAtoi(absl::StripAsciiWhitespace(Read("child")), &child));
  EXPECT_EQ(kill(child, 0), 0) << "what it left behind was ended";
  kill(child, SIGKILL);
}

TEST_F(RunCommandTest, WaitsForOneThatClosedItsOutput) {
  EXPECT_THAT(RunCommand(Script("exec >&- 2>&-; sleep 0.2; exit 5")).message(),
              HasSubstr("code 5"));
}

TEST_F(RunCommandTest, InheritsNoDescriptor) {
  // Without O_CLOEXEC.
  const int leaky = open("/dev/null", O_RDONLY);
  ASSERT_GE(leaky, 3);
  // A shell would have descriptors of its own.
  const absl::Status status =
      RunCommand({.name = "the command",
                  .argv = {"ls", "/proc/self/fd", "/does/not/exist"}});
  close(leaky);
  // 3 is the folder that it lists.
  EXPECT_THAT(status.message(), HasSubstr("0 | 1 | 2 | 3"));
  EXPECT_THAT(std::string(status.message()), ::testing::EndsWith("3"));
}

TEST_F(RunCommandTest, InheritsNoSignalSettings) {
  const auto before = signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t mask;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &mask);
  EXPECT_TRUE(
      RunCommand(
          Script("grep -E 'SigBlk|SigIgn' /proc/self/status > $HERE/signals"))
          .ok());
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  signal(SIGPIPE, before);
  // glibc leaves its own two signals, 32 and 33, ignored.
  EXPECT_THAT(Read("signals"),
              ::testing::MatchesRegex("SigBlk:\t0000000000000000\n"
                                      "SigIgn:\t0000000[01][08]0000000\n"));
}

TEST_F(RunCommandTest, HasASessionOfItsOwn) {
  EXPECT_TRUE(
      RunCommand(Script("[ \"$(cut -d' ' -f6 /proc/$$/stat)\" = $$ ]")).ok());
}

TEST_F(RunCommandTest, WorksWhereStandardStreamsAreClosed) {
  Command command = Script("cat > $HERE/in; echo out; exit 6");
  command.input = "input";
  EXPECT_EXIT(
      {
        for (int fd : {0, 1, 2}) close(fd);
        const absl::Status status = RunCommand(command);
        _exit(status.message() == "the command ended with code 6; it wrote: out"
                  ? 42
                  : 1);
      },
      ::testing::ExitedWithCode(42), "");
  EXPECT_EQ(Read("in"), "input");
}

TEST_F(RunCommandTest, DoesNotCallItDeliveredWhereSigchldIsIgnored) {
  Command command = Script("exit 0");
  EXPECT_EXIT(
      {
        signal(SIGCHLD, SIG_IGN);
        const absl::Status status = RunCommand(command);
        _exit(status.code() == absl::StatusCode::kUnavailable ? 42 : 1);
      },
      ::testing::ExitedWithCode(42), "");
}

TEST_F(RunCommandTest, LeavesNoZombieAndNoDescriptorBehind) {
  const auto count = [] {
    size_t descriptors = 0;
    for (int fd = 0; fd < 256; ++fd) descriptors += fcntl(fd, F_GETFD) >= 0;
    return descriptors;
  };
  const size_t before = count();
  for (int i = 0; i < 20; ++i) (void)RunCommand(Script("exit 1"));
  EXPECT_EQ(count(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace sealbook::client
