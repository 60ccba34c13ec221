// A clock that stands still until it is told otherwise.
#ifndef SEALBOOK_SERVER_TESTING_FAKE_CLOCK_H_
#define SEALBOOK_SERVER_TESTING_FAKE_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "server/clock.h"

namespace sealbook::server::testing {

// Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(uint64_t wall_ms) : wall_ms_(wall_ms) {}

  uint64_t WallMs() const override { return wall_ms_; }
  uint64_t MonotonicMs() const override { return monotonic_ms_; }

  bool Synchronized() const override { return synchronized_; }

  void set_synchronized(bool synchronized) { synchronized_ = synchronized; }
  // Time passes.
  void Advance(uint64_t ms) {
    // In this order: what becomes due by the monotonic clock then reads a wall
    // clock that agrees with it.
    wall_ms_ += ms;
    monotonic_ms_ += ms;
  }
  // Somebody sets the wall clock.
  void StepWall(int64_t ms) { wall_ms_ += static_cast<uint64_t>(ms); }

 private:
  std::atomic<uint64_t> wall_ms_;
  std::atomic<uint64_t> monotonic_ms_ = 5000;
  std::atomic<bool> synchronized_ = true;
};

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_TESTING_FAKE_CLOCK_H_
