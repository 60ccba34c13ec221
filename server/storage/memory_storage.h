// Storage in memory, for tests and for the in-memory benchmark.
//
//   auto disk = std::make_shared<MemoryDisk>();
//   std::unique_ptr<Storage> storage = *MemoryStorage::Create(disk);
//   storage.reset();
//   storage = *MemoryStorage::Open(disk);  // Everything is still there.
//
// "Durable" means: as long as the MemoryDisk. Thread-safe.
#ifndef SEALBOOK_SERVER_STORAGE_MEMORY_STORAGE_H_
#define SEALBOOK_SERVER_STORAGE_MEMORY_STORAGE_H_

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "server/storage/storage.h"

namespace sealbook::server {

// What outlives the Storage object, as a disk outlives a process.
class MemoryDisk {
 public:
  MemoryDisk() = default;

 private:
  friend class MemoryStorage;
  using Records = absl::btree_map<std::string, std::string>;

  Mutex mutex_;
  bool created_ ABSL_GUARDED_BY(mutex_) = false;
  bool in_use_ ABSL_GUARDED_BY(mutex_) = false;
  // By table number.
  std::array<Records, 256> tables_ ABSL_GUARDED_BY(mutex_);
  // The last place that a commit wrote; empty: none.
  std::string last_place_ ABSL_GUARDED_BY(mutex_);
};

class MemoryStorage final : public Storage {
 public:
  // ALREADY_EXISTS: `disk` holds a log.
  static absl::StatusOr<std::unique_ptr<Storage>> Create(
      std::shared_ptr<MemoryDisk> disk);
  // NOT_FOUND: `disk` holds no log. UNAVAILABLE: another object has it open.
  static absl::StatusOr<std::unique_ptr<Storage>> Open(
      std::shared_ptr<MemoryDisk> disk);
  ~MemoryStorage() override;

  absl::StatusOr<std::vector<std::optional<std::string>>> Read(
      Table table, absl::Span<const std::string> keys) override;
  absl::Status Scan(
      Table table, absl::string_view from,
      const std::function<bool(absl::string_view key, absl::string_view value)>&
          visit) override;
  // Holds a copy of everything meanwhile.
  absl::Status ScanEverything(const RecordVisitor& visit) override;
  absl::Status Commit(const CommitRequest& request) override;
  // Also in ascending tables: tests put damaged records there.
  absl::Status PutRecord(const Put& put) override;

 private:
  explicit MemoryStorage(std::shared_ptr<MemoryDisk> disk);

  const std::shared_ptr<MemoryDisk> disk_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_MEMORY_STORAGE_H_
