// Checks on requests that every backend makes alike.
#ifndef SEALBOOK_SERVER_STORAGE_REQUESTS_H_
#define SEALBOOK_SERVER_STORAGE_REQUESTS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/storage/storage.h"

namespace sealbook::server {

// The puts of a commit to a store whose last place (PlaceOf) is `last`, empty
// if it has none. INVALID_ARGUMENT: a put is in kHead, which Commit writes by
// itself; or in an ascending table, and is no key of it or not above `last`.
absl::Status CheckPuts(absl::Span<const Put> puts, absl::string_view last);

// INVALID_ARGUMENT: the record is not one that may be written beside commits.
absl::Status CheckRecord(const Put& put);

// ABORTED unless the stored head is the expected one.
absl::Status CheckHead(const std::optional<std::string>& stored,
                       const std::optional<std::string>& expected);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_REQUESTS_H_
