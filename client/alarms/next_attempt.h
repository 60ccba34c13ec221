// When a delivery that failed is tried again.
#ifndef SEALBOOK_CLIENT_ALARMS_NEXT_ATTEMPT_H_
#define SEALBOOK_CLIENT_ALARMS_NEXT_ATTEMPT_H_

#include <cstdint>

namespace sealbook::client {

inline constexpr uint64_t kFirstRetryMs = 60'000;
inline constexpr uint64_t kLongestRetryMs = uint64_t{6} * 3'600'000;

// The time from which one more attempt is due, in milliseconds since the Unix
// epoch like `now_ms`, after `attempts` that failed: kFirstRetryMs from now
// after one, twice as long after each further one, kLongestRetryMs at most; it
// never ends. Now: none was made yet.
uint64_t NextAttempt(uint32_t attempts, uint64_t now_ms);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_NEXT_ATTEMPT_H_
