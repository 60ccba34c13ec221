// A backup: the data of a log as of one moment, to be checked or to be restored
// into a new log. It never becomes the same log again.
//
//   SEALBOOK_ASSIGN_OR_RETURN(auto writer, BackupWriter::Begin("/backup/1"));
//   storage.ScanEverything(... writer->Add(table, key, value) ...);
//   SEALBOOK_ASSIGN_OR_RETURN(BackupManifest manifest, writer->Finish(now_ms));
//
// The folder (docs/formats.md): BACKUP, the manifest, and data/, laid out as a
// server's data directory. It has its name only once it is whole and durable;
// until then it is called as the folder with ".partial" behind.
#ifndef SEALBOOK_SERVER_BACKUP_BACKUP_FOLDER_H_
#define SEALBOOK_SERVER_BACKUP_BACKUP_FOLDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "server/storage/storage.h"

namespace sealbook::server {

struct BackupManifest {
  // SHA-256 of the log's Configuration.
  crypto::Hash log;
  uint64_t tree_size = 0;
  crypto::Hash log_root;
  // Milliseconds since the Unix epoch: of the last log entry, and when the
  // backup was finished.
  uint64_t head_time_ms = 0;
  uint64_t made_ms = 0;
  // What it holds; keys and values.
  uint64_t records = 0;
  uint64_t bytes = 0;

  std::string ToText() const;
  // DATA_LOSS: not a manifest. FAILED_PRECONDITION: of a format that this
  // version does not know.
  static absl::StatusOr<BackupManifest> Parse(absl::string_view text);

  friend bool operator==(const BackupManifest&,
                         const BackupManifest&) = default;
};

class BackupWriter {
 public:
  // Makes the folder under its unfinished name. ALREADY_EXISTS: the folder is
  // there, or an unfinished one of that name. Other errors: the system's, with
  // the path.
  static absl::StatusOr<std::unique_ptr<BackupWriter>> Begin(
      const std::string& folder);

  // Removes what was written unless Finish succeeded.
  ~BackupWriter();
  BackupWriter(const BackupWriter&) = delete;
  BackupWriter& operator=(const BackupWriter&) = delete;

  // In the order of Storage::ScanEverything. FAILED_PRECONDITION: the log has
  // no entry yet. Others: the storage's.
  absl::Status Add(Table table, absl::string_view key, absl::string_view value);

  // Gives the folder its name. `now_ms`: milliseconds since the Unix epoch.
  // DATA_LOSS: what was added is not a log.
  absl::StatusOr<BackupManifest> Finish(uint64_t now_ms);

 private:
  explicit BackupWriter(std::string folder);
  absl::Status Flush();

  const std::string folder_;
  const std::string unfinished_;
  std::unique_ptr<Storage> storage_;
  std::optional<std::string> head_;
  bool head_written_ = false;
  std::vector<Put> puts_;
  size_t put_bytes_ = 0;
  BackupManifest manifest_;
  // The unfinished folder is ours and of no use yet.
  bool to_remove_ = false;
};

struct OpenedBackup {
  BackupManifest manifest;
  std::unique_ptr<Storage> storage;
};

// Opens a finished backup, for which its database must be writable. NOT_FOUND:
// there is none. DATA_LOSS: the manifest names another log or tree than the
// data beside it. Others: as BackupManifest::Parse and LevelDbStorage::Open.
absl::StatusOr<OpenedBackup> OpenBackup(const std::string& folder);

// Counts its records: that some are gone, no check of those that are there
// sees. DATA_LOSS: they are not as many, or as large, as the manifest says, or
// cannot be read.
absl::Status CheckContents(const OpenedBackup& backup);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_BACKUP_BACKUP_FOLDER_H_
