// Time, injected so that tests can set it.
#ifndef SEALBOOK_SERVER_CLOCK_H_
#define SEALBOOK_SERVER_CLOCK_H_

#include <cstdint>

namespace sealbook::server {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since the Unix epoch. May be set to any value at any time.
  virtual uint64_t WallMs() const = 0;
  // Milliseconds since some fixed moment, time in suspension included. Never
  // runs backwards.
  virtual uint64_t MonotonicMs() const = 0;
  // Whether something beyond this machine vouches for the wall clock as it is
  // now. False: nothing is known, it may well be right.
  virtual bool Synchronized() const { return false; }
};

// The machine's clocks. They are synchronized when the kernel says so: NTP
// corrects it, nobody has set it since, and it is the clock that this process
// sees. Never deleted.
const Clock& SystemClock();

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_CLOCK_H_
