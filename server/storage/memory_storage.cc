#include "server/storage/memory_storage.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/status_macros.h"
#include "server/storage/ascending.h"
#include "server/storage/requests.h"

namespace sealbook::server {
namespace {

// Records that a scan copies under one hold of the lock.
constexpr size_t kScanChunk = 64;

size_t NumberOf(Table table) { return static_cast<uint8_t>(table); }

}  // namespace

absl::StatusOr<std::unique_ptr<Storage>> MemoryStorage::Create(
    std::shared_ptr<MemoryDisk> disk) {
  MutexLock lock(disk->mutex_);
  if (disk->created_) {
    return absl::AlreadyExistsError("this memory disk holds a log already");
  }
  disk->created_ = true;
  disk->in_use_ = true;
  return std::unique_ptr<Storage>(new MemoryStorage(disk));
}

absl::StatusOr<std::unique_ptr<Storage>> MemoryStorage::Open(
    std::shared_ptr<MemoryDisk> disk) {
  MutexLock lock(disk->mutex_);
  if (!disk->created_) {
    return absl::NotFoundError("this memory disk holds no log");
  }
  if (disk->in_use_) {
    return absl::UnavailableError("this memory disk is in use");
  }
  disk->in_use_ = true;
  return std::unique_ptr<Storage>(new MemoryStorage(disk));
}

MemoryStorage::MemoryStorage(std::shared_ptr<MemoryDisk> disk)
    : disk_(std::move(disk)) {}

MemoryStorage::~MemoryStorage() {
  MutexLock lock(disk_->mutex_);
  disk_->in_use_ = false;
}

absl::StatusOr<std::vector<std::optional<std::string>>> MemoryStorage::Read(
    Table table, absl::Span<const std::string> keys) {
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  MutexLock lock(disk_->mutex_);
  const MemoryDisk::Records& records = disk_->tables_[NumberOf(table)];
  for (const std::string& key : keys) {
    const auto found = records.find(key);
    values.push_back(found == records.end() ? std::nullopt
                                            : std::optional(found->second));
  }
  return values;
}

absl::Status MemoryStorage::Scan(
    Table table, absl::string_view from,
    const std::function<bool(absl::string_view key, absl::string_view value)>&
        visit) {
  std::string next(from);
  while (true) {
    std::vector<std::pair<std::string, std::string>> chunk;
    {
      // `visit` may use this object: the lock is not held while it runs.
      MutexLock lock(disk_->mutex_);
      const MemoryDisk::Records& records = disk_->tables_[NumberOf(table)];
      for (auto it = records.lower_bound(next);
           it != records.end() && chunk.size() < kScanChunk; ++it) {
        chunk.emplace_back(it->first, it->second);
      }
    }
    for (const auto& [key, value] : chunk) {
      if (!visit(key, value)) return absl::OkStatus();
    }
    if (chunk.size() < kScanChunk) return absl::OkStatus();
    // The least key above the last one.
    next = chunk.back().first + std::string(1, '\0');
  }
}

absl::Status MemoryStorage::ScanEverything(const RecordVisitor& visit) {
  const auto tables = [this] {
    MutexLock lock(disk_->mutex_);
    return disk_->tables_;
  }();
  // The values of ascending tables by their places.
  absl::btree_map<std::string, absl::string_view> placed;
  for (size_t number = 0; number < tables.size(); ++number) {
    const auto table = static_cast<Table>(number);
    for (const auto& [key, value] : tables[number]) {
      if (IsAscending(table)) {
        placed.emplace(PlaceOf(table, key), value);
      } else if (!visit(table, key, value)) {
        return absl::OkStatus();
      }
    }
  }
  for (const auto& [place, value] : placed) {
    const std::optional<PlacedKey> key = ParsePlace(place);
    if (!visit(key->table, key->key, value)) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status MemoryStorage::Commit(const CommitRequest& request) {
  MutexLock lock(disk_->mutex_);
  MemoryDisk::Records& heads = disk_->tables_[NumberOf(Table::kHead)];
  const auto stored = heads.find("");
  SEALBOOK_RETURN_IF_ERROR(CheckHead(
      stored == heads.end() ? std::nullopt : std::optional(stored->second),
      request.expected_head));
  SEALBOOK_RETURN_IF_ERROR(CheckPuts(request.puts, disk_->last_place_));
  for (const Put& put : request.puts) {
    disk_->tables_[NumberOf(put.table)].insert_or_assign(put.key, put.value);
    if (!IsAscending(put.table)) continue;
    disk_->last_place_ =
        std::max(disk_->last_place_, PlaceOf(put.table, put.key));
  }
  heads.insert_or_assign(std::string(), request.new_head);
  return absl::OkStatus();
}

absl::Status MemoryStorage::PutRecord(const Put& put) {
  if (!IsAscending(put.table) || put.key.size() < kPositionBytes) {
    SEALBOOK_RETURN_IF_ERROR(CheckRecord(put));
  }
  MutexLock lock(disk_->mutex_);
  disk_->tables_[NumberOf(put.table)].insert_or_assign(put.key, put.value);
  return absl::OkStatus();
}

}  // namespace sealbook::server
