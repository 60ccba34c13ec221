// From one storage format to the next: `sealbookd migrate`.
//
// A step writes a whole new data directory beside the old one and never touches
// the old one; then the two change names in one step of the file system. So an
// interruption at any moment leaves a directory that is whole, the old or the
// new one. The old one is kept, as DIR.format-N.
#ifndef SEALBOOK_SERVER_STORAGE_MIGRATION_H_
#define SEALBOOK_SERVER_STORAGE_MIGRATION_H_

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sealbook::server {

// Fills `to`, which is empty, with what `from` holds, in the next format; but
// for FORMAT and LOCK, which are the mechanism's. All of it durable on OK.
using MigrationStep =
    std::function<absl::Status(const std::string& from, const std::string& to)>;

// By the format that a step starts from: steps.at(n) leads from n to n + 1.
using MigrationSteps = std::map<int, MigrationStep>;

// Those of this version: none, since format 1 is the first.
const MigrationSteps& StorageMigrationSteps();

struct MigrationPlan {
  int from = 0;
  int to = 0;
};

// What there is to do in `directory`: nothing if from == to. Nothing is
// changed. NOT_FOUND: no data directory. FAILED_PRECONDITION: FORMAT is damaged
// or of a newer version, or no steps lead from it to `newest`.
absl::StatusOr<MigrationPlan> PlanMigration(const std::string& directory,
                                            const MigrationSteps& steps,
                                            int newest);

// Carries out the steps. Errors as PlanMigration, and UNAVAILABLE: a process
// has the directory open; ALREADY_EXISTS: an old directory of that format was
// kept before; those of the steps. On any error `directory` is whole, in the
// format that it had or in one between.
absl::StatusOr<MigrationPlan> Migrate(const std::string& directory,
                                      const MigrationSteps& steps, int newest);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_MIGRATION_H_
