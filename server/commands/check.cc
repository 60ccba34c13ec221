#include "server/commands/check.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "server/backup/backup_folder.h"
#include "server/backup/restore.h"
#include "server/commands/exit_code.h"
#include "server/commands/open_log.h"
#include "server/commands/progress_line.h"
#include "server/store_check.h"

namespace sealbook::server {
namespace {

using Json = nlohmann::ordered_json;

double MegabytesPerSecond(uint64_t bytes, uint64_t ms) {
  return static_cast<double>(bytes) / 1e3 /
         static_cast<double>(std::max<uint64_t>(ms, 1));
}

void Show(const StoreCheckProgress& now, ProgressLine& line) {
  const bool finished = now.share >= 1;
  if (!line.Due(finished)) return;
  line.Show(absl::StrFormat("%s: %d (%.0f%%), %.1f MB/s", now.stage, now.done,
                            100 * now.share,
                            MegabytesPerSecond(now.bytes, line.ElapsedMs())),
            finished);
}

// Keys may hold any bytes.
void PrintJson(const Json& json, std::ostream& out) {
  out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
}

void PrintResult(const std::string& log, const StoreCheckSummary& summary,
                 uint64_t elapsed_ms, const CheckOptions& options,
                 std::ostream& out) {
  const double rate = MegabytesPerSecond(summary.bytes, elapsed_ms);
  if (options.json) {
    Json json;
    json["log"] = log;
    json["sound"] = summary.damages == 0;
    json["damages"] = summary.damages;
    json["tree_size"] = summary.tree_size;
    json["leaves"] = summary.leaves;
    json["pages"] = summary.pages;
    json["labels"] = summary.labels;
    json["versions"] = summary.versions;
    json["records_read"] = summary.records;
    json["bytes_read"] = summary.bytes;
    json["elapsed_ms"] = elapsed_ms;
    json["megabytes_per_second"] = rate;
    return PrintJson(json, out);
  }
  out << "checked: tree size " << summary.tree_size << ", " << summary.leaves
      << " leaves, " << summary.pages << " pages, " << summary.labels
      << " labels, " << summary.versions << " versions" << std::endl;
  if (summary.damages == 0) out << "the store is sound" << std::endl;
  out << absl::StreamFormat("read %d records, %.1f MB in %.1f s: %.1f MB/s",
                            summary.records,
                            static_cast<double>(summary.bytes) / 1e6,
                            static_cast<double>(elapsed_ms) / 1e3, rate)
      << std::endl;
}

// What is checked, and what to do about damages.
struct Subject {
  std::string log;
  std::string folder;
  Storage* storage = nullptr;
  // Null: it has none.
  MarkKeeper* mark = nullptr;
  // Null: it is none.
  const OpenedBackup* backup = nullptr;
  absl::string_view advice;
};

absl::Status CheckSubject(const Subject& subject, const CheckOptions& options,
                          const Clock& clock, std::ostream& out,
                          std::ostream& progress) {
  if (!options.json) {
    out << "log " << subject.log << " in " << subject.folder << std::endl;
  }
  ProgressLine line(progress, options.progress_on_terminal, clock);
  StoreCheckCallbacks callbacks;
  callbacks.progress = [&line](const StoreCheckProgress& now) {
    Show(now, line);
  };
  callbacks.damage = [&](const std::string& damage) {
    line.Clear();
    if (options.json) return PrintJson({{"damage", damage}}, out);
    out << "DAMAGE: " << damage << std::endl;
  };
  absl::StatusOr<StoreCheckSummary> checked =
      CheckStore(*subject.storage, subject.mark, callbacks);
  if (absl::IsDataLoss(checked.status())) {
    return WithExitCode(checked.status(), ExitCode::kUnsafe);
  }
  if (!checked.ok()) return checked.status();
  if (subject.backup != nullptr) {
    const absl::Status contents = CheckContents(*subject.backup);
    if (!contents.ok()) {
      callbacks.damage(std::string(contents.message()));
      ++checked->damages;
    }
  }
  PrintResult(subject.log, *checked, line.ElapsedMs(), options, out);
  if (checked->damages == 0) return absl::OkStatus();
  return WithExitCode(absl::DataLossError(absl::StrCat(
                          checked->damages,
                          checked->damages == 1 ? " damage was found. "
                                                : " damages were found. ",
                          subject.advice)),
                      ExitCode::kUnsafe);
}

}  // namespace

absl::Status Check(const Config& config, const CheckOptions& options,
                   const Clock& clock, std::ostream& out,
                   std::ostream& progress) {
  SEALBOOK_ASSIGN_OR_RETURN(const OpenStore store, OpenStoreOf(config));
  if (absl::Status finished = CheckNoUnfinishedRestore(config.data_dir);
      !finished.ok()) {
    return WithExitCode(std::move(finished), ExitCode::kUnsafe);
  }
  return CheckSubject(
      {.log = store.configuration.Fingerprint().ToHex(),
       .folder = config.data_dir,
       .storage = store.storage.get(),
       .mark = store.mark.get(),
       .advice = "Do not serve this store: find out what damaged it, and put "
                 "back a copy that holds at least the tree size of the mark"},
      options, clock, out, progress);
}

absl::Status CheckBackup(const std::string& folder, const CheckOptions& options,
                         const Clock& clock, std::ostream& out,
                         std::ostream& progress) {
  absl::StatusOr<OpenedBackup> backup = OpenBackup(folder);
  if (absl::IsDataLoss(backup.status()) ||
      absl::IsFailedPrecondition(backup.status())) {
    return WithExitCode(backup.status(), ExitCode::kUnsafe);
  }
  if (!backup.ok()) return backup.status();
  return CheckSubject({.log = backup->manifest.log.ToHex(),
                       .folder = folder,
                       .storage = backup->storage.get(),
                       .backup = &*backup,
                       .advice = "Do not rely on this backup: make another"},
                      options, clock, out, progress);
}

}  // namespace sealbook::server
