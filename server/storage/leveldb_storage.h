// Storage in a LevelDB database on local disk.
//
//   absl::StatusOr<std::unique_ptr<Storage>> storage =
//       LevelDbStorage::Open("/var/lib/sealbook", {});
//
// The data directory holds FORMAT (format_file.h), LOCK, and the database in
// leveldb/. A record's key there is one byte, the number of its table, and then
// its key. Thread-safe; readers wait for no commit.
//
// What LevelDB does not notice by itself is looked for when the store is opened
// (log_tail.h) or guarded against while it is used (durable_env.h). Lost
// without a trace here, and found only by the high-water mark (server/mark):
// the whole tail of a log cut off between two commits, or an older copy of the
// directory.
#ifndef SEALBOOK_SERVER_STORAGE_LEVELDB_STORAGE_H_
#define SEALBOOK_SERVER_STORAGE_LEVELDB_STORAGE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "leveldb/cache.h"
#include "leveldb/db.h"
#include "leveldb/env.h"
#include "leveldb/filter_policy.h"
#include "leveldb/options.h"
#include "leveldb/write_batch.h"
#include "server/storage/durable_env.h"
#include "server/storage/storage.h"

namespace sealbook::server {

struct LevelDbOptions {
  // Null: the machine's file system. Else it must outlive the store, and
  // `sync_directory` must be given with it.
  leveldb::Env* env = nullptr;
  SyncDirectory sync_directory = PosixSyncDirectory;
  // Bytes of blocks kept in memory. LevelDB maps its first 1000 table files
  // instead of reading them; their blocks are in the page cache and not here.
  size_t block_cache_bytes = size_t{64} << 20;
  // Up to twice as much is held in memory while one buffer is written out.
  size_t write_buffer_bytes = size_t{64} << 20;
  size_t max_file_bytes = size_t{32} << 20;
  // False loses acknowledged commits at a power cut: only for tests that show
  // that they would notice.
  bool sync = true;
};

class LevelDbStorage final : public Storage {
 public:
  // Makes an empty store in `directory`, which is made too if it is missing
  // (its parent is not), and opens it. Errors:
  //   ALREADY_EXISTS: it holds a store already.
  //   FAILED_PRECONDITION: it holds something else (lost+found is let pass).
  //   NOT_FOUND: its parent directory does not exist.
  //   PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE, INTERNAL as
  //   FromLevelDb; what was begun has to be removed before the next try.
  static absl::StatusOr<std::unique_ptr<Storage>> Create(
      const std::string& directory, const LevelDbOptions& options);

  // Opens the store that Create made. Errors:
  //   NOT_FOUND: there is no such directory, or nothing in it.
  //   FAILED_PRECONDITION: it is not ours, or of another format version.
  //   UNAVAILABLE: a process, this one perhaps, has it open.
  //   DATA_LOSS: stored bytes are damaged or a file is missing.
  //   PERMISSION_DENIED, RESOURCE_EXHAUSTED, INTERNAL as FromLevelDb.
  static absl::StatusOr<std::unique_ptr<Storage>> Open(
      const std::string& directory, const LevelDbOptions& options);

  ~LevelDbStorage() override;

  absl::StatusOr<std::vector<std::optional<std::string>>> Read(
      Table table, absl::Span<const std::string> keys) override;
  absl::Status Scan(
      Table table, absl::string_view from,
      const std::function<bool(absl::string_view key, absl::string_view value)>&
          visit) override;
  absl::Status ScanEverything(const RecordVisitor& visit) override;
  absl::Status Commit(const CommitRequest& request) override;
  absl::Status PutRecord(const Put& put) override;

 private:
  LevelDbStorage(std::string directory, const LevelDbOptions& options);

  // The steps of Create and Open, on a new object.
  absl::Status Lock();
  absl::Status OpenDatabase(bool create);

  absl::StatusOr<std::optional<std::string>> ReadOne(
      const leveldb::ReadOptions& options, const std::string& database_key);
  absl::Status CheckNotStopped() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes `batch` durably, or stops this object.
  absl::Status Write(leveldb::WriteBatch& batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Stop(absl::Status error) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string directory_;
  const LevelDbOptions options_;
  DurableEnv env_;
  const std::unique_ptr<leveldb::Cache> cache_;
  const std::unique_ptr<const leveldb::FilterPolicy> filter_;
  leveldb::FileLock* lock_ = nullptr;
  std::unique_ptr<leveldb::DB> db_;

  Mutex mutex_;
  // The first error of unknown outcome; OK while there was none.
  absl::Status stopped_by_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_LEVELDB_STORAGE_H_
