#include "server/storage/testing/fault_env.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <utility>

namespace sealbook::server::testing {
namespace {

leveldb::Status NoSuchFile(const std::string& path) {
  return leveldb::Status::NotFound(path, std::strerror(ENOENT));
}

class SilentLogger : public leveldb::Logger {
 public:
  void Logv(const char* format, std::va_list arguments) override {}
};

}  // namespace

class FaultEnv::NamedLock : public leveldb::FileLock {
 public:
  explicit NamedLock(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

class FaultEnv::SequentialReader : public leveldb::SequentialFile {
 public:
  SequentialReader(FaultEnv* env, FilePtr file)
      : env_(env), file_(std::move(file)) {}

  leveldb::Status Read(size_t count, leveldb::Slice* result,
                       char* scratch) override {
    leveldb::Status status =
        env_->ReadAt(file_, offset_, count, result, scratch);
    if (status.ok()) offset_ += result->size();
    return status;
  }
  leveldb::Status Skip(uint64_t count) override {
    offset_ += count;
    return leveldb::Status::OK();
  }

 private:
  FaultEnv* const env_;
  const FilePtr file_;
  uint64_t offset_ = 0;
};

class FaultEnv::RandomReader : public leveldb::RandomAccessFile {
 public:
  RandomReader(FaultEnv* env, FilePtr file)
      : env_(env), file_(std::move(file)) {}

  leveldb::Status Read(uint64_t offset, size_t count, leveldb::Slice* result,
                       char* scratch) const override {
    return env_->ReadAt(file_, offset, count, result, scratch);
  }

 private:
  FaultEnv* const env_;
  const FilePtr file_;
};

class FaultEnv::Writer : public leveldb::WritableFile {
 public:
  Writer(FaultEnv* env, std::string path, FilePtr file)
      : env_(env), path_(std::move(path)), file_(std::move(file)) {}

  leveldb::Status Append(const leveldb::Slice& data) override {
    return env_->Operate(path_, [&] {
      file_->data.append(data.data(), data.size());
      return true;
    });
  }
  leveldb::Status Sync() override {
    return env_->Operate(path_, [&] {
      file_->durable = file_->data;
      return true;
    });
  }
  // Nothing is buffered here.
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }

 private:
  FaultEnv* const env_;
  const std::string path_;
  const FilePtr file_;
};

LevelDbOptions FaultEnv::Options() {
  LevelDbOptions options;
  options.env = this;
  options.sync_directory = [this](const std::string& path) {
    return SyncDirectory(path);
  };
  options.block_cache_bytes = 0;
  options.entries_buffer_bytes = size_t{64} << 10;
  options.write_buffer_bytes = size_t{64} << 10;
  options.max_file_bytes = size_t{1} << 20;
  return options;
}

void FaultEnv::FailFrom(Fault fault) {
  MutexLock lock(mutex_);
  fault_ = std::move(fault);
}

uint64_t FaultEnv::operations() const {
  MutexLock lock(mutex_);
  return operations_;
}

bool FaultEnv::faulted() const {
  MutexLock lock(mutex_);
  return faulted_;
}

void FaultEnv::FailReads(bool fail) {
  MutexLock lock(mutex_);
  reads_fail_ = fail;
}

void FaultEnv::PowerCut(Survives survives, uint64_t seed) {
  std::mt19937_64 random(seed);
  MutexLock lock(mutex_);
  files_.PowerCut(survives, random);
  locked_.clear();
  fault_.reset();
  operations_ = 0;
  faulted_ = false;
  dead_ = false;
}

FaultFilesystem FaultEnv::Files() const {
  MutexLock lock(mutex_);
  return files_.DurableCopy();
}

leveldb::Status FaultEnv::SyncDirectory(const std::string& path) {
  return Operate(path, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return files_.SyncDirectory(path);
  });
}

leveldb::Status FaultEnv::NewSequentialFile(const std::string& path,
                                            leveldb::SequentialFile** file) {
  *file = nullptr;
  MutexLock lock(mutex_);
  if (dead_) return Dead(path);
  FilePtr found = files_.Find(path);
  if (found == nullptr) return NoSuchFile(path);
  *file = new SequentialReader(this, std::move(found));
  return leveldb::Status::OK();
}

leveldb::Status FaultEnv::NewRandomAccessFile(
    const std::string& path, leveldb::RandomAccessFile** file) {
  *file = nullptr;
  MutexLock lock(mutex_);
  if (dead_) return Dead(path);
  FilePtr found = files_.Find(path);
  if (found == nullptr) return NoSuchFile(path);
  *file = new RandomReader(this, std::move(found));
  return leveldb::Status::OK();
}

leveldb::Status FaultEnv::NewWritableFile(const std::string& path,
                                          leveldb::WritableFile** file) {
  *file = nullptr;
  FilePtr made;
  leveldb::Status status = Operate(path, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    made = files_.Create(path);
    return made != nullptr;
  });
  if (status.ok()) *file = new Writer(this, path, std::move(made));
  return status;
}

