// `sealbookd backup`.
#ifndef SEALBOOK_SERVER_COMMANDS_BACKUP_H_
#define SEALBOOK_SERVER_COMMANDS_BACKUP_H_

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "server/clock.h"
#include "server/config/config.h"

namespace sealbook::server {

struct BackupOptions {
  // The folder to be made.
  std::string to;
  // Of keys and values, in a second: reading goes no faster while the server
  // answers. 0: as fast as it goes. Not for a server that does not run.
  uint64_t bytes_per_second = uint64_t{50} << 20;
  bool progress_on_terminal = false;
  // Asked now and then; true: CANCELLED, and nothing is left. May be empty.
  std::function<bool()> cancelled;
};

// Makes a backup of the log (server/backup/backup_folder.h), from the running
// server or, if there is none, from its data directory. ALREADY_EXISTS: `to` is
// there. RESOURCE_EXHAUSTED: the disk below `to` has less room than the store
// takes. With ExitCode::kUnsafe: the store is damaged. Nothing is left after
// any error.
absl::Status Backup(const Config& config, const BackupOptions& options,
                    const Clock& clock, std::ostream& out,
                    std::ostream& progress);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_BACKUP_H_
