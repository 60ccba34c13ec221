#include "server/storage/leveldb_storage.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "leveldb/iterator.h"
#include "leveldb/slice.h"
#include "server/storage/ascending.h"
#include "server/storage/format_file.h"
#include "server/storage/leveldb_status.h"
#include "server/storage/log_tail.h"
#include "server/storage/requests.h"

namespace sealbook::server {
namespace {

constexpr char kLockFileName[] = "LOCK";
constexpr char kIndexName[] = "leveldb";
constexpr char kEntriesName[] = "entries";
// In leveldb/, below all tables: the last place of entries/.
constexpr char kLastPlaceKey[] = {0};
// Bits of the Bloom filter for a key: about 1% of the tables that do not hold a
// key are looked into all the same.
constexpr int kFilterBitsPerKey = 10;

std::string IndexKey(Table table, absl::string_view key) {
  std::string result;
  result.reserve(1 + key.size());
  result.push_back(static_cast<char>(table));
  result.append(key.data(), key.size());
  return result;
}

std::string LastPlaceKey() {
  return std::string(kLastPlaceKey, sizeof(kLastPlaceKey));
}

absl::string_view View(const leveldb::Slice& slice) {
  return absl::string_view(slice.data(), slice.size());
}

leveldb::ReadOptions ScanOptions() {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  // A long scan would push everything else out.
  options.fill_cache = false;
  return options;
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
  SEALBOOK_RETURN_IF_ERROR(storage->OpenDatabases(/*create=*/true));
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
  for (const char* name : {kEntriesName, kIndexName}) {
    SEALBOOK_RETURN_IF_ERROR(
        CheckLogTails(storage->env_, absl::StrCat(directory, "/", name)));
  }
  SEALBOOK_RETURN_IF_ERROR(storage->OpenDatabases(/*create=*/false));
  SEALBOOK_RETURN_IF_ERROR(storage->ReadLastPlace());
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
  // The databases wait for their background work here, still under our lock.
  index_.reset();
  entries_.reset();
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

absl::Status LevelDbStorage::OpenDatabases(bool create) {
  leveldb::Options options;
  options.create_if_missing = create;
  options.error_if_exists = create;
  options.paranoid_checks = true;
  options.env = &env_;
  options.max_file_size = options_.max_file_bytes;
  options.block_cache = cache_.get();
  // Hashes and certificates do not compress.
  options.compression = leveldb::kNoCompression;
  leveldb::Options entries_options = options;
  // No filter: one file alone can hold a place, and what is asked for is there.
  entries_options.write_buffer_size = options_.entries_buffer_bytes;
  SEALBOOK_RETURN_IF_ERROR(OpenDatabase(
      absl::StrCat(directory_, "/", kEntriesName), entries_options, entries_));
  leveldb::Options index_options = options;
  index_options.write_buffer_size = options_.write_buffer_bytes;
  index_options.filter_policy = filter_.get();
  return OpenDatabase(absl::StrCat(directory_, "/", kIndexName), index_options,
                      index_);
}

absl::Status LevelDbStorage::OpenDatabase(
    const std::string& path, leveldb::Options options,
    std::unique_ptr<leveldb::DB>& database) const {
  leveldb::DB* opened = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, path, &opened);
  database.reset(opened);
  return FromLevelDb(status, absl::StrCat("opening ", path));
}

absl::Status LevelDbStorage::ReadLastPlace() {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> last,
                            ReadOne(*index_, options, LastPlaceKey()));
  if (!last.has_value()) return absl::OkStatus();
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> record,
                            ReadOne(*entries_, options, *last));
  if (!record.has_value()) {
    return absl::DataLossError(absl::StrCat(
        directory_, "/", kEntriesName, " lacks what the last commit in ",
        directory_, "/", kIndexName,
        " wrote: they are copies of different times, or the end of its newest "
        "log is gone"));
  }
  SetLastPlace(*last);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> LevelDbStorage::ReadOne(
    leveldb::DB& database, const leveldb::ReadOptions& options,
    const std::string& database_key) const {
  std::string value;
  const leveldb::Status status = database.Get(options, database_key, &value);
  if (status.ok()) return value;
  // DurableEnv sees to it that a missing file does not look like this.
  if (status.IsNotFound()) return std::nullopt;
  return FromLevelDb(status, absl::StrCat("reading ", directory_));
}

absl::StatusOr<std::vector<std::optional<std::string>>> LevelDbStorage::Read(
    Table table, absl::Span<const std::string> keys) {
  const bool ascending = IsAscending(table);
  leveldb::DB& database = ascending ? *entries_ : *index_;
  const std::string last = ascending ? LastPlace() : "";
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  const auto release = [&database](const leveldb::Snapshot* snapshot) {
    if (snapshot != nullptr) database.ReleaseSnapshot(snapshot);
  };
  // What ascends never changes.
  const std::unique_ptr<const leveldb::Snapshot, decltype(release)> snapshot(
      keys.size() > 1 && !ascending ? database.GetSnapshot() : nullptr,
      release);
  options.snapshot = snapshot.get();

  std::vector<std::optional<std::string>> values(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    std::string key;
    if (!ascending) {
      key = IndexKey(table, keys[i]);
    } else if (keys[i].size() >= kPositionBytes) {
      key = PlaceOf(table, keys[i]);
    }
    if (ascending && (key.empty() || key > last)) continue;
    SEALBOOK_ASSIGN_OR_RETURN(values[i], ReadOne(database, options, key));
  }
  return values;
}

absl::Status LevelDbStorage::Scan(
    Table table, absl::string_view from,
    const std::function<bool(absl::string_view key, absl::string_view value)>&
        visit) {
  if (!IsAscending(table)) {
    const std::unique_ptr<leveldb::Iterator> it(
        index_->NewIterator(ScanOptions()));
    it->Seek(IndexKey(table, from));
    return ScanIndex(
        *it, [&](Table found, absl::string_view key, absl::string_view value) {
          return found == table && visit(key, value);
        });
  }
  const std::string last = LastPlace();
  const std::unique_ptr<leveldb::Iterator> it(
      entries_->NewIterator(ScanOptions()));
  it->Seek(FirstPlace(table, from));
  return ScanEntries(
      *it, last,
      [&](Table found, absl::string_view key, absl::string_view value) {
        return found != table || visit(key, value);
      });
}

absl::Status LevelDbStorage::ScanEverything(const RecordVisitor& visit) {
  // An iterator reads the database as it was when it was made. Made under the
  // lock, both are of one commit.
  std::unique_ptr<leveldb::Iterator> index;
  std::unique_ptr<leveldb::Iterator> entries;
  std::string last;
  {
    MutexLock lock(mutex_);
    index.reset(index_->NewIterator(ScanOptions()));
    entries.reset(entries_->NewIterator(ScanOptions()));
    last = LastPlace();
  }
  bool go_on = true;
  const RecordVisitor watched = [&](Table table, absl::string_view key,
                                    absl::string_view value) {
    go_on = visit(table, key, value);
    return go_on;
  };
  index->SeekToFirst();
  SEALBOOK_RETURN_IF_ERROR(ScanIndex(*index, watched));
  if (!go_on) return absl::OkStatus();
  entries->SeekToFirst();
  return ScanEntries(*entries, last, watched);
}

absl::Status LevelDbStorage::ScanIndex(leveldb::Iterator& it,
                                       const RecordVisitor& visit) const {
  // An iterator steps over a damaged block and only remembers its error.
  for (; it.Valid() && it.status().ok(); it.Next()) {
    const absl::string_view key = View(it.key());
    if (key.empty()) return absl::DataLossError("a record without a table");
    if (key == LastPlaceKey()) continue;
    if (!visit(static_cast<Table>(key[0]), key.substr(1), View(it.value()))) {
      break;
    }
  }
  return FromLevelDb(it.status(), absl::StrCat("scanning ", directory_));
}

absl::Status LevelDbStorage::ScanEntries(leveldb::Iterator& it,
                                         absl::string_view last,
                                         const RecordVisitor& visit) const {
  for (; it.Valid() && it.status().ok(); it.Next()) {
    if (View(it.key()) > last) break;
    const std::optional<PlacedKey> key = ParsePlace(View(it.key()));
    if (!key.has_value()) {
      return absl::DataLossError("a record of entries/ at no place");
    }
    if (!visit(key->table, key->key, View(it.value()))) break;
  }
  return FromLevelDb(it.status(), absl::StrCat("scanning ", directory_));
}

absl::Status LevelDbStorage::Commit(const CommitRequest& request) {
  MutexLock lock(mutex_);
  SEALBOOK_RETURN_IF_ERROR(CheckNotStopped());

  leveldb::ReadOptions read_options;
  read_options.verify_checksums = true;
  const std::string head_key = IndexKey(Table::kHead, "");
  absl::StatusOr<std::optional<std::string>> stored =
      ReadOne(*index_, read_options, head_key);
  if (!stored.ok()) return Stop(stored.status());
  SEALBOOK_RETURN_IF_ERROR(CheckHead(*stored, request.expected_head));
  std::string last = LastPlace();
  SEALBOOK_RETURN_IF_ERROR(CheckPuts(request.puts, last));

  leveldb::WriteBatch entries;
  leveldb::WriteBatch index;
  if (!swept_) SEALBOOK_RETURN_IF_ERROR(RemoveAbove(last, entries));
  bool ascends = false;
  for (const Put& put : request.puts) {
    if (!IsAscending(put.table)) {
      index.Put(IndexKey(put.table, put.key), put.value);
      continue;
    }
    ascends = true;
    std::string place = PlaceOf(put.table, put.key);
    entries.Put(place, put.value);
    if (last < place) last = std::move(place);
  }
  index.Put(head_key, request.new_head);
  if (!ascends) return Write(*index_, index);
  SEALBOOK_RETURN_IF_ERROR(Write(*entries_, entries));
  swept_ = true;
  index.Put(LastPlaceKey(), last);
  // Before the head: who sees the new one must see what it stands for.
  std::string before = LastPlace();
  SetLastPlace(std::move(last));
  absl::Status written = Write(*index_, index);
  if (!written.ok()) SetLastPlace(std::move(before));
  return written;
}

absl::Status LevelDbStorage::PutRecord(const Put& put) {
  SEALBOOK_RETURN_IF_ERROR(CheckRecord(put));
  leveldb::WriteBatch batch;
  batch.Put(IndexKey(put.table, put.key), put.value);
  MutexLock lock(mutex_);
  SEALBOOK_RETURN_IF_ERROR(CheckNotStopped());
  return Write(*index_, batch);
}

absl::Status LevelDbStorage::RemoveAbove(const std::string& last,
                                         leveldb::WriteBatch& batch) {
  const std::unique_ptr<leveldb::Iterator> it(
      entries_->NewIterator(ScanOptions()));
  for (it->Seek(last); it->Valid(); it->Next()) {
    if (View(it->key()) > last) batch.Delete(it->key());
  }
  if (it->status().ok()) return absl::OkStatus();
  return Stop(FromLevelDb(it->status(), absl::StrCat("scanning ", directory_)));
}

std::string LevelDbStorage::LastPlace() const {
  MutexLock lock(last_mutex_);
  return last_place_;
}

void LevelDbStorage::SetLastPlace(std::string last) {
  MutexLock lock(last_mutex_);
  last_place_ = std::move(last);
}

absl::Status LevelDbStorage::CheckNotStopped() {
  if (stopped_by_.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("nothing more is committed through this object, since the "
                   "outcome of an earlier commit is unknown; open ",
                   directory_, " anew (", stopped_by_.message(), ")"));
}

absl::Status LevelDbStorage::Write(leveldb::DB& database,
                                   leveldb::WriteBatch& batch) {
  leveldb::WriteOptions options;
  options.sync = options_.sync;
  const leveldb::Status status = database.Write(options, &batch);
  if (status.ok()) return absl::OkStatus();
  return Stop(FromLevelDb(status, absl::StrCat("committing to ", directory_)));
}

absl::Status LevelDbStorage::Stop(absl::Status error) {
  stopped_by_ = error;
  return error;
}

}  // namespace sealbook::server
