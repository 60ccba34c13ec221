// Checks on requests that every backend makes alike.
#ifndef SEALBOOK_SERVER_STORAGE_REQUESTS_H_
#define SEALBOOK_SERVER_STORAGE_REQUESTS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/storage/storage.h"

namespace sealbook::server {

// INVALID_ARGUMENT: a put is in kHead, which Commit alone writes.
absl::Status CheckPuts(absl::Span<const Put> puts);

// ABORTED unless the stored head is the expected one.
absl::Status CheckHead(const std::optional<std::string>& stored,
                       const std::optional<std::string>& expected);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_REQUESTS_H_
