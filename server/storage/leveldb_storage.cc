#include "server/storage/leveldb_storage.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "leveldb/iterator.h"
#include "server/storage/format_file.h"
#include "server/storage/leveldb_status.h"
#include "server/storage/log_tail.h"
#include "server/storage/requests.h"

namespace sealbook::server {
namespace {

constexpr char kLockFileName[] = "LOCK";
constexpr char kDatabaseName[] = "leveldb";
// Bits of the Bloom filter for a key: about 1% of the tables that do not hold a
// key are looked into all the same.
constexpr int kFilterBitsPerKey = 10;

std::string DatabaseKey(Table table, absl::string_view key) {
  std::string result;
  result.reserve(1 + key.size());
  result.push_back(static_cast<char>(table));
  result.append(key.data(), key.size());
  return result;
}

leveldb::Env* TargetOf(const LevelDbOptions& options) {
  return options.env == nullptr ? leveldb::Env::Default() : options.env;
}

// The names in `directory`, but for those that mean nothing: "." and "..", and
// lost+found, which a new file system is born with.
leveldb::Status List(leveldb::Env& env, const std::string& directory,
                     std::vector<std::string>& names) {
  leveldb::Status status = env.GetChildren(directory, &names);
  names.erase(std::remove_if(names.begin(), names.end(),
                             [](const std::string& name) {
                               return name == "." || name == ".." ||
                                      name == "lost+found";
                             }),
              names.end());
  return status;
}

bool Contains(const std::vector<std::string>& names, absl::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::Status CheckIsEmpty(leveldb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  SEALBOOK_RETURN_IF_ERROR(FromLevelDb(List(env, directory, names),
                                       absl::StrCat("listing ", directory)));
  if (names.empty()) return absl::OkStatus();
  if (Contains(names, kFormatFileName)) {
    return absl::AlreadyExistsError(absl::StrCat(
        directory,
        " holds a log already: start it with `sealbookd serve`, or "
        "name another directory for a new one"));
  }
  std::sort(names.begin(), names.end());
  return absl::FailedPreconditionError(absl::StrCat(
      directory, " is not empty (it holds \"", names.front(),
      "\"): name an empty directory, or one that does not exist yet"));
}

absl::Status MakeDirectory(DurableEnv& env, const std::string& directory) {
  const std::string parent = ParentDirectory(directory);
  if (!env.FileExists(parent)) {
    return absl::NotFoundError(absl::StrCat("cannot make ", directory, ": ",
                                            parent, " does not exist"));
  }
  // Also where it is there already: an attempt that failed may have made it.
  const leveldb::Status made = env.FileExists(directory)
                                   ? env.SyncParentOf(directory)
                                   : env.CreateDir(directory);
  return FromLevelDb(made, absl::StrCat("making ", directory));
}

absl::Status CheckIsOurs(leveldb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  const leveldb::Status listed = List(env, directory, names);
  if (listed.IsNotFound()) {
    return absl::NotFoundError(absl::StrCat(
        directory, " does not exist: run `sealbookd init` to make a new log"));
  }
  SEALBOOK_RETURN_IF_ERROR(
      FromLevelDb(listed, absl::StrCat("listing ", directory)));
  if (names.empty()) {
    return absl::NotFoundError(absl::StrCat(
        directory,
        " is empty: run `sealbookd init` to make a new log (if there "
        "was one, its file system may not be mounted)"));
  }
  if (!Contains(names, kFormatFileName)) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory, " is not a Sealbook data directory: it has no ",
                     kFormatFileName,
                     " file (if `sealbookd init` was interrupted, remove "
                     "the directory and run it again)"));
  }
  return CheckFormatFile(env, directory);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Storage>> LevelDbStorage::Create(
    const std::string& directory, const LevelDbOptions& options) {
  std::unique_ptr<LevelDbStorage> storage(
      new LevelDbStorage(directory, options));
  SEALBOOK_RETURN_IF_ERROR(MakeDirectory(storage->env_, directory));
  // Before anything is put there, so that somebody else's directory stays as
  // it is.
  SEALBOOK_RETURN_IF_ERROR(CheckIsEmpty(storage->env_, directory));
  SEALBOOK_RETURN_IF_ERROR(storage->Lock());
  SEALBOOK_RETURN_IF_ERROR(storage->OpenDatabase(/*create=*/true));
  // Last: a directory without it is one whose creation never finished.
  SEALBOOK_RETURN_IF_ERROR(WriteFormatFile(storage->env_, directory));
  return std::unique_ptr<Storage>(std::move(storage));
}

absl::StatusOr<std::unique_ptr<Storage>> LevelDbStorage::Open(
    const std::string& directory, const LevelDbOptions& options) {
  std::unique_ptr<LevelDbStorage> storage(
      new LevelDbStorage(directory, options));
  SEALBOOK_RETURN_IF_ERROR(CheckIsOurs(storage->env_, directory));
  SEALBOOK_RETURN_IF_ERROR(storage->Lock());
  SEALBOOK_RETURN_IF_ERROR(CheckLogTails(
      storage->env_, absl::StrCat(directory, "/", kDatabaseName)));
  SEALBOOK_RETURN_IF_ERROR(storage->OpenDatabase(/*create=*/false));
  return std::unique_ptr<Storage>(std::move(storage));
}

LevelDbStorage::LevelDbStorage(std::string directory,
                               const LevelDbOptions& options)
    : directory_(std::move(directory)),
      options_(options),
      env_(TargetOf(options), options.sync_directory),
      cache_(leveldb::NewLRUCache(options.block_cache_bytes)),
      filter_(leveldb::NewBloomFilterPolicy(kFilterBitsPerKey)) {}

LevelDbStorage::~LevelDbStorage() {
  // The database waits for its background work here, still under our lock.
  db_.reset();
  if (lock_ != nullptr) env_.UnlockFile(lock_);
}

absl::Status LevelDbStorage::Lock() {
  const std::string path = absl::StrCat(directory_, "/", kLockFileName);
  const absl::Status status =
      FromLevelDb(env_.LockFile(path, &lock_), absl::StrCat("locking ", path));
  if (!absl::IsUnavailable(status)) return status;
  return absl::UnavailableError(
      absl::StrCat(directory_,
                   " is in use by another sealbookd: one process at a time may "
                   "open it (",
                   status.message(), ")"));
}

absl::Status LevelDbStorage::OpenDatabase(bool create) {
  leveldb::Options options;
  options.create_if_missing = create;
  options.error_if_exists = create;
  options.paranoid_checks = true;
  options.env = &env_;
  options.write_buffer_size = options_.write_buffer_bytes;
  options.max_file_size = options_.max_file_bytes;
  options.block_cache = cache_.get();
  options.filter_policy = filter_.get();
  // Hashes and certificates do not compress.
  options.compression = leveldb::kNoCompression;
  leveldb::DB* db = nullptr;
  const std::string path = absl::StrCat(directory_, "/", kDatabaseName);
  const leveldb::Status status = leveldb::DB::Open(options, path, &db);
  db_.reset(db);
  return FromLevelDb(status, absl::StrCat("opening ", path));
}

absl::StatusOr<std::optional<std::string>> LevelDbStorage::ReadOne(
    const leveldb::ReadOptions& options, const std::string& database_key) {
  std::string value;
  const leveldb::Status status = db_->Get(options, database_key, &value);
  if (status.ok()) return value;
  // DurableEnv sees to it that a missing file does not look like this.
  if (status.IsNotFound()) return std::nullopt;
  return FromLevelDb(status, absl::StrCat("reading ", directory_));
}

absl::StatusOr<std::vector<std::optional<std::string>>> LevelDbStorage::Read(
    Table table, absl::Span<const std::string> keys) {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  const auto release = [this](const leveldb::Snapshot* snapshot) {
    if (snapshot != nullptr) db_->ReleaseSnapshot(snapshot);
  };
  const std::unique_ptr<const leveldb::Snapshot, decltype(release)> snapshot(
      keys.size() > 1 ? db_->GetSnapshot() : nullptr, release);
  options.snapshot = snapshot.get();

  std::vector<std::optional<std::string>> values(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    SEALBOOK_ASSIGN_OR_RETURN(values[i],
                              ReadOne(options, DatabaseKey(table, keys[i])));
  }
  return values;
}

absl::Status LevelDbStorage::Scan(
    Table table, absl::string_view from,
    const std::function<bool(absl::string_view key, absl::string_view value)>&
        visit) {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  // A long scan would push everything else out.
  options.fill_cache = false;
  const std::unique_ptr<leveldb::Iterator> it(db_->NewIterator(options));
  for (it->Seek(DatabaseKey(table, from)); it->Valid(); it->Next()) {
    // The iterator steps over a damaged block and only remembers its error.
    if (!it->status().ok()) break;
    const leveldb::Slice key = it->key();
    if (key.empty() || key[0] != static_cast<char>(table)) break;
    if (!visit(absl::string_view(key.data() + 1, key.size() - 1),
               absl::string_view(it->value().data(), it->value().size()))) {
      break;
    }
  }
  return FromLevelDb(it->status(), absl::StrCat("scanning ", directory_));
}

absl::Status LevelDbStorage::ScanEverything(const RecordVisitor& visit) {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  // An iterator reads the database as it was when it was made.
  const std::unique_ptr<leveldb::Iterator> it(db_->NewIterator(options));
  for (it->SeekToFirst(); it->Valid() && it->status().ok(); it->Next()) {
    const absl::string_view key(it->key().data(), it->key().size());
    if (key.empty()) return absl::DataLossError("a record without a table");
    if (!visit(static_cast<Table>(key[0]), key.substr(1),
               absl::string_view(it->value().data(), it->value().size()))) {
      break;
    }
  }
  return FromLevelDb(it->status(), absl::StrCat("scanning ", directory_));
}

absl::Status LevelDbStorage::Commit(const CommitRequest& request) {
  SEALBOOK_RETURN_IF_ERROR(CheckPuts(request.puts));
  const std::string head_key = DatabaseKey(Table::kHead, "");
  MutexLock lock(mutex_);
  SEALBOOK_RETURN_IF_ERROR(CheckNotStopped());

  leveldb::ReadOptions read_options;
  read_options.verify_checksums = true;
  absl::StatusOr<std::optional<std::string>> stored =
      ReadOne(read_options, head_key);
  if (!stored.ok()) return Stop(stored.status());
  SEALBOOK_RETURN_IF_ERROR(CheckHead(*stored, request.expected_head));

  leveldb::WriteBatch batch;
  for (const Put& put : request.puts) {
    batch.Put(DatabaseKey(put.table, put.key), put.value);
  }
  batch.Put(head_key, request.new_head);
  return Write(batch);
}

absl::Status LevelDbStorage::PutRecord(const Put& put) {
  SEALBOOK_RETURN_IF_ERROR(CheckPuts(absl::MakeConstSpan(&put, 1)));
  leveldb::WriteBatch batch;
  batch.Put(DatabaseKey(put.table, put.key), put.value);
  MutexLock lock(mutex_);
  SEALBOOK_RETURN_IF_ERROR(CheckNotStopped());
  return Write(batch);
}

absl::Status LevelDbStorage::CheckNotStopped() {
  if (stopped_by_.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("nothing more is committed through this object, since the "
                   "outcome of an earlier commit is unknown; open ",
                   directory_, " anew (", stopped_by_.message(), ")"));
}

absl::Status LevelDbStorage::Write(leveldb::WriteBatch& batch) {
  leveldb::WriteOptions options;
  options.sync = options_.sync;
  const leveldb::Status status = db_->Write(options, &batch);
  if (status.ok()) return absl::OkStatus();
  return Stop(FromLevelDb(status, absl::StrCat("committing to ", directory_)));
}

absl::Status LevelDbStorage::Stop(absl::Status error) {
  stopped_by_ = error;
  return error;
}

}  // namespace sealbook::server
