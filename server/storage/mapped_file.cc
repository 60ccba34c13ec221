#include "server/storage/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sealbook::server {
namespace {

// Reads in order, of LevelDB's blocks (4 KiB and more), that make a scan.
constexpr uint32_t kScan = 4;
constexpr uint64_t kAhead = uint64_t{2} << 20;
constexpr uint64_t kAlignment = uint64_t{64} << 10;

leveldb::Status SystemError(const std::string& path, int error) {
  return error == ENOENT ? leveldb::Status::NotFound(path, strerror(error))
                         : leveldb::Status::IOError(path, strerror(error));
}

}  // namespace

leveldb::Status MappedFile::Open(const std::string& path,
                                 std::unique_ptr<MappedFile>& file) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(path, errno);
  struct stat facts = {};
  void* data = nullptr;
  int error = fstat(fd, &facts) == 0 ? 0 : errno;
  const auto size = static_cast<size_t>(facts.st_size);
  if (error == 0 && size > 0) {
    data = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) error = errno;
  }
  // The mapping stays.
  close(fd);
  if (error != 0) return SystemError(path, error);
  // Only a hint; without it, the file is read as LevelDB would.
  if (data != nullptr) madvise(data, size, MADV_RANDOM);
  file.reset(new MappedFile(path, static_cast<char*>(data), size));
  return leveldb::Status::OK();
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, size_);
}

leveldb::Status MappedFile::Read(uint64_t offset, size_t n,
                                 leveldb::Slice* result, char*) const {
  if (offset > size_ || n > size_ - offset) {
    *result = leveldb::Slice();
    return SystemError(path_, EINVAL);
  }
  ReadAhead(offset, offset + n);
  *result = leveldb::Slice(data_ + offset, n);
  return leveldb::Status::OK();
}

void MappedFile::ReadAhead(uint64_t offset, uint64_t end) const {
  if (last_end_.exchange(end, std::memory_order_relaxed) != offset) {
    in_order_.store(0, std::memory_order_relaxed);
    return;
  }
  const uint32_t in_order =
      in_order_.fetch_add(1, std::memory_order_relaxed) + 1;
  // At the beginning of a scan, and each time that half of it is used up.
  const bool due =
      in_order == kScan ||
      (in_order > kScan && offset / (kAhead / 2) != end / (kAhead / 2));
  const uint64_t from = end / kAlignment * kAlignment;
  if (!due || from >= size_) return;
  madvise(data_ + from, std::min(kAhead, size_ - from), MADV_WILLNEED);
}

}  // namespace sealbook::server
