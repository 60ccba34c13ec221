// Storage that counts what was read through it.
#ifndef SEALBOOK_SERVER_METERED_STORAGE_H_
#define SEALBOOK_SERVER_METERED_STORAGE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/storage/storage.h"

namespace sealbook::server {

// Thread-safe, as the storage below.
class MeteredStorage final : public Storage {
 public:
  // `storage` outlives this.
  explicit MeteredStorage(Storage& storage) : storage_(storage) {}

  absl::StatusOr<std::vector<std::optional<std::string>>> Read(
      Table table, absl::Span<const std::string> keys) override;
  absl::Status Scan(
      Table table, absl::string_view from,
      const std::function<bool(absl::string_view key, absl::string_view value)>&
          visit) override;
  absl::Status ScanEverything(const RecordVisitor& visit) override;
  absl::Status Commit(const CommitRequest& request) override {
    return storage_.Commit(request);
  }
  absl::Status PutRecord(const Put& put) override {
    return storage_.PutRecord(put);
  }

  // Records that were read, each time that they were.
  uint64_t records() const { return records_; }
  // Their keys and values.
  uint64_t bytes() const { return bytes_; }

 private:
  void Count(size_t bytes) {
    records_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }

  Storage& storage_;
  std::atomic<uint64_t> records_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_METERED_STORAGE_H_
