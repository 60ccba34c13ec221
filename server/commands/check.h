// `sealbookd check`.
#ifndef SEALBOOK_SERVER_COMMANDS_CHECK_H_
#define SEALBOOK_SERVER_COMMANDS_CHECK_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "server/clock.h"
#include "server/config/config.h"

namespace sealbook::server {

struct CheckOptions {
  // Write one JSON object a line to `out`: {"damage": ...} for each damage,
  // then one with the result.
  bool json = false;
  // `progress` is a terminal: one line there shows how far the check is, and is
  // written over as it goes on. Else every finished part has a line.
  bool progress_on_terminal = false;
};

// Re-hashes the whole store of a server that does not run. Damages and the
// result, with the rate by `clock`, go to `out`, progress to `progress`. OK:
// the store is sound. DATA_LOSS with ExitCode::kUnsafe: it is not. Other
// errors: it could not be opened or read, or a restore into it has not ended.
absl::Status Check(const Config& config, const CheckOptions& options,
                   const Clock& clock, std::ostream& out,
                   std::ostream& progress);

// The same for a backup, which no mark belongs to. FAILED_PRECONDITION and
// DATA_LOSS with ExitCode::kUnsafe also as OpenBackup.
absl::Status CheckBackup(const std::string& folder, const CheckOptions& options,
                         const Clock& clock, std::ostream& out,
                         std::ostream& progress);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_CHECK_H_
