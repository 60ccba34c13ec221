// Small files that hold no secret: configuration and certificates.
#ifndef SEALBOOK_SERVER_CONFIG_TEXT_FILE_H_
#define SEALBOOK_SERVER_CONFIG_TEXT_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace sealbook::server {

// The whole file. NOT_FOUND, PERMISSION_DENIED, UNAVAILABLE: it cannot be read.
// INVALID_ARGUMENT: larger than `max_bytes`. Messages name the file.
absl::StatusOr<std::string> ReadTextFile(const std::string& path,
                                         size_t max_bytes);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_CONFIG_TEXT_FILE_H_
