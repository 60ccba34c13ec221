#include "server/commands/migrate.h"

#include "absl/status/statusor.h"
#include "server/commands/open_log.h"
#include "server/storage/format_file.h"
#include "server/storage/migration.h"

namespace sealbook::server {

absl::Status MigrateData(const Config& config, bool dry_run,
                         std::ostream& out) {
  const MigrationSteps& steps = StorageMigrationSteps();
  const absl::StatusOr<MigrationPlan> plan =
      PlanMigration(config.data_dir, steps, kFormatVersion);
  if (!plan.ok()) return MarkUnsafe(plan.status());
  if (plan->from != plan->to) {
    out << config.data_dir << ": format " << plan->from << " to " << plan->to
        << (dry_run ? " (dry run: nothing is done)" : "") << std::endl;
  }
  if (!dry_run) {
    const absl::StatusOr<MigrationPlan> done =
        Migrate(config.data_dir, steps, kFormatVersion);
    if (!done.ok()) return MarkUnsafe(done.status());
  }
  if (plan->from == plan->to) {
    out << config.data_dir << ": format " << plan->to
        << " is the newest; nothing to do" << std::endl;
  } else if (!dry_run) {
    out << "Done. The old data are kept beside, as " << config.data_dir
        << ".format-" << plan->from << "; run sealbookd check next"
        << std::endl;
  }
  return absl::OkStatus();
}

}  // namespace sealbook::server
