// A table file, mapped, for reads here and there.
//
// LevelDB's own mapping leaves the kernel's read-around on: where a page is not
// in memory, 128 KiB around it are read. With more tables than memory, that
// throws out thirty pages that are needed for each one that is. Here the kernel
// is told that reads are random; where they turn out to be in order (a merge, a
// backup, a check), it is asked to read ahead.
#ifndef SEALBOOK_SERVER_STORAGE_MAPPED_FILE_H_
#define SEALBOOK_SERVER_STORAGE_MAPPED_FILE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "leveldb/env.h"
#include "leveldb/slice.h"
#include "leveldb/status.h"

namespace sealbook::server {

// Thread-safe.
class MappedFile final : public leveldb::RandomAccessFile {
 public:
  // NotFound: there is no such file. IOError: it cannot be opened or mapped.
  static leveldb::Status Open(const std::string& path,
                              std::unique_ptr<MappedFile>& file);
  ~MappedFile() override;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // `result` points into the mapping, never to `scratch`. IOError: not all of
  // it is within the file.
  leveldb::Status Read(uint64_t offset, size_t n, leveldb::Slice* result,
                       char* scratch) const override;

 private:
  MappedFile(std::string path, char* data, size_t size)
      : path_(std::move(path)), data_(data), size_(size) {}

  void ReadAhead(uint64_t offset, uint64_t end) const;

  const std::string path_;
  // Null for an empty file.
  char* const data_;
  const size_t size_;
  // Where the last read ended, and how many followed one another. Hints:
  // threads may disturb each other's.
  mutable std::atomic<uint64_t> last_end_{0};
  mutable std::atomic<uint32_t> in_order_{0};
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_MAPPED_FILE_H_
