// The independent high-water mark: how far the log had come when its head was
// last about to be signed. It is kept apart from the store, on another file
// system by default, so that a store put back from an older copy is noticed.
//
//   SEALBOOK_ASSIGN_OR_RETURN(auto mark, HighWaterMark::Open(path, log_id));
//   mark->current();          // The store must have this root at this size.
//   mark->Advance({tree_size, log_root, timestamp_ms});  // Then sign.
//
// The file is 8192 bytes: two slots at offsets 0 and 4096, written in turns, so
// that a write torn by a power cut hits only the older of the two. A slot is
//   16 bytes  "sealbook mark 1", one zero byte
//   32        log id
//    8        tree size, big endian
//   32        log root
//    8        timestamp in ms, big endian
//   32        SHA-256 of the 96 bytes before
// and zeros. An advance rewrites one slot in place and syncs data only.
//
// Thread-compatible: one thread advances. The file is locked (flock) as long as
// the object lives.
#ifndef SEALBOOK_SERVER_MARK_HIGH_WATER_MARK_H_
#define SEALBOOK_SERVER_MARK_HIGH_WATER_MARK_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/types.h"

namespace sealbook::server {

struct Mark {
  // 0 and a root of zeros before the first entry.
  uint64_t tree_size = 0;
  crypto::Hash log_root;
  uint64_t timestamp_ms = 0;

  friend bool operator==(const Mark&, const Mark&) = default;
};

class HighWaterMark {
 public:
  // Makes the file `path` for the log with this id (SHA-256 of its
  // Configuration), at tree size 0; durable with its name on OK. Errors:
  //   ALREADY_EXISTS: there is a file of that name.
  //   NOT_FOUND, PERMISSION_DENIED and so on: the system's reason.
  static absl::StatusOr<std::unique_ptr<HighWaterMark>> Create(
      const std::string& path, const crypto::Hash& log_id);

  // Opens what Create made. Errors:
  //   NOT_FOUND: there is no such file.
  //   FAILED_PRECONDITION: it is the mark of another log.
  //   DATA_LOSS: neither slot is whole, the two contradict each other, or the
  //   file has another length.
  //   UNAVAILABLE: somebody, this process perhaps, has it open.
  //   Others: the system's reason.
  static absl::StatusOr<std::unique_ptr<HighWaterMark>> Open(
      const std::string& path, const crypto::Hash& log_id);

  ~HighWaterMark();
  HighWaterMark(const HighWaterMark&) = delete;
  HighWaterMark& operator=(const HighWaterMark&) = delete;

  // The whole slot with the largest tree size.
  const Mark& current() const { return current_; }

  // Moves the mark to `next`; durable on OK. The mark itself again is OK and
  // writes nothing. Errors:
  //   FAILED_PRECONDITION: `next` is behind the mark, or has its tree size with
  //   another root or timestamp, or an earlier timestamp. Nothing was written.
  //   Others: the system's reason; what is on the disk is unknown, and this
  //   object refuses (FAILED_PRECONDITION) to advance again.
  absl::Status Advance(const Mark& next);

 private:
  HighWaterMark(std::string path, const crypto::Hash& log_id, int fd);

  absl::Status Lock();
  absl::Status Load();
  absl::Status WriteSlot(int slot, const Mark& mark);

  const std::string path_;
  const crypto::Hash log_id_;
  const int fd_;
  Mark current_;
  // Which slot `current_` is in.
  int current_slot_ = 0;
  bool write_failed_ = false;
};

// Whether two paths are on one file system (st_dev). A path that does not exist
// yet counts as its directory. Errors: the system's reason, with the path.
absl::StatusOr<bool> OnSameFileSystem(const std::string& a,
                                      const std::string& b);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_MARK_HIGH_WATER_MARK_H_
