// The high-water mark as the writer needs it: the newest head that may have
// been signed, kept apart from the store (server/mark/high_water_mark.h).
#ifndef SEALBOOK_SERVER_MARK_KEEPER_H_
#define SEALBOOK_SERVER_MARK_KEEPER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/mark/high_water_mark.h"

namespace sealbook::server {

// One thread at a time.
class MarkKeeper {
 public:
  virtual ~MarkKeeper() = default;
  virtual absl::StatusOr<Mark> Read() = 0;
  // Durable on OK. Any error: unknown whether it advanced.
  virtual absl::Status Advance(const Mark& mark) = 0;
};

// The mark in a file.
class FileMarkKeeper final : public MarkKeeper {
 public:
  explicit FileMarkKeeper(std::unique_ptr<HighWaterMark> mark)
      : mark_(std::move(mark)), tree_size_(mark_->current().tree_size) {}

  absl::StatusOr<Mark> Read() override { return mark_->current(); }
  absl::Status Advance(const Mark& mark) override {
    absl::Status status = mark_->Advance(mark);
    tree_size_ = mark_->current().tree_size;
    return status;
  }

  // The mark's, from any thread.
  uint64_t tree_size() const { return tree_size_; }

 private:
  const std::unique_ptr<HighWaterMark> mark_;
  std::atomic<uint64_t> tree_size_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_MARK_KEEPER_H_
