// What a watcher has to tell, in words.
#ifndef SEALBOOK_CLIENT_WATCH_OWNER_ALARMS_H_
#define SEALBOOK_CLIENT_WATCH_OWNER_ALARMS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/alarms/alarm.h"
#include "client/directory_client.h"
#include "client/state.h"

namespace sealbook::client {

// What all alarms about one log share.
struct AlarmContext {
  // The log's fingerprint, hexadecimal.
  std::string log;
  std::string server;
  uint64_t now_ms = 0;
};

// A version that the owner has not confirmed: what it changed, certificate by
// certificate, and who published it. `older`: the version before, null where it
// is not known. `issuers`: what came with the answer (DER).
Alarm UnknownVersionAlarm(const AlarmContext& context, const std::string& label,
                          const OwnedVersion& version,
                          const OwnedVersion* older,
                          const std::vector<std::string>& issuers);

// An alarm for a check that failed; absent: it says nothing about the log yet,
// such as a server that cannot be reached.
std::optional<Alarm> FailureAlarm(const AlarmContext& context,
                                  const std::string& label,
                                  const absl::Status& failure);

// The log has not been checked since `since_ms`, longer than its Reasonable
// Monitoring Window.
Alarm UncheckedAlarm(const AlarmContext& context, uint64_t since_ms,
                     uint64_t window_ms, const absl::Status& failure);
// Its key: it is closed when the log is checked again.
std::string UncheckedKey(const std::string& log);

// Nothing could be compared over the second channel since `since_ms`.
Alarm UncomparedAlarm(const AlarmContext& context, uint64_t since_ms,
                      const absl::Status& failure);
std::string UncomparedKey(const std::string& log);

// The address was not checked for longer than the log proves the past.
Alarm GapAlarm(const AlarmContext& context, const OwnedAddress& owned,
               uint64_t lifetime_ms);

// One for each certificate of `current` that ends within `ahead_ms` and that is
// good until then.
std::vector<Alarm> ExpiryAlarms(const AlarmContext& context,
                                const std::string& label,
                                const FoundEntry& current, uint64_t ahead_ms);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_WATCH_OWNER_ALARMS_H_
