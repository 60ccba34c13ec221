// Public files that the server writes once.
#ifndef SEALBOOK_SERVER_COMMANDS_NEW_FILE_H_
#define SEALBOOK_SERVER_COMMANDS_NEW_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sealbook::server {

// Makes `path` with mode 0644 whatever the umask, durably (file and folder
// synced). ALREADY_EXISTS: never overwrites. Other errors have the code of
// their errno. Messages name the file.
absl::Status WriteNewFile(const std::string& path, absl::string_view contents);

// Puts `contents` in place of whatever `path` is: a reader sees the old file or
// all of the new one. Not synced.
absl::Status ReplaceFile(const std::string& path, absl::string_view contents);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_NEW_FILE_H_
