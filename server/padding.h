// Constant-rate padding: what a log shows about how much is published, and
// when, is a fixed number of leaves at fixed times.
#ifndef SEALBOOK_SERVER_PADDING_H_
#define SEALBOOK_SERVER_PADDING_H_

#include <cstddef>
#include <cstdint>

namespace sealbook::server {

struct Padding {
  // One log entry is added every so many milliseconds of wall clock time, and
  // timestamps are multiples of it. 0: there is no padding.
  uint64_t interval_ms = 0;
  // The prefix leaves of each entry: as many versions as wait, the rest random
  // bytes. 1 to 128: as many as may be versions of one label.
  size_t leaves = 0;

  bool on() const { return interval_ms > 0; }
  // The beginning of the interval that `wall_ms` lies in, which is the
  // timestamp of its entry.
  uint64_t Slot(uint64_t wall_ms) const {
    return wall_ms - wall_ms % interval_ms;
  }
  friend bool operator==(const Padding&, const Padding&) = default;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_PADDING_H_
