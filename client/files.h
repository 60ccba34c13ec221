// Small files and private folders.
#ifndef SEALBOOK_CLIENT_FILES_H_
#define SEALBOOK_CLIENT_FILES_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::client {

inline constexpr size_t kMaxFileBytes = 64 << 20;

// The bytes of a regular file. NOT_FOUND: there is none. INVALID_ARGUMENT:
// a folder, or larger than `max_bytes`. FAILED_PRECONDITION: it may not be
// read.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     size_t max_bytes = kMaxFileBytes);

// Makes a file with mode 0600 and syncs it. ALREADY_EXISTS: never overwrites.
// RESOURCE_EXHAUSTED: the disk is full; no part of the file is left behind.
absl::Status WriteNewFile(const std::string& path, absl::string_view bytes);

// Makes `path` and missing parents with mode 0700; leaves what exists as it is.
// FAILED_PRECONDITION: not allowed, or something that is no folder is in the
// way.
absl::Status MakePrivateFolder(const std::string& path);

// `path` from the root, without resolving links.
std::string AbsolutePath(const std::string& path);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_FILES_H_
