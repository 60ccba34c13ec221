#include "server/storage/migration.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "leveldb/env.h"
#include "server/storage/durable_env.h"
#include "server/storage/durable_file.h"
#include "server/storage/format_file.h"

namespace sealbook::server {
namespace {

namespace fs = std::filesystem;

std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

// The store's lock, without its store.
class Lock {
 public:
  static absl::StatusOr<std::unique_ptr<Lock>> Take(
      const std::string& directory) {
    std::unique_ptr<Lock> lock(new Lock);
    const std::string path = absl::StrCat(directory, "/LOCK");
    const leveldb::Status taken =
        leveldb::Env::Default()->LockFile(path, &lock->lock_);
    if (taken.ok()) return lock;
    return absl::UnavailableError(
        absl::StrCat(directory, " is in use by another sealbookd (",
                     taken.ToString(), "); stop it first"));
  }
  ~Lock() {
    if (lock_ != nullptr) leveldb::Env::Default()->UnlockFile(lock_);
  }

 private:
  Lock() = default;
  leveldb::FileLock* lock_ = nullptr;
};

// An attempt that was interrupted between the exchange of names and the naming
// of what is kept left the old data under the name of the new.
absl::Status KeepWhatWasExchanged(const std::string& directory, int format) {
  const std::string next = absl::StrCat(directory, ".migrating");
  const absl::StatusOr<int> found =
      ReadFormatFile(*leveldb::Env::Default(), next);
  if (!found.ok() || *found >= format) return absl::OkStatus();
  return RenameDurably(next, absl::StrCat(directory, ".format-", *found));
}

absl::Status TakeStep(const std::string& directory, int from,
                      const MigrationStep& step) {
  const std::string next = absl::StrCat(directory, ".migrating");
  const std::string kept = absl::StrCat(directory, ".format-", from);
  if (Exists(kept)) {
    return absl::AlreadyExistsError(absl::StrCat(
        kept,
        " is there already: move it away, so that the data as they are "
        "now can be kept there"));
  }
  // Of an attempt that was interrupted.
  std::error_code error;
  fs::remove_all(next, error);
  if (mkdir(next.c_str(), 0700) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot make ", next));
  }
  SEALBOOK_RETURN_IF_ERROR(step(directory, next));
  DurableEnv env(leveldb::Env::Default(), PosixSyncDirectory);
  // Last: a directory without it is not one of data.
  SEALBOOK_RETURN_IF_ERROR(WriteFormatFile(env, next, from + 1));
  SEALBOOK_RETURN_IF_ERROR(ExchangeDurably(directory, next));
  return RenameDurably(next, kept);
}

}  // namespace

const MigrationSteps& StorageMigrationSteps() {
  static const auto& steps = *new MigrationSteps;
  return steps;
}

absl::StatusOr<MigrationPlan> PlanMigration(const std::string& directory,
                                            const MigrationSteps& steps,
                                            int newest) {
  if (!Exists(absl::StrCat(directory, "/", kFormatFileName))) {
    return absl::NotFoundError(absl::StrCat(
        directory, " is not a Sealbook data directory: there is no ",
        kFormatFileName, " file in it"));
  }
  MigrationPlan plan{.to = newest};
  SEALBOOK_ASSIGN_OR_RETURN(
      plan.from, ReadFormatFile(*leveldb::Env::Default(), directory));
  if (plan.from > newest) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory, " has storage format ", plan.from,
                     ", which is newer than this program's ", newest,
                     ": a newer sealbookd wrote it, and nothing leads back"));
  }
  for (int format = plan.from; format < newest; ++format) {
    if (steps.contains(format)) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(directory, " has storage format ", plan.from,
                     ", and no step of this program leads from format ", format,
                     " to ", format + 1));
  }
  return plan;
}

absl::StatusOr<MigrationPlan> Migrate(const std::string& given,
                                      const MigrationSteps& steps, int newest) {
  const std::string directory = WithoutSlash(given);
  SEALBOOK_ASSIGN_OR_RETURN(const MigrationPlan plan,
                            PlanMigration(directory, steps, newest));
  SEALBOOK_RETURN_IF_ERROR(KeepWhatWasExchanged(directory, plan.from));
  for (int format = plan.from; format < plan.to; ++format) {
    SEALBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<Lock> lock,
                              Lock::Take(directory));
    SEALBOOK_RETURN_IF_ERROR(TakeStep(directory, format, steps.at(format)));
  }
  return plan;
}

}  // namespace sealbook::server
