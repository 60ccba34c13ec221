// `sealbookd check`.
#ifndef SEALBOOK_SERVER_COMMANDS_CHECK_H_
#define SEALBOOK_SERVER_COMMANDS_CHECK_H_

#include <ostream>

#include "absl/status/status.h"
#include "server/config/config.h"

namespace sealbook::server {

// Re-hashes the whole store of a server that does not run. Damages and the
// result go to `out`, progress to `progress`. OK: the store is sound. DATA_LOSS
// with ExitCode::kUnsafe: it is not. Other errors: it could not be opened or
// read.
absl::Status Check(const Config& config, std::ostream& out,
                   std::ostream& progress);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_CHECK_H_
