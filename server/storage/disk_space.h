// How much room a disk has left, asked before new work is taken in.
#ifndef SEALBOOK_SERVER_STORAGE_DISK_SPACE_H_
#define SEALBOOK_SERVER_STORAGE_DISK_SPACE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace sealbook::server {

struct DiskSpace {
  // Bytes that a process without privileges may still write.
  uint64_t free_bytes = 0;
  uint64_t total_bytes = 0;
};

// Thread-safe. Any error: unknown, to be treated as none left.
using DiskSpaceProbe = std::function<absl::StatusOr<DiskSpace>()>;

// Asks the file system that holds `path` (statvfs). NOT_FOUND: no such path;
// another code for another reason, with the path in the message.
DiskSpaceProbe FileSystemSpaceProbe(std::string path);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_DISK_SPACE_H_