leveldb::Status FaultEnv::NewAppendableFile(const std::string& path,
                                            leveldb::WritableFile** file) {
  *file = nullptr;
  FilePtr found;
  leveldb::Status status = Operate(path, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    found = files_.Find(path);
    if (found == nullptr) found = files_.Create(path);
    return found != nullptr;
  });
  if (status.ok()) *file = new Writer(this, path, std::move(found));
  return status;
}

bool FaultEnv::FileExists(const std::string& path) {
  MutexLock lock(mutex_);
  return !dead_ && (files_.IsDirectory(path) || files_.Find(path) != nullptr);
}

leveldb::Status FaultEnv::GetChildren(const std::string& path,
                                      std::vector<std::string>* names) {
  names->clear();
  MutexLock lock(mutex_);
  if (dead_) return Dead(path);
  if (files_.Find(path) != nullptr) {
    return leveldb::Status::IOError(path, std::strerror(ENOTDIR));
  }
  if (!files_.IsDirectory(path)) return NoSuchFile(path);
  *names = files_.List(path);
  return leveldb::Status::OK();
}

leveldb::Status FaultEnv::RemoveFile(const std::string& path) {
  return Operate(path, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return files_.Remove(path);
  });
}

leveldb::Status FaultEnv::CreateDir(const std::string& path) {
  {
    // LevelDB makes its directory at each start; a vain attempt is no change.
    MutexLock lock(mutex_);
    if (dead_) return Dead(path);
    if (files_.IsDirectory(path) || files_.Find(path) != nullptr) {
      return leveldb::Status::IOError(path, std::strerror(EEXIST));
    }
  }
  return Operate(path, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return files_.MakeDirectory(path);
  });
}

leveldb::Status FaultEnv::RemoveDir(const std::string& path) {
  return RemoveFile(path);
}

leveldb::Status FaultEnv::GetFileSize(const std::string& path, uint64_t* size) {
  *size = 0;
  MutexLock lock(mutex_);
  if (dead_) return Dead(path);
  const FilePtr file = files_.Find(path);
  if (file == nullptr) return NoSuchFile(path);
  *size = file->data.size();
  return leveldb::Status::OK();
}

leveldb::Status FaultEnv::RenameFile(const std::string& from,
                                     const std::string& to) {
  {
    // As for CreateDir: LevelDB renames its text log, which is not kept here.
    MutexLock lock(mutex_);
    if (dead_) return Dead(from);
    if (files_.Find(from) == nullptr) return NoSuchFile(from);
  }
  return Operate(from, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return files_.Rename(from, to);
  });
}

leveldb::Status FaultEnv::LockFile(const std::string& path,
                                   leveldb::FileLock** lock) {
  *lock = nullptr;
  MutexLock guard(mutex_);
  if (dead_) return Dead(path);
  if (locked_.count(path) != 0) {
    return leveldb::Status::IOError("lock " + path, "already held by process");
  }
  if (files_.Find(path) == nullptr && files_.Create(path) == nullptr) {
    return NoSuchFile(path);
  }
  locked_.insert(path);
  *lock = new NamedLock(path);
  return leveldb::Status::OK();
}

leveldb::Status FaultEnv::UnlockFile(leveldb::FileLock* lock) {
  const std::unique_ptr<NamedLock> named(static_cast<NamedLock*>(lock));
  MutexLock guard(mutex_);
  locked_.erase(named->path());
  return leveldb::Status::OK();
}

leveldb::Status FaultEnv::NewLogger(const std::string& path,
                                    leveldb::Logger** logger) {
  *logger = new SilentLogger;
  return leveldb::Status::OK();
}

leveldb::Status FaultEnv::Operate(const std::string& path,
                                  const std::function<bool()>& change) {
  MutexLock lock(mutex_);
  if (dead_) return Dead(path);
  const bool fails = fault_.has_value() && operations_ == fault_->operation;
  ++operations_;
  if (fails) {
    faulted_ = true;
    dead_ = fault_->then == Then::kAllFail;
    if (fault_->done_all_the_same) change();
    return leveldb::Status::IOError(path, fault_->message);
  }
  return change() ? leveldb::Status::OK() : NoSuchFile(path);
}

leveldb::Status FaultEnv::Dead(const std::string& path) const {
  return leveldb::Status::IOError(path, "the machine has no power");
}

leveldb::Status FaultEnv::ReadAt(const FilePtr& file, uint64_t offset,
                                 size_t count, leveldb::Slice* result,
                                 char* scratch) {
  *result = leveldb::Slice();
  MutexLock lock(mutex_);
  if (dead_ || reads_fail_) {
    return leveldb::Status::IOError("read", std::strerror(EIO));
  }
  if (offset >= file->data.size()) return leveldb::Status::OK();
  const size_t size = std::min<uint64_t>(count, file->data.size() - offset);
  std::memcpy(scratch, file->data.data() + offset, size);
  *result = leveldb::Slice(scratch, size);
  return leveldb::Status::OK();
}

}  // namespace sealbook::server::testing
