#include "client/alarms/run_command.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/alarms/spawn.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kShownOutputBytes = 1000;
// How often it is asked whether the program has ended while it writes nothing.
constexpr milliseconds kPollInterval(20);
constexpr milliseconds kKilledWithin(1000);

// What a program writes: read as long as it comes, the end of it kept.
class Output {
 public:
  explicit Output(FileDescriptor reader) : reader_(std::move(reader)) {}

  // Takes in what is there, waiting for up to `wait` if there is nothing.
  void Read(milliseconds wait) {
    pollfd waiting = {.fd = reader_.get(), .events = POLLIN, .revents = 0};
    const nfds_t count = reader_.ok() ? 1 : 0;
    if (poll(&waiting, count, static_cast<int>(wait.count())) <= 0) return;
    // A program that never stops writing must not keep us from looking at the
    // clock.
    char buffer[65536];
    const ssize_t got = read(reader_.get(), buffer, sizeof(buffer));
    if (got > 0) Keep(absl::string_view(buffer, got));
    if (got == 0) reader_.Close();
  }

  // The pipe holds at most this much once its writers are gone.
  void ReadRest() {
    constexpr int kReads = 32;
    for (int i = 0; i < kReads && reader_.ok(); ++i) Read(milliseconds(0));
  }

  std::string InWords() const {
    if (end_.empty()) return "; it wrote nothing";
    std::string text = absl::StrCat("; it wrote: ", cut_ ? "... " : "");
    absl::string_view separator;
    for (absl::string_view line :
         absl::StrSplit(absl::StripSuffix(end_, "\n"), '\n')) {
      absl::StrAppend(&text, std::exchange(separator, " | "), Printable(line));
    }
    return text;
  }

 private:
  void Keep(absl::string_view bytes) {
    end_.append(bytes.data(), bytes.size());
    if (end_.size() <= kShownOutputBytes) return;
    end_.erase(0, end_.size() - kShownOutputBytes);
    cut_ = true;
  }

  FileDescriptor reader_;
  std::string end_;
  bool cut_ = false;
};

// A child that leads a process group, from its start to its end.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}

  // Until `deadline`. False: it still runs. An error: nobody can say.
  absl::StatusOr<bool> EndsBefore(Clock::time_point deadline, Output& output) {
    while (true) {
      siginfo_t ended = {};
      // It stays a zombie, so that nobody else gets its number meanwhile.
      if (waitid(P_PID, pid_, &ended, WEXITED | WNOHANG | WNOWAIT) != 0) {
        if (errno == EINTR) continue;
        return absl::UnavailableError(std::strerror(errno));
      }
      if (ended.si_pid == pid_) return true;
      const auto left =
          std::chrono::ceil<milliseconds>(deadline - Clock::now());
      if (left <= milliseconds(0)) return false;
      output.Read(std::min(left, kPollInterval));
    }
  }

  void Signal(int number) { kill(-pid_, number); }

  // Of one that has ended: how, as waitpid() says.
  int Reap() {
    int how = 0;
    while (waitpid(pid_, &how, 0) < 0 && errno == EINTR) {
    }
    return how;
  }

 private:
  pid_t pid_;
};

absl::Status HowItEnded(const Command& command, int how, const Output& output) {
  if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return absl::OkStatus();
  const std::string what =
      WIFEXITED(how) ? absl::StrCat("ended with code ", WEXITSTATUS(how))
                     : absl::StrCat("was ended by signal ", WTERMSIG(how), " (",
                                    strsignal(WTERMSIG(how)), ")");
  return absl::UnavailableError(
      absl::StrCat(command.name, " ", what, output.InWords()));
}

absl::Status Stop(const Command& command, Child& child, Output& output) {
  child.Signal(SIGTERM);
  const milliseconds grace(command.grace_ms);
  (void)child.EndsBefore(Clock::now() + grace, output);
  // Even if it went, what it started may not have gone.
  child.Signal(SIGKILL);
  // A program that has taken another user's rights cannot be ended by us.
  const auto ended = child.EndsBefore(Clock::now() + kKilledWithin, output);
  if (ended.ok() && *ended) child.Reap();
  output.ReadRest();
  return absl::DeadlineExceededError(
      absl::StrCat(command.name, " was still running after ",
                   DurationInWords(command.time_limit_ms), " and was stopped",
                   output.InWords()));
}

}  // namespace

absl::Status RunCommand(const Command& command) {
  const Clock::time_point deadline =
      Clock::now() + milliseconds(command.time_limit_ms);
  absl::StatusOr<Spawned> spawned =
      Spawn(command.argv, command.input, command.environment);
  if (!spawned.ok()) {
    return absl::Status(
        spawned.status().code(),
        absl::StrCat(command.name, ": ", Printable(command.argv[0]), " ",
                     spawned.status().message()));
  }
  Output output(std::move(spawned->output));
  Child child(spawned->pid);
  const absl::StatusOr<bool> ended = child.EndsBefore(deadline, output);
  if (!ended.ok()) {
    return absl::UnavailableError(absl::StrCat(
        command.name, ": cannot learn how it ended: ", ended.status().message(),
        "; was this program started with SIGCHLD ignored?"));
  }
  if (!*ended) return Stop(command, child, output);
  output.ReadRest();
  return HowItEnded(command, child.Reap(), output);
}

}  // namespace sealbook::client
