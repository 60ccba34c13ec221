#include "server/commands/restore.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "crypto/random.h"
#include "keytrans/structures.h"
#include "server/backup/backup_folder.h"
#include "server/backup/restore.h"
#include "server/commands/check.h"
#include "server/commands/exit_code.h"
#include "server/commands/open_log.h"
#include "server/commands/progress_line.h"
#include "server/log_store.h"
#include "server/log_writer.h"
#include "server/prover_source.h"
#include "server/storage/disk_space.h"
#include "server/visible_head.h"
#include "server/worker_pool.h"

namespace sealbook::server {
namespace {

absl::Status Unsafe(absl::string_view why) {
  return WithExitCode(absl::FailedPreconditionError(why), ExitCode::kUnsafe);
}

// Nobody could tell two logs with one key apart.
absl::Status CheckIsAnotherLog(const keytrans::Configuration& log,
                               const keytrans::Configuration& backup) {
  if (log.Fingerprint() == backup.Fingerprint()) {
    return Unsafe(absl::StrCat(
        "this is the log that the backup was made of, ",
        log.Fingerprint().ToHex(),
        ": a backup does not become the same log again, because it would sign "
        "another history of what came after it. Name the configuration of a "
        "new log, made by `sealbookd init` with keys of its own"));
  }
  if (log.signature_public_key == backup.signature_public_key ||
      log.vrf_public_key == backup.vrf_public_key) {
    return Unsafe(
        "this log has a key of the log that the backup was made of: make a "
        "new log with keys of its own");
  }
  return absl::OkStatus();
}

absl::Status CheckHasNoAddress(const LogStore& store) {
  bool has = false;
  SEALBOOK_RETURN_IF_ERROR(store.storage().Scan(
      Table::kLabels, "", [&](absl::string_view, absl::string_view) {
        has = true;
        return false;
      }));
  if (!has) return absl::OkStatus();
  return Unsafe(
      "this log holds addresses already: a backup is restored into a new log "
      "only, made by `sealbookd init`");
}

absl::Status CheckRoom(const Config& config, const BackupManifest& backup) {
  SEALBOOK_ASSIGN_OR_RETURN(const DiskSpace space,
                            FileSystemSpaceProbe(config.data_dir)());
  const uint64_t needed = backup.bytes + config.min_free_disk_bytes;
  if (space.free_bytes >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrFormat(
      "the disk of %s has %d MB free, about %d MB are needed", config.data_dir,
      space.free_bytes / 1'000'000, needed / 1'000'000));
}

// What is wrong here is known before a long check.
absl::Status CheckTarget(const Config& config, const WritableStore& target,
                         const std::string& folder) {
  SEALBOOK_ASSIGN_OR_RETURN(const OpenedBackup backup, OpenBackup(folder));
  SEALBOOK_ASSIGN_OR_RETURN(const keytrans::Configuration of_backup,
                            LogStore(*backup.storage).ReadConfiguration());
  SEALBOOK_RETURN_IF_ERROR(
      CheckIsAnotherLog(target.store.configuration, of_backup));
  if (HasUnfinishedRestore(config.data_dir)) return absl::OkStatus();
  SEALBOOK_RETURN_IF_ERROR(CheckHasNoAddress(LogStore(*target.store.storage)));
  return CheckRoom(config, backup.manifest);
}

// Publishes everything; the target is checked.
absl::StatusOr<RestoreSummary> Publish(
    const Config& config, const RestoreOptions& options, const Clock& clock,
    const WritableStore& target, const LogStore& backup, ProgressLine& line) {
  const LogStore records(*target.store.storage);
  StoredLog source(records, *target.keys.vrf, config.cache_bytes);
  VisibleHead visible_head;
  WorkerPool pool(config.worker_threads);
  const merkle::ParallelFor parallel =
      [&pool](size_t n, const std::function<void(size_t)>& task) {
        pool.ForEach(n, task);
      };
  absl::StatusOr<std::unique_ptr<LogWriter>> writer = LogWriter::Open(
      {target.store.storage.get(), target.store.mark.get(), &source.pages(),
       &visible_head, target.keys.signing.get(), &clock, parallel});
  if (!writer.ok()) return MarkUnsafe(writer.status());
  const auto show = [&](const RestoreSummary& now) {
    const uint64_t done = now.versions + now.versions_before;
    line.Show(absl::StrFormat("restore: %d versions, %.0f a second", done,
                              1e3 * static_cast<double>(now.versions) /
                                  static_cast<double>(
                                      std::max<uint64_t>(1, line.ElapsedMs()))),
              /*finished=*/false);
    return !options.cancelled || !options.cancelled();
  };
  return RestoreLog({&backup, writer->get(), target.keys.vrf.get(),
                     &crypto::SystemRandom(), parallel},
                    show);
}

void Report(const RestoreSummary& summary, const BackupManifest& manifest,
            const Config& config, std::ostream& out) {
  out << "restored " << summary.versions + summary.versions_before
      << " versions of " << summary.labels << " labels";
  if (summary.versions_before > 0) {
    out << " (" << summary.versions_before << " by an earlier run)";
  }
  out << " and " << summary.records
      << " records of publications, serial numbers, issuers and revocations, "
         "from log "
      << manifest.log.ToHex() << "\n"
      << "This is another log: clients have to be configured with its "
         "configuration.tls. Its entries carry today's time; when a version "
         "was first published, only the backup says: keep it.\n"
      << "Next: sealbookd check --config " << config.file
      << ", then sealbookd serve" << std::endl;
}

}  // namespace

absl::Status Restore(const Config& config, const RestoreOptions& options,
                     const Clock& clock, std::ostream& out,
                     std::ostream& progress) {
  SEALBOOK_ASSIGN_OR_RETURN(const WritableStore target,
                            OpenWritableStore(config));
  if (absl::Status fit = CheckTarget(config, target, options.from); !fit.ok()) {
    return ExitCodeOf(fit) == ExitCode::kError ? MarkUnsafe(std::move(fit))
                                               : fit;
  }
  SEALBOOK_RETURN_IF_ERROR(CheckBackup(
      options.from, {.progress_on_terminal = options.progress_on_terminal},
      clock, out, progress));
  SEALBOOK_ASSIGN_OR_RETURN(const OpenedBackup backup,
                            OpenBackup(options.from));
  SEALBOOK_RETURN_IF_ERROR(
      MarkUnsafe(BeginRestore(config.data_dir, backup.manifest)));
  ProgressLine line(progress, options.progress_on_terminal, clock);
  const absl::StatusOr<RestoreSummary> summary =
      Publish(config, options, clock, target, LogStore(*backup.storage), line);
  line.Clear();
  SEALBOOK_RETURN_IF_ERROR(summary.status());
  SEALBOOK_RETURN_IF_ERROR(EndRestore(config.data_dir));
  Report(*summary, backup.manifest, config, out);
  return absl::OkStatus();
}

}  // namespace sealbook::server
