#include "crypto/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace sealbook::crypto {
namespace {

constexpr size_t kMaxKeyFileSize = size_t{64} * 1024;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

absl::Status ErrnoStatus(absl::string_view action, absl::string_view path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(action, " ", path));
}

absl::Status CheckKeyFile(const std::string& path, const struct stat& info) {
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat("key file ", path, " is not a regular file"));
  }
  if (info.st_uid != geteuid()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "key file %s is owned by user %d, not by user %d who runs this; chown "
        "it and chmod 600",
        path, info.st_uid, geteuid()));
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "key file %s has mode %04o: others may use it; chmod 600 %s", path,
        info.st_mode & 07777, path));
  }
  if (info.st_size > static_cast<off_t>(kMaxKeyFileSize)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("key file %s has %d bytes, more than %d", path,
                        info.st_size, kMaxKeyFileSize));
  }
  return absl::OkStatus();
}

// The folder's part of `path`, as open() wants it.
std::string Folder(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status WriteAll(int fd, absl::string_view bytes,
                      const std::string& path) {
  while (!bytes.empty()) {
    ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus("writing key file", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(fd) != 0) return ErrnoStatus("syncing key file", path);
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::string& folder) {
  FileDescriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok() || fsync(fd.get()) != 0) {
    return ErrnoStatus("syncing the folder", folder);
  }
  return absl::OkStatus();
}

// Gives the finished file its name. Unlike a rename, a hard link never replaces
// what has that name already.
absl::Status Publish(const std::string& temporary, const std::string& path) {
  if (link(temporary.c_str(), path.c_str()) == 0) return absl::OkStatus();
  if (errno == EEXIST) {
    return absl::AlreadyExistsError(
        absl::StrCat("key file ", path, " exists and is never overwritten"));
  }
  return ErrnoStatus("creating key file", path);
}

}  // namespace

absl::StatusOr<SecretText> ReadKeyFile(const std::string& path) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.ok()) return ErrnoStatus("opening key file", path);
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return ErrnoStatus("stat of", path);
  SEALBOOK_RETURN_IF_ERROR(CheckKeyFile(path, info));
  return ReadSecret(fd.get(), absl::StrCat("key file ", path));
}

absl::StatusOr<SecretText> ReadSecret(int descriptor, const std::string& name) {
  // Sized once: growing would leave copies behind that nobody wipes. One byte
  // more than allowed shows a file that grew since.
  std::string buffer(kMaxKeyFileSize + 1, '\0');
  size_t size = 0;
  while (size < buffer.size()) {
    ssize_t got = read(descriptor, buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      absl::Status status = ErrnoStatus("reading", name);
      Wipe(buffer);
      return status;
    }
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  buffer.resize(size);
  SecretText text(std::move(buffer));
  if (size > kMaxKeyFileSize) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s has more than %d bytes", name, kMaxKeyFileSize));
  }
  return text;
}

absl::Status WriteKeyFile(const std::string& path, const SecretText& pem) {
  std::string temporary = absl::StrCat(path, ".new.XXXXXX");
  FileDescriptor fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.ok()) return ErrnoStatus("creating key file", path);
  absl::Status status = fchmod(fd.get(), S_IRUSR | S_IWUSR) == 0
                            ? WriteAll(fd.get(), pem.view(), path)
                            : ErrnoStatus("chmod 600 of", path);
  if (status.ok()) status = Publish(temporary, path);
  unlink(temporary.c_str());
  if (!status.ok()) return status;
  return SyncFolder(Folder(path));
}

}  // namespace sealbook::crypto
