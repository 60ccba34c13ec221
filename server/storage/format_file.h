// The FORMAT file: says that a directory is ours, and how its bytes are to be
// read. Two lines, "sealbook storage" and "format 1".
#ifndef SEALBOOK_SERVER_STORAGE_FORMAT_FILE_H_
#define SEALBOOK_SERVER_STORAGE_FORMAT_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "leveldb/env.h"

namespace sealbook::server {

inline constexpr char kFormatFileName[] = "FORMAT";
inline constexpr int kFormatVersion = 1;

// Writes `directory`/FORMAT: all of it or none, durable on OK if `env` makes
// renames durable. Errors as FromLevelDb.
absl::Status WriteFormatFile(leveldb::Env& env, const std::string& directory,
                             int version = kFormatVersion);

// The version that `directory`/FORMAT names. FAILED_PRECONDITION: it is not
// ours or damaged. Other errors as FromLevelDb.
absl::StatusOr<int> ReadFormatFile(leveldb::Env& env,
                                   const std::string& directory);

// OK: `directory`/FORMAT names kFormatVersion. FAILED_PRECONDITION: it is not
// ours, damaged, or names another version; the message says which, and what to
// do. Other errors as FromLevelDb.
absl::Status CheckFormatFile(leveldb::Env& env, const std::string& directory);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_FORMAT_FILE_H_
