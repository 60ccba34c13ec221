// LevelDB's statuses as ours.
#ifndef SEALBOOK_SERVER_STORAGE_LEVELDB_STATUS_H_
#define SEALBOOK_SERVER_STORAGE_LEVELDB_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "leveldb/status.h"

namespace sealbook::server {

// `status` with `doing` ("reading /var/lib/sealbook") put before its message.
//   Corruption, a missing file, a missing database -> DATA_LOSS
//   disk full, quota exceeded                      -> RESOURCE_EXHAUSTED
//   permission, read-only file system              -> PERMISSION_DENIED
//   lock held by somebody else                     -> UNAVAILABLE
//   a file where a directory should be            -> FAILED_PRECONDITION
//   every other I/O error                          -> INTERNAL
// Not for the answer to a point read, where NotFound means absence.
absl::Status FromLevelDb(const leveldb::Status& status,
                         absl::string_view doing);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_LEVELDB_STATUS_H_
