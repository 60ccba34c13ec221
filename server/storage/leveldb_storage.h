// Storage in a LevelDB database on local disk.
//
//   absl::StatusOr<std::unique_ptr<Storage>> storage =
//       LevelDbStorage::Open("/var/lib/sealbook", {});
//
// The data directory holds FORMAT (format_file.h), LOCK, and two databases:
//   entries/  the ascending tables, under their places (ascending.h);
//   leveldb/  all others: one byte, the number of the table, and then the key.
// LevelDB merges what is new into what is there, table file by table file. What
// comes in the order of its keys needs no merging, but only as long as nothing
// else shares its files: in one database, the bytes of an address were written
// five times, in two they are written twice.
//
// A commit is one write to entries/ and then one to leveldb/, which names the
// last place of the former: it is that second write that counts. What stands
// above the named place is of a commit that never was: nobody sees it, and the
// next commit to entries/ removes it. An older copy of entries/ beside a newer
// leveldb/ is refused when the store is opened; the other way round is an older
// log, which only the mark tells from the newest. Thread-safe; Read and Scan
// wait for no commit, ScanEverything for the one that goes on.
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
#include "leveldb/iterator.h"
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
  // Bytes of blocks kept in memory. On the machine's file system, table files
  // are mapped: their blocks are in the page cache and not here.
  size_t block_cache_bytes = size_t{64} << 20;
  // Of entries/ and of leveldb/. Up to twice as much is held in memory while
  // one buffer is written out.
  size_t entries_buffer_bytes = size_t{64} << 20;
  size_t write_buffer_bytes = size_t{16} << 20;
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
  absl::Status OpenDatabases(bool create);
  absl::Status OpenDatabase(const std::string& path, leveldb::Options options,
                            std::unique_ptr<leveldb::DB>& database) const;
  // Takes the last place from leveldb/, and sees to it that entries/ has it.
  absl::Status ReadLastPlace();

  absl::StatusOr<std::optional<std::string>> ReadOne(
      leveldb::DB& database, const leveldb::ReadOptions& options,
      const std::string& database_key) const;
  // From where `it` stands on; in entries/, up to the place `last`.
  absl::Status ScanIndex(leveldb::Iterator& it,
                         const RecordVisitor& visit) const;
  absl::Status ScanEntries(leveldb::Iterator& it, absl::string_view last,
                           const RecordVisitor& visit) const;
  absl::Status CheckNotStopped() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Removes what stands above `last` with `batch`.
  absl::Status RemoveAbove(const std::string& last, leveldb::WriteBatch& batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes `batch` durably, or stops this object.
  absl::Status Write(leveldb::DB& database, leveldb::WriteBatch& batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string LastPlace() const;
  void SetLastPlace(std::string last);
  absl::Status Stop(absl::Status error) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string directory_;
  const LevelDbOptions options_;
  DurableEnv env_;
  const std::unique_ptr<leveldb::Cache> cache_;
  const std::unique_ptr<const leveldb::FilterPolicy> filter_;
  leveldb::FileLock* lock_ = nullptr;
  std::unique_ptr<leveldb::DB> entries_;
  std::unique_ptr<leveldb::DB> index_;

  // Held while something is written.
  Mutex mutex_;
  // Nothing stands above the last place.
  bool swept_ ABSL_GUARDED_BY(mutex_) = false;
  // The first error of unknown outcome; OK while there was none.
  absl::Status stopped_by_ ABSL_GUARDED_BY(mutex_);

  // Readers do not wait for the one above.
  mutable Mutex last_mutex_;
  // Of what may be seen in entries/; empty: nothing. Runs ahead of the stored
  // head between the two writes of a commit.
  std::string last_place_ ABSL_GUARDED_BY(last_mutex_);
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_LEVELDB_STORAGE_H_
