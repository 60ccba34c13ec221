// The environment that LevelDB runs in: what LevelDB syncs survives a power cut
// under POSIX's promises alone, and a failing disk is never made worse.
//
// LevelDB 1.23 on its own POSIX environment leaves five gaps:
//   - a new log's directory entry is not synced before commits into it are
//     acknowledged (some file systems do it unasked, POSIX promises nothing);
//   - neither is the rename that makes CURRENT name a new manifest;
//   - a manifest is deleted again when an error follows the rename that
//     installed it, which leaves no database;
//   - a missing table file is reported by the status of a missing key;
//   - a compaction under way goes on after a record was written to the manifest
//     in part, and writes and syncs the next one behind it: a database that
//     cannot be opened any more.
// Here the first sync of a new file, each rename and each new directory sync
// the directory as well; once any write, sync, rename or removal has failed, no
// file is removed any more, and a file whose write or sync has failed takes
// nothing more; a file that is missing when it is opened is Corruption. Table
// files on the machine's file system are read as mapped_file.h says.
//
// Thread-safe.
#ifndef SEALBOOK_SERVER_STORAGE_DURABLE_ENV_H_
#define SEALBOOK_SERVER_STORAGE_DURABLE_ENV_H_

#include <atomic>
#include <functional>
#include <string>

#include "leveldb/env.h"

namespace sealbook::server {

// Makes the entries of a directory durable.
using SyncDirectory =
    std::function<leveldb::Status(const std::string& directory)>;

// fsync of the directory. IOError: it cannot be opened or synced.
leveldb::Status PosixSyncDirectory(const std::string& directory);

// The directory that holds `path`: "/a" for "/a/b" and "/a/b/", "." for "b".
std::string ParentDirectory(const std::string& path);

class DurableEnv : public leveldb::EnvWrapper {
 public:
  // `target` must outlive this object.
  DurableEnv(leveldb::Env* target, SyncDirectory sync_directory)
      : EnvWrapper(target), sync_directory_(std::move(sync_directory)) {}

  // Makes the name `path` durable.
  leveldb::Status SyncParentOf(const std::string& path);

  leveldb::Status NewRandomAccessFile(
      const std::string& path, leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& path,
                                  leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path,
                                    leveldb::WritableFile** file) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status CreateDir(const std::string& path) override;
  leveldb::Status RenameFile(const std::string& from,
                             const std::string& to) override;

 private:
  class DurableFile;

  // Hands `status` on and remembers whether it was an error.
  leveldb::Status Noted(leveldb::Status status);

  const SyncDirectory sync_directory_;
  std::atomic<bool> failed_{false};
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_DURABLE_ENV_H_
