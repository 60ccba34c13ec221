#include "server/storage/requests.h"

#include "absl/strings/str_cat.h"

namespace sealbook::server {

absl::Status CheckPuts(absl::Span<const Put> puts) {
  for (size_t i = 0; i < puts.size(); ++i) {
    if (puts[i].table == Table::kHead) {
      return absl::InvalidArgumentError(absl::StrCat(
          "put ", i, " is in the head's table, which only a commit writes"));
    }
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
