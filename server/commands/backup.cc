#include "server/commands/backup.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "server/backup/backup_folder.h"
#include "server/backup/control_socket.h"
#include "server/backup/record_stream.h"
#include "server/backup/restore.h"
#include "server/commands/exit_code.h"
#include "server/commands/progress_line.h"
#include "server/storage/disk_space.h"
#include "server/storage/leveldb_storage.h"

namespace sealbook::server {
namespace {

namespace fs = std::filesystem;

// Records between two looks at the clock.
constexpr uint64_t kLookEvery = 64;

// Bytes of the files below `folder`.
uint64_t SizeOf(const std::string& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  // Files may go while they are counted.
  for (fs::recursive_directory_iterator it(folder, error), end;
       !error && it != end; it.increment(error)) {
    std::error_code gone;
    const auto size = it->is_regular_file(gone) ? it->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

absl::StatusOr<std::string> ParentOf(const std::string& folder) {
  std::error_code error;
  const fs::path path = fs::absolute(folder, error).lexically_normal();
  const fs::path named = path.has_filename() ? path : path.parent_path();
  if (fs::is_directory(named.parent_path(), error)) {
    return named.parent_path().string();
  }
  return absl::NotFoundError(absl::StrCat("there is no folder ",
                                          named.parent_path().string(), " for ",
                                          folder, "; make it first"));
}

absl::Status CheckRoom(const Config& config, const std::string& parent,
                       uint64_t store_bytes) {
  SEALBOOK_ASSIGN_OR_RETURN(const DiskSpace space,
                            FileSystemSpaceProbe(parent)());
  // On the data's own file system the server needs its reserve.
  const uint64_t needed = store_bytes + config.min_free_disk_bytes;
  if (space.free_bytes >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrFormat(
      "%s has %d MB free, the backup may take %d MB, and %d MB are to stay "
      "free (min_free_disk_mib)",
      parent, space.free_bytes / 1'000'000, store_bytes / 1'000'000,
      config.min_free_disk_bytes / 1'000'000));
}

// Takes records into a backup, no faster than it may.
class Taker {
 public:
  Taker(BackupWriter& writer, const BackupOptions& options,
        uint64_t bytes_per_second, uint64_t store_bytes, ProgressLine& line)
      : writer_(writer),
        options_(options),
        bytes_per_second_(bytes_per_second),
        store_bytes_(std::max<uint64_t>(1, store_bytes)),
        line_(line) {}

  absl::Status Take(Table table, absl::string_view key,
                    absl::string_view value) {
    SEALBOOK_RETURN_IF_ERROR(writer_.Add(table, key, value));
    bytes_ += key.size() + value.size();
    if (++records_ % kLookEvery != 0) return absl::OkStatus();
    if (options_.cancelled && options_.cancelled()) {
      return absl::CancelledError(
          "interrupted; nothing of the backup was left behind");
    }
    Wait();
    if (line_.Due(false)) Show(false);
    return absl::OkStatus();
  }

  void Show(bool finished) {
    const double share =
        finished ? 100
                 : std::min(99.0, 100 * static_cast<double>(bytes_) /
                                      static_cast<double>(store_bytes_));
    const uint64_t ms = std::max<uint64_t>(1, line_.ElapsedMs());
    line_.Show(absl::StrFormat(
                   "backup: %d records (%.0f%%), %.1f MB/s", records_, share,
                   static_cast<double>(bytes_) / 1e3 / static_cast<double>(ms)),
               finished);
  }

 private:
  void Wait() const {
    if (bytes_per_second_ == 0) return;
    const uint64_t due_ms = 1000 * bytes_ / bytes_per_second_;
    const uint64_t now_ms = line_.ElapsedMs();
    if (due_ms <= now_ms) return;
    // Not so long that the server gives up.
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::min<uint64_t>(1000, due_ms - now_ms)));
  }

  BackupWriter& writer_;
  const BackupOptions& options_;
  const uint64_t bytes_per_second_;
  const uint64_t store_bytes_;
  ProgressLine& line_;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
};

absl::Status FromStore(const Config& config, Taker& taker) {
  absl::StatusOr<std::unique_ptr<Storage>> storage =
      LevelDbStorage::Open(config.data_dir, {});
  if (absl::IsDataLoss(storage.status()) ||
      absl::IsFailedPrecondition(storage.status())) {
    return WithExitCode(storage.status(), ExitCode::kUnsafe);
  }
  if (!storage.ok()) return storage.status();
  absl::Status taken;
  const absl::Status scanned = (*storage)->ScanEverything(
      [&](Table table, absl::string_view key, absl::string_view value) {
        taken = taker.Take(table, key, value);
        return taken.ok();
      });
  return taken.ok() ? scanned : taken;
}

absl::Status FromServer(int socket, Taker& taker) {
  return ReceiveRecords(
      socket, [&](Table table, absl::string_view key, absl::string_view value) {
        return taker.Take(table, key, value);
      });
}

}  // namespace

absl::Status Backup(const Config& config, const BackupOptions& options,
                    const Clock& clock, std::ostream& out,
                    std::ostream& progress) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::string parent, ParentOf(options.to));
  if (absl::StartsWith(absl::StrCat(parent, "/"),
                       absl::StrCat(config.data_dir, "/"))) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.to, " is within data_dir; name a folder elsewhere"));
  }
  if (absl::Status whole = CheckNoUnfinishedRestore(config.data_dir);
      !whole.ok()) {
    return WithExitCode(whole, ExitCode::kUnsafe);
  }
  const uint64_t store_bytes = SizeOf(config.data_dir);
  SEALBOOK_RETURN_IF_ERROR(CheckRoom(config, parent, store_bytes));
  SEALBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<BackupWriter> writer,
                            BackupWriter::Begin(options.to));

  ProgressLine line(progress, options.progress_on_terminal, clock);
  const absl::StatusOr<Descriptor> server = AskForRecords(config.data_dir);
  if (!server.ok() && !absl::IsNotFound(server.status())) {
    return server.status();
  }
  Taker taker(*writer, options, server.ok() ? options.bytes_per_second : 0,
              store_bytes, line);
  SEALBOOK_RETURN_IF_ERROR(server.ok() ? FromServer(server->get(), taker)
                                       : FromStore(config, taker));
  SEALBOOK_ASSIGN_OR_RETURN(const BackupManifest manifest,
                            writer->Finish(clock.WallMs()));
  taker.Show(/*finished=*/true);
  out << "backup of log " << manifest.log.ToHex() << " in " << options.to
      << ": tree size " << manifest.tree_size << ", root "
      << manifest.log_root.ToHex() << ", " << manifest.records << " records, "
      << absl::StrFormat("%.1f MB", static_cast<double>(manifest.bytes) / 1e6)
      << (server.ok() ? ", from the running server" : "") << "\n"
      << "It holds neither the log's keys nor its mark. Look at it with: "
         "sealbookd check --backup "
      << options.to << std::endl;
  return absl::OkStatus();
}

}  // namespace sealbook::server
