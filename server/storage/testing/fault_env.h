// A leveldb::Env over FaultFilesystem that fails where it is told to.
//
//   FaultEnv env;
//   LevelDbOptions options = env.Options();
//   env.FailFrom({.operation = 17, .then = FaultEnv::Then::kAllFail});
//   ... use a store until it fails, and destroy it ...
//   env.PowerCut(Survives::kNothing, seed);
//   ... open it again: only what was synced is there ...
//
// Operations are those that change something: making, cutting off, appending
// to, syncing, renaming and removing files, making and syncing directories.
// They are counted from 0. Locks and the text log LOG are not counted, and
// nothing is kept of LOG. Time and background threads are the machine's.
// Thread-safe; PowerCut wants every file closed.
#ifndef SEALBOOK_SERVER_STORAGE_TESTING_FAULT_ENV_H_
#define SEALBOOK_SERVER_STORAGE_TESTING_FAULT_ENV_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "leveldb/env.h"
#include "server/storage/leveldb_storage.h"
#include "server/storage/testing/fault_filesystem.h"

namespace sealbook::server::testing {

class FaultEnv : public leveldb::EnvWrapper {
 public:
  enum class Then {
    kAllFail,   // The machine died: reads fail too.
    kAllWorks,  // A passing error.
  };
  struct Fault {
    uint64_t operation = 0;
    Then then = Then::kAllFail;
    // The operation is done, a sync durably, but reported as failed.
    bool done_all_the_same = false;
    // The system's words for the error.
    std::string message = "Input/output error";
  };

  FaultEnv() : EnvWrapper(leveldb::Env::Default()) {}
  explicit FaultEnv(FaultFilesystem files)
      : EnvWrapper(leveldb::Env::Default()), files_(std::move(files)) {}

  // Options for a store in this environment: the smallest write buffer and
  // table files that LevelDB takes, so that little work makes every kind of
  // file.
  LevelDbOptions Options();

  void FailFrom(Fault fault);
  // How many operations were begun since the start or the last PowerCut.
  uint64_t operations() const;
  // True once the planned fault has come.
  bool faulted() const;
  // While true every read of a file's bytes fails.
  void FailReads(bool fail);

  // Leaves what survives, and starts the machine again without a plan.
  void PowerCut(Survives survives, uint64_t seed);

  // All files and their bytes, durable.
  FaultFilesystem Files() const;

  // The SyncDirectory of this environment.
  leveldb::Status SyncDirectory(const std::string& path);

  leveldb::Status NewSequentialFile(const std::string& path,
                                    leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(
      const std::string& path, leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& path,
                                  leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path,
                                    leveldb::WritableFile** file) override;
  bool FileExists(const std::string& path) override;
  leveldb::Status GetChildren(const std::string& path,
                              std::vector<std::string>* names) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status CreateDir(const std::string& path) override;
  leveldb::Status RemoveDir(const std::string& path) override;
  leveldb::Status GetFileSize(const std::string& path, uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& from,
                             const std::string& to) override;
  leveldb::Status LockFile(const std::string& path,
                           leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  leveldb::Status NewLogger(const std::string& path,
                            leveldb::Logger** logger) override;

 private:
  class SequentialReader;
  class RandomReader;
  class Writer;
  class NamedLock;
  using FilePtr = FaultFilesystem::FilePtr;

  // Does `change` as one counted operation; it returns whether it could.
  leveldb::Status Operate(const std::string& path,
                          const std::function<bool()>& change)
      ABSL_LOCKS_EXCLUDED(mutex_);
  leveldb::Status Dead(const std::string& path) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  leveldb::Status ReadAt(const FilePtr& file, uint64_t offset, size_t count,
                         leveldb::Slice* result, char* scratch);

  mutable Mutex mutex_;
  FaultFilesystem files_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> locked_ ABSL_GUARDED_BY(mutex_);
  std::optional<Fault> fault_ ABSL_GUARDED_BY(mutex_);
  uint64_t operations_ ABSL_GUARDED_BY(mutex_) = 0;
  bool faulted_ ABSL_GUARDED_BY(mutex_) = false;
  bool dead_ ABSL_GUARDED_BY(mutex_) = false;
  bool reads_fail_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_STORAGE_TESTING_FAULT_ENV_H_
