#include "server/storage/requests.h"

#include "absl/strings/str_cat.h"
#include "server/storage/ascending.h"

namespace sealbook::server {

absl::Status CheckPuts(absl::Span<const Put> puts, absl::string_view last) {
  for (size_t i = 0; i < puts.size(); ++i) {
    const Put& put = puts[i];
    if (put.table == Table::kHead) {
      return absl::InvalidArgumentError(absl::StrCat(
          "put ", i, " is in the head's table, which only a commit writes"));
    }
    if (!IsAscending(put.table)) continue;
    if (put.key.size() < kPositionBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("put ", i, " is in an ascending table, but its key has ",
                       put.key.size(), " bytes and so no position"));
    }
    if (PlaceOf(put.table, put.key) <= last) {
      return absl::InvalidArgumentError(absl::StrCat(
          "put ", i,
          " is in an ascending table, but not above what an earlier "
          "commit wrote"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRecord(const Put& put) {
  if (put.table == Table::kHead) {
    return absl::InvalidArgumentError(
        "the head's table is one that only a commit writes");
  }
  if (IsAscending(put.table)) {
    return absl::InvalidArgumentError(
        "an ascending table is one that only a commit writes");
  }
  return absl::OkStatus();
}

absl::Status CheckHead(const std::optional<std::string>& stored,
                       const std::optional<std::string>& expected) {
  if (stored == expected) return absl::OkStatus();
  if (!stored.has_value()) {
    return absl::AbortedError("no head is stored, but the commit extends one");
  }
  if (!expected.has_value()) {
    return absl::AbortedError(
        "a head is stored, but the commit is that of a new log");
  }
  return absl::AbortedError(
      "the stored head is not the one that the commit extends");
}

}  // namespace sealbook::server
