// What failed look-ups mean to a person and to a mail client.
#ifndef SEALBOOK_CLIENT_LDAP_TROUBLE_H_
#define SEALBOOK_CLIENT_LDAP_TROUBLE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "client/alarms/alarm.h"
#include "client/ldap/message.h"

namespace sealbook::client::ldap {

// The alarm of a refused answer about `label`; absent: `failure` is none. `log`
// as Alarm::log. One alarm a log for a fork and for a head that is too old;
// otherwise one an address and reason.
std::optional<Alarm> AlarmOf(const absl::Status& failure,
                             const std::string& log, const std::string& label,
                             uint64_t now_ms);

// The alarm of a log that has not answered since `since_ms`.
Alarm SilenceAlarm(const absl::Status& failure, const std::string& log,
                   uint64_t since_ms, uint64_t now_ms);

// What a search ends with for it, in one line: a refusal, or what else is wrong
// here, is kOther (80); a directory that cannot be reached, kUnavailable (52);
// one that limits how much is looked up, kBusy (51).
Result ResultOf(const absl::Status& failure);

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_TROUBLE_H_
