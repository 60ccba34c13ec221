// `sealbookd migrate`.
#ifndef SEALBOOK_SERVER_COMMANDS_MIGRATE_H_
#define SEALBOOK_SERVER_COMMANDS_MIGRATE_H_

#include <ostream>

#include "absl/status/status.h"
#include "server/config/config.h"

namespace sealbook::server {

// Brings the data of a server that does not run to the newest storage format
// (server/storage/migration.h). `dry_run`: only says what it would do. OK also
// when there is nothing to do. With ExitCode::kUnsafe: a newer format, an
// unknown one, a damaged FORMAT file.
absl::Status MigrateData(const Config& config, bool dry_run, std::ostream& out);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_MIGRATE_H_
