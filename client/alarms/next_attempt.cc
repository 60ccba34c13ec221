#include "client/alarms/next_attempt.h"

#include <algorithm>

namespace sealbook::client {

uint64_t NextAttempt(uint32_t attempts, uint64_t now_ms) {
  if (attempts == 0) return now_ms;
  // Enough doublings to reach the longest; more would overflow.
  constexpr uint32_t kMaxDoublings = 9;
  static_assert(kFirstRetryMs << kMaxDoublings >= kLongestRetryMs);
  const uint32_t doublings = std::min(attempts - 1, kMaxDoublings);
  return now_ms + std::min(kFirstRetryMs << doublings, kLongestRetryMs);
}

}  // namespace sealbook::client
