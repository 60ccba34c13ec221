#include "server/storage/leveldb_status.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sealbook::server {
namespace {

// LevelDB keeps no errno: the text that strerror made of it is all there is.
bool Says(absl::string_view text, int error) {
  return absl::StrContains(text, std::strerror(error));
}

absl::StatusCode CodeOf(const leveldb::Status& status, absl::string_view text) {
  if (!status.IsIOError()) return absl::StatusCode::kDataLoss;
  if (absl::StrContains(text, "lock ") &&
      (Says(text, EAGAIN) || Says(text, EACCES) ||
       absl::StrContains(text, "already held"))) {
    return absl::StatusCode::kUnavailable;
  }
  if (Says(text, EACCES) || Says(text, EPERM) || Says(text, EROFS)) {
    return absl::StatusCode::kPermissionDenied;
  }
  if (Says(text, ENOTDIR)) return absl::StatusCode::kFailedPrecondition;
  if (Says(text, ENOSPC) || Says(text, EDQUOT)) {
    return absl::StatusCode::kResourceExhausted;
  }
  return absl::StatusCode::kInternal;
}

}  // namespace

absl::Status FromLevelDb(const leveldb::Status& status,
                         absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  return absl::Status(CodeOf(status, text), absl::StrCat(doing, ": ", text));
}

}  // namespace sealbook::server
