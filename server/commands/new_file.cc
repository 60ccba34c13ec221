#include "server/commands/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::server {
namespace {

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path));
}

absl::Status WriteAll(int fd, absl::string_view contents,
                      const std::string& path) {
  while (!contents.empty()) {
    const ssize_t written = write(fd, contents.data(), contents.size());
    if (written < 0 && errno != EINTR) return Failed("cannot write", path);
    if (written > 0) contents.remove_prefix(written);
  }
  if (fchmod(fd, 0644) != 0) return Failed("cannot set the mode of", path);
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteNewFile(const std::string& path, absl::string_view contents) {
  const File file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.fd() < 0) return Failed("cannot make", path);
  SEALBOOK_RETURN_IF_ERROR(WriteAll(file.fd(), contents, path));
  if (fsync(file.fd()) != 0) return Failed("cannot sync", path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const File directory(open(folder.empty() ? "." : folder.c_str(),
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.fd() < 0 || fsync(directory.fd()) != 0) {
    return Failed("cannot sync", folder);
  }
  return absl::OkStatus();
}

absl::Status ReplaceFile(const std::string& path, absl::string_view contents) {
  const std::string temporary = absl::StrCat(path, ".new");
  const File file(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.fd() < 0) return Failed("cannot make", temporary);
  SEALBOOK_RETURN_IF_ERROR(WriteAll(file.fd(), contents, temporary));
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return Failed("cannot make", path);
  }
  return absl::OkStatus();
}

}  // namespace sealbook::server
