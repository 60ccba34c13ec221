#include "server/clock.h"

#include <ctime>

namespace sealbook::server {
namespace {

uint64_t Read(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 +
         static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

class MachineClock final : public Clock {
 public:
  uint64_t WallMs() const override { return Read(CLOCK_REALTIME); }
  // A machine that was asleep has not jumped: CLOCK_MONOTONIC stands still
  // meanwhile, this one does not.
  uint64_t MonotonicMs() const override { return Read(CLOCK_BOOTTIME); }
};

}  // namespace

const Clock& SystemClock() {
  static const MachineClock& clock = *new MachineClock;
  return clock;
}

}  // namespace sealbook::server
