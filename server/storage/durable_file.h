// Small files and renames that survive a power cut.
#ifndef SEALBOOK_SERVER_STORAGE_DURABLE_FILE_H_
#define SEALBOOK_SERVER_STORAGE_DURABLE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sealbook::server {

// All of these are durable on OK. Errors have the code of their errno; messages
// name the path.

// Puts `contents` in place of what `path` is, if anything: the old file or all
// of the new one, mode 0600.
absl::Status WriteFileDurably(const std::string& path,
                              absl::string_view contents);

// ALREADY_EXISTS: `to` is there; nothing is replaced.
absl::Status RenameDurably(const std::string& from, const std::string& to);

// Two names change places in one step. Both exist, on one file system.
absl::Status ExchangeDurably(const std::string& a, const std::string& b);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_DURABLE_FILE_H_
