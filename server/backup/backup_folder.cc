#include "server/backup/backup_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "server/log_store.h"
#include "server/storage/durable_file.h"
#include "server/storage/leveldb_storage.h"

namespace sealbook::server {
namespace {

namespace fs = std::filesystem;

constexpr char kMagic[] = "sealbook backup";
constexpr int kBackupFormat = 1;
constexpr char kManifestName[] = "/BACKUP";
constexpr char kDataName[] = "/data";
// Synced at once.
constexpr size_t kFlushBytes = size_t{8} << 20;

std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

absl::StatusOr<crypto::Hash> HashFromHex(absl::string_view hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  if (absl::BytesToHexString(bytes) != hex) {
    return absl::DataLossError("not hexadecimal");
  }
  return crypto::Hash::FromBytes(bytes);
}

// The head and the log id of what `storage` holds.
absl::StatusOr<BackupManifest> Describe(Storage& storage) {
  const LogStore store(storage);
  SEALBOOK_ASSIGN_OR_RETURN(const keytrans::Configuration configuration,
                            store.ReadConfiguration());
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<StoredHead> head,
                            store.ReadHead());
  if (!head.has_value()) return absl::DataLossError("the head is missing");
  BackupManifest manifest;
  manifest.log = configuration.Fingerprint();
  manifest.tree_size = head->head.tree_size;
  manifest.log_root = head->head.log_root;
  manifest.head_time_ms = head->head.timestamp_ms;
  return manifest;
}

}  // namespace

std::string BackupManifest::ToText() const {
  return absl::StrCat(kMagic, "\nformat ", kBackupFormat, "\nlog ", log.ToHex(),
                      "\ntree_size ", tree_size, "\nlog_root ",
                      log_root.ToHex(), "\nhead_time_ms ", head_time_ms,
                      "\nmade_ms ", made_ms, "\nrecords ", records, "\nbytes ",
                      bytes, "\n");
}

absl::StatusOr<BackupManifest> BackupManifest::Parse(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 2 || lines[0] != kMagic) {
    return absl::DataLossError("not the manifest of a Sealbook backup");
  }
  if (lines[1] != absl::StrCat("format ", kBackupFormat)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "a backup of \"", absl::CHexEscape(lines[1]),
        "\", but this program reads format ", kBackupFormat, " only"));
  }
  BackupManifest manifest;
  const std::pair<absl::string_view, crypto::Hash*> hashes[] = {
      {"log", &manifest.log}, {"log_root", &manifest.log_root}};
  const std::pair<absl::string_view, uint64_t*> numbers[] = {
      {"tree_size", &manifest.tree_size},
      {"head_time_ms", &manifest.head_time_ms},
      {"made_ms", &manifest.made_ms},
      {"records", &manifest.records},
      {"bytes", &manifest.bytes}};
  for (const absl::string_view line : lines) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    for (const auto& [name, hash] : hashes) {
      if (field.first != name) continue;
      const auto read = HashFromHex(field.second);
      if (read.ok()) *hash = *read;
    }
    for (const auto& [name, number] : numbers) {
      if (field.first == name && !absl::SimpleAtoi(field.second, number)) {
        *number = 0;
      }
    }
  }
  // Whatever was not understood is not there now.
  if (manifest.ToText() != text) {
    return absl::DataLossError("the manifest of a backup is damaged");
  }
  return manifest;
}

BackupWriter::BackupWriter(std::string folder)
    : folder_(WithoutSlash(std::move(folder))),
      unfinished_(absl::StrCat(folder_, ".partial")) {}

absl::StatusOr<std::unique_ptr<BackupWriter>> BackupWriter::Begin(
    const std::string& folder) {
  std::unique_ptr<BackupWriter> writer(new BackupWriter(folder));
  std::error_code error;
  if (fs::symlink_status(writer->folder_, error).type() !=
      fs::file_type::not_found) {
    return absl::AlreadyExistsError(absl::StrCat(
        writer->folder_, " is there already: name a folder for each backup"));
  }
  if (mkdir(writer->unfinished_.c_str(), 0700) != 0) {
    const int reason = errno;
    if (reason == EEXIST) {
      return absl::AlreadyExistsError(absl::StrCat(
          writer->unfinished_,
          " is there already: another backup is writing it, or one was "
          "interrupted; then remove it"));
    }
    return absl::ErrnoToStatus(
        reason, absl::StrCat("cannot make ", writer->unfinished_));
  }
  writer->to_remove_ = true;
  SEALBOOK_ASSIGN_OR_RETURN(
      writer->storage_,
      LevelDbStorage::Create(absl::StrCat(writer->unfinished_, kDataName), {}));
  return writer;
}

