// Starting a program apart from this one. For RunCommand only.
#ifndef SEALBOOK_CLIENT_ALARMS_SPAWN_H_
#define SEALBOOK_CLIENT_ALARMS_SPAWN_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::client {

// An open descriptor, closed when it goes. Not thread-safe.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  FileDescriptor(FileDescriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { Close(); }

  // Takes `fd` over under a number that no standard stream has, even where this
  // process was started without them. Not ok(): errno says why.
  static FileDescriptor Above2(int fd);

  bool ok() const { return fd_ >= 0; }
  int get() const { return fd_; }
  void Close();

 private:
  explicit FileDescriptor(int fd) : fd_(fd) {}

  int fd_ = -1;
};

// A program that runs.
struct Spawned {
  // The leader of its session and process group.
  pid_t pid = 0;
  // What it writes to standard output and standard error; does not block.
  FileDescriptor output;
};

// Starts `argv` with `input` as its standard input and with no other
// descriptors, its signals set and unblocked as usual, `variables` added to or
// replacing those of our environment. FAILED_PRECONDITION: it cannot be
// started; the message says why.
absl::StatusOr<Spawned> Spawn(
    const std::vector<std::string>& argv, absl::string_view input,
    const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_SPAWN_H_
