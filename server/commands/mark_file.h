// The writer's view of the high-water mark's file.
#ifndef SEALBOOK_SERVER_COMMANDS_MARK_FILE_H_
#define SEALBOOK_SERVER_COMMANDS_MARK_FILE_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/mark/high_water_mark.h"
#include "server/mark_keeper.h"

namespace sealbook::server {

class MarkFile final : public MarkKeeper {
 public:
  explicit MarkFile(std::unique_ptr<HighWaterMark> mark)
      : mark_(std::move(mark)) {}

  absl::StatusOr<MarkedHead> Read() override {
    const Mark& mark = mark_->current();
    return MarkedHead{mark.tree_size, mark.log_root, mark.timestamp_ms};
  }
  absl::Status Advance(const MarkedHead& head) override {
    return mark_->Advance({head.tree_size, head.log_root, head.timestamp_ms});
  }

 private:
  const std::unique_ptr<HighWaterMark> mark_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_MARK_FILE_H_