BackupWriter::~BackupWriter() {
  storage_.reset();
  std::error_code error;
  if (to_remove_) fs::remove_all(unfinished_, error);
}

absl::Status BackupWriter::Add(Table table, absl::string_view key,
                               absl::string_view value) {
  ++manifest_.records;
  manifest_.bytes += key.size() + value.size();
  if (table == Table::kHead) {
    head_ = std::string(value);
    return absl::OkStatus();
  }
  put_bytes_ += key.size() + value.size();
  puts_.push_back({table, std::string(key), std::string(value)});
  return put_bytes_ < kFlushBytes ? absl::OkStatus() : Flush();
}

absl::Status BackupWriter::Flush() {
  // Its table stands before all that is large.
  if (!head_.has_value()) {
    return absl::FailedPreconditionError(
        "the log has no entry yet; there is nothing to back up");
  }
  CommitRequest request;
  if (head_written_) request.expected_head = head_;
  request.new_head = *head_;
  request.puts = std::move(puts_);
  puts_.clear();
  put_bytes_ = 0;
  head_written_ = true;
  return storage_->Commit(request);
}

absl::StatusOr<BackupManifest> BackupWriter::Finish(uint64_t now_ms) {
  SEALBOOK_RETURN_IF_ERROR(Flush());
  SEALBOOK_ASSIGN_OR_RETURN(const BackupManifest described,
                            Describe(*storage_));
  storage_.reset();
  manifest_.log = described.log;
  manifest_.tree_size = described.tree_size;
  manifest_.log_root = described.log_root;
  manifest_.head_time_ms = described.head_time_ms;
  manifest_.made_ms = now_ms;
  SEALBOOK_RETURN_IF_ERROR(WriteFileDurably(
      absl::StrCat(unfinished_, kManifestName), manifest_.ToText()));
  SEALBOOK_RETURN_IF_ERROR(RenameDurably(unfinished_, folder_));
  to_remove_ = false;
  return manifest_;
}

absl::StatusOr<OpenedBackup> OpenBackup(const std::string& folder) {
  const std::string name = absl::StrCat(WithoutSlash(folder), kManifestName);
  std::ifstream file(name, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat(folder, " is not a finished backup: there is no ", name));
  }
  const std::string text(std::istreambuf_iterator<char>(file), {});
  OpenedBackup backup;
  absl::StatusOr<BackupManifest> manifest = BackupManifest::Parse(text);
  if (!manifest.ok()) {
    return absl::Status(manifest.status().code(),
                        absl::StrCat(name, ": ", manifest.status().message()));
  }
  backup.manifest = *manifest;
  SEALBOOK_ASSIGN_OR_RETURN(
      backup.storage,
      LevelDbStorage::Open(absl::StrCat(WithoutSlash(folder), kDataName), {}));
  SEALBOOK_ASSIGN_OR_RETURN(BackupManifest described,
                            Describe(*backup.storage));
  described.made_ms = manifest->made_ms;
  described.records = manifest->records;
  described.bytes = manifest->bytes;
  if (!(described == *manifest)) {
    return absl::DataLossError(absl::StrCat(
        name, " does not belong to the data beside it: it names log ",
        manifest->log.ToHex(), " and a tree of ", manifest->tree_size,
        ", the data are of log ", described.log.ToHex(), " and ",
        described.tree_size));
  }
  return backup;
}

absl::Status CheckContents(const OpenedBackup& backup) {
  uint64_t records = 0;
  uint64_t bytes = 0;
  SEALBOOK_RETURN_IF_ERROR(backup.storage->ScanEverything(
      [&](Table, absl::string_view key, absl::string_view value) {
        ++records;
        bytes += key.size() + value.size();
        return true;
      }));
  if (records == backup.manifest.records && bytes == backup.manifest.bytes) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrCat("the backup holds ", records, " records of ", bytes,
                   " bytes; when it was made they were ",
                   backup.manifest.records, " of ", backup.manifest.bytes));
}

}  // namespace sealbook::server
