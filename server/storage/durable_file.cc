#include "server/storage/durable_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/storage/durable_env.h"

namespace sealbook::server {
namespace {

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path));
}

absl::Status WriteAndSync(int fd, absl::string_view contents,
                          const std::string& path) {
  while (!contents.empty()) {
    const ssize_t written = write(fd, contents.data(), contents.size());
    if (written < 0 && errno != EINTR) return Failed("cannot write", path);
    if (written > 0) contents.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(fd) != 0) return Failed("cannot sync", path);
  return absl::OkStatus();
}

absl::Status SyncParent(const std::string& path) {
  const leveldb::Status synced = PosixSyncDirectory(ParentDirectory(path));
  if (synced.ok()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("cannot sync the folder of ", path,
                                          ": ", synced.ToString()));
}

absl::Status Rename(const std::string& from, const std::string& to,
                    unsigned flags) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) != 0) {
    return Failed(absl::StrCat("cannot rename ", from, " to"), to);
  }
  SEALBOOK_RETURN_IF_ERROR(SyncParent(to));
  return SyncParent(from);
}

}  // namespace

absl::Status WriteFileDurably(const std::string& path,
                              absl::string_view contents) {
  const std::string unfinished = absl::StrCat(path, ".tmp");
  const int fd =
      open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("cannot make", unfinished);
  const absl::Status written = WriteAndSync(fd, contents, unfinished);
  close(fd);
  SEALBOOK_RETURN_IF_ERROR(written);
  return Rename(unfinished, path, 0);
}

absl::Status RenameDurably(const std::string& from, const std::string& to) {
  return Rename(from, to, RENAME_NOREPLACE);
}

absl::Status ExchangeDurably(const std::string& a, const std::string& b) {
  return Rename(a, b, RENAME_EXCHANGE);
}

}  // namespace sealbook::server
