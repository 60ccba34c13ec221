// `sealbookd restore`.
#ifndef SEALBOOK_SERVER_COMMANDS_RESTORE_H_
#define SEALBOOK_SERVER_COMMANDS_RESTORE_H_

#include <functional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "server/clock.h"
#include "server/config/config.h"

namespace sealbook::server {

struct RestoreOptions {
  // The folder of a backup.
  std::string from;
  bool progress_on_terminal = false;
  // Asked now and then; true: CANCELLED, and the next run goes on. May be
  // empty.
  std::function<bool()> cancelled;
};

// Checks a backup, and publishes what it holds (server/backup/restore.h) in the
// log of `config`: a new one, made by `init`, with keys of its own and without
// any address; or one into which the same restore was begun. Errors as
// OpenWritableStore and CheckBackup; with ExitCode::kUnsafe also: it is the log
// that the backup was made of, has one of its keys, or holds addresses.
absl::Status Restore(const Config& config, const RestoreOptions& options,
                     const Clock& clock, std::ostream& out,
                     std::ostream& progress);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_RESTORE_H_
