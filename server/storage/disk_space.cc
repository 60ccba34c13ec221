#include "server/storage/disk_space.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sealbook::server {

DiskSpaceProbe FileSystemSpaceProbe(std::string path) {
  return [path = std::move(path)]() -> absl::StatusOr<DiskSpace> {
    struct statvfs state = {};
    if (statvfs(path.c_str(), &state) != 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat("free space of ", path));
    }
    // f_frsize is the unit of both counts, f_bsize only a hint for transfers.
    return DiskSpace{
        .free_bytes = uint64_t{state.f_bavail} * state.f_frsize,
        .total_bytes = uint64_t{state.f_blocks} * state.f_frsize,
    };
  };
}

}  // namespace sealbook::server
