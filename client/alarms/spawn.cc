#include "client/alarms/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::client {
namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

absl::Status CannotStart(int error) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot be started: ", std::strerror(error)));
}

// A file and not a pipe: nobody has to write while the program may or may not
// read, and no SIGPIPE comes of it.
absl::StatusOr<FileDescriptor> InputFile(absl::string_view input) {
  FileDescriptor file =
      FileDescriptor::Above2(memfd_create("sealbook-alarm", MFD_CLOEXEC));
  if (!file.ok()) return CannotStart(errno);
  while (!input.empty()) {
    const ssize_t written = write(file.get(), input.data(), input.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return CannotStart(errno);
    input.remove_prefix(written);
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) return CannotStart(errno);
  return file;
}

struct Pipe {
  FileDescriptor reader;
  FileDescriptor writer;
};

absl::StatusOr<Pipe> OutputPipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return CannotStart(errno);
  Pipe pipe;
  pipe.reader = FileDescriptor::Above2(ends[0]);
  pipe.writer = FileDescriptor::Above2(ends[1]);
  if (!pipe.reader.ok() || !pipe.writer.ok() ||
      fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK) != 0) {
    return CannotStart(errno);
  }
  return pipe;
}

std::vector<std::string> Environment(const Variables& variables) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const absl::string_view text = *variable;
    const bool replaced =
        std::any_of(variables.begin(), variables.end(), [&](const auto& added) {
          return absl::StartsWith(text, absl::StrCat(added.first, "="));
        });
    if (!replaced) result.emplace_back(text);
  }
  for (const auto& [name, value] : variables) {
    result.push_back(absl::StrCat(name, "=", value));
  }
  return result;
}

// What exec wants: pointers into `texts`, and a null.
std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID |
                                               POSIX_SPAWN_SETSIGMASK |
                                               POSIX_SPAWN_SETSIGDEF);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    // Those that a process may have been started without.
    for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM,
                       SIGCHLD, SIGUSR1, SIGUSR2}) {
      sigaddset(&signals, number);
    }
    posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

class SpawnFiles {
 public:
  SpawnFiles(int input, int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  SpawnFiles(const SpawnFiles&) = delete;
  SpawnFiles& operator=(const SpawnFiles&) = delete;
  ~SpawnFiles() { posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

}  // namespace

FileDescriptor FileDescriptor::Above2(int fd) {
  if (fd < 0) return FileDescriptor();
  const FileDescriptor low(fd);
  return FileDescriptor(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

void FileDescriptor::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

absl::StatusOr<Spawned> Spawn(const std::vector<std::string>& argv,
                              absl::string_view input,
                              const Variables& variables) {
  SEALBOOK_ASSIGN_OR_RETURN(FileDescriptor file, InputFile(input));
  SEALBOOK_ASSIGN_OR_RETURN(Pipe pipe, OutputPipe());
  std::vector<std::string> arguments = argv;
  std::vector<std::string> environment = Environment(variables);
  Spawned spawned;
  const int error = posix_spawnp(
      &spawned.pid, argv[0].c_str(),
      SpawnFiles(file.get(), pipe.writer.get()).get(), SpawnAttributes().get(),
      Pointers(arguments).data(), Pointers(environment).data());
  if (error != 0) return CannotStart(error);
  spawned.output = std::move(pipe.reader);
  return spawned;
}

}  // namespace sealbook::client
