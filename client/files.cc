#include "client/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::client {
namespace {

absl::Status FileError(absl::string_view path, absl::string_view what,
                       int error) {
  absl::StatusCode code = absl::StatusCode::kFailedPrecondition;
  if (error == ENOENT) code = absl::StatusCode::kNotFound;
  if (error == EEXIST) code = absl::StatusCode::kAlreadyExists;
  if (error == ENOSPC || error == EDQUOT) {
    code = absl::StatusCode::kResourceExhausted;
  }
  if (error == EIO) code = absl::StatusCode::kDataLoss;
  return absl::Status(
      code, absl::StrCat(path, ": cannot ", what, ": ", std::strerror(error)));
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, const std::string& path,
                      absl::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError(path, "write", errno);
    bytes.remove_prefix(written);
  }
  if (fsync(fd) != 0) return FileError(path, "sync", errno);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     size_t max_bytes) {
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return FileError(path, "open", errno);
  struct stat facts;
  if (fstat(file.get(), &facts) != 0) return FileError(path, "read", errno);
  if (S_ISDIR(facts.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a folder, not a file"));
  }
  std::string bytes;
  char buffer[65536];
  while (true) {
    ssize_t got = read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(path, "read", errno);
    if (got == 0) return bytes;
    bytes.append(buffer, got);
    if (bytes.size() > max_bytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": larger than ", max_bytes, " bytes"));
    }
  }
}

absl::Status WriteNewFile(const std::string& path, absl::string_view bytes) {
  FileDescriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) return FileError(path, "create", errno);
  absl::Status status = WriteAll(file.get(), path, bytes);
  if (!status.ok()) unlink(path.c_str());
  return status;
}

absl::Status MakePrivateFolder(const std::string& path) {
  std::filesystem::path whole(path);
  std::filesystem::path made;
  for (const std::filesystem::path& part : whole) {
    made /= part;
    if (part.empty() || mkdir(made.c_str(), 0700) == 0 || errno == EEXIST) {
      continue;
    }
    // A parent may be unwritable or on a read-only file system and be there.
    int error = errno;
    struct stat facts;
    if (stat(made.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) continue;
    absl::Status status = FileError(made.string(), "create the folder", error);
    return absl::FailedPreconditionError(status.message());
  }
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": is not a folder"));
  }
  return absl::OkStatus();
}

std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

}  // namespace sealbook::client
