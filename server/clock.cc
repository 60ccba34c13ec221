#include "server/clock.h"

#include <sys/timex.h>

#include <ctime>

namespace sealbook::server {
namespace {

// What the kernel says at most about a clock that nobody corrects, in
// microseconds; the error grows to this when corrections stop coming, and is
// set to it when the clock is set by hand.
constexpr long kUnknownErrorUs = 16'000'000;
// How far two readings of one clock, right after each other, may lie apart.
constexpr uint64_t kSameClockMs = 1000;

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
  // Not by STA_UNSYNC, which is also set to keep the kernel from writing to the
  // hardware clock.
  bool Synchronized() const override {
    timex kernel = {};
    if (adjtimex(&kernel) < 0 || kernel.maxerror >= kUnknownErrorUs) {
      return false;
    }
    // A process can be shown another wall clock than the kernel's.
    const uint64_t kernel_ms = static_cast<uint64_t>(kernel.time.tv_sec) * 1000;
    const uint64_t wall_ms = WallMs();
    return wall_ms + kSameClockMs >= kernel_ms &&
           wall_ms <= kernel_ms + 2 * kSameClockMs;
  }
};

}  // namespace

const Clock& SystemClock() {
  static const MachineClock& clock = *new MachineClock;
  return clock;
}

}  // namespace sealbook::server
