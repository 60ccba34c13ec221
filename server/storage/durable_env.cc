#include "server/storage/durable_env.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "server/storage/mapped_file.h"

namespace sealbook::server {

leveldb::Status PosixSyncDirectory(const std::string& directory) {
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return leveldb::Status::IOError(directory, std::strerror(errno));
  }
  leveldb::Status status;
  if (fsync(fd) != 0) {
    status = leveldb::Status::IOError(directory, std::strerror(errno));
  }
  close(fd);
  return status;
}

std::string ParentDirectory(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return path.empty() ? "." : "/";
  const size_t slash = path.find_last_of('/', end);
  if (slash == std::string::npos) return ".";
  const size_t parent_end = path.find_last_not_of('/', slash);
  if (parent_end == std::string::npos) return "/";
  return path.substr(0, parent_end + 1);
}

class DurableEnv::DurableFile : public leveldb::WritableFile {
 public:
  DurableFile(DurableEnv* env, std::string path, leveldb::WritableFile* target)
      : env_(env), path_(std::move(path)), target_(target) {}

  leveldb::Status Append(const leveldb::Slice& data) override {
    if (failure_.ok()) failure_ = env_->Noted(target_->Append(data));
    return failure_;
  }
  leveldb::Status Close() override { return env_->Noted(target_->Close()); }
  leveldb::Status Flush() override {
    if (failure_.ok()) failure_ = env_->Noted(target_->Flush());
    return failure_;
  }

  leveldb::Status Sync() override {
    if (failure_.ok()) failure_ = env_->Noted(target_->Sync());
    if (failure_.ok() && !entry_is_durable_) {
      failure_ = env_->SyncParentOf(path_);
      entry_is_durable_ = failure_.ok();
    }
    return failure_;
  }

 private:
  DurableEnv* const env_;
  const std::string path_;
  const std::unique_ptr<leveldb::WritableFile> target_;
  // LevelDB lets one thread at a time use a file.
  bool entry_is_durable_ = false;
  // The first error.
  leveldb::Status failure_;
};

leveldb::Status DurableEnv::NewRandomAccessFile(
    const std::string& path, leveldb::RandomAccessFile** file) {
  leveldb::Status status;
  if (target() == leveldb::Env::Default()) {
    std::unique_ptr<MappedFile> mapped;
    status = MappedFile::Open(path, mapped);
    *file = mapped.release();
  } else {
    status = target()->NewRandomAccessFile(path, file);
  }
  if (!status.IsNotFound()) return status;
  return leveldb::Status::Corruption("a table file is missing",
                                     status.ToString());
}

leveldb::Status DurableEnv::NewWritableFile(const std::string& path,
                                            leveldb::WritableFile** file) {
  leveldb::WritableFile* plain = nullptr;
  leveldb::Status status = Noted(target()->NewWritableFile(path, &plain));
  *file = status.ok() ? new DurableFile(this, path, plain) : nullptr;
  return status;
}

leveldb::Status DurableEnv::NewAppendableFile(const std::string& path,
                                              leveldb::WritableFile** file) {
  leveldb::WritableFile* plain = nullptr;
  leveldb::Status status = Noted(target()->NewAppendableFile(path, &plain));
  *file = status.ok() ? new DurableFile(this, path, plain) : nullptr;
  return status;
}

leveldb::Status DurableEnv::RemoveFile(const std::string& path) {
  if (failed_) {
    return leveldb::Status::IOError(path, "kept: an earlier operation failed");
  }
  return target()->RemoveFile(path);
}

leveldb::Status DurableEnv::CreateDir(const std::string& path) {
  leveldb::Status status = target()->CreateDir(path);
  // Not noted: LevelDB creates its directory at each start, mostly in vain.
  return status.ok() ? SyncParentOf(path) : status;
}

leveldb::Status DurableEnv::RenameFile(const std::string& from,
                                       const std::string& to) {
  leveldb::Status status = target()->RenameFile(from, to);
  // LevelDB renames its text log at each start, whether there is one or not.
  if (status.IsNotFound()) return status;
  if (!Noted(status).ok()) return status;
  return SyncParentOf(to);
}

leveldb::Status DurableEnv::Noted(leveldb::Status status) {
  if (!status.ok()) failed_ = true;
  return status;
}

leveldb::Status DurableEnv::SyncParentOf(const std::string& path) {
  return Noted(sync_directory_(ParentDirectory(path)));
}

}  // namespace sealbook::server
