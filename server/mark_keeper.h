// The high-water mark as the writer needs it: the newest head that may have
// been signed, kept apart from the store (server/mark/high_water_mark.h).
#ifndef SEALBOOK_SERVER_MARK_KEEPER_H_
#define SEALBOOK_SERVER_MARK_KEEPER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/types.h"

namespace sealbook::server {

struct MarkedHead {
  // 0: nothing has been signed yet; the rest is zero then.
  uint64_t tree_size = 0;
  crypto::Hash log_root;
  // Milliseconds since the Unix epoch.
  uint64_t timestamp_ms = 0;

  friend bool operator==(const MarkedHead&, const MarkedHead&) = default;
};

// One thread at a time.
class MarkKeeper {
 public:
  virtual ~MarkKeeper() = default;
  virtual absl::StatusOr<MarkedHead> Read() = 0;
  // Durable on OK. Any error: unknown whether it advanced.
  virtual absl::Status Advance(const MarkedHead& head) = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_MARK_KEEPER_H_
