// Alarms in words and as JSON. Addresses, and some of what lines and details
// say, come from a log that may be hostile: what is rendered here holds no
// control character but its own line feeds, and no stray byte.
//
// Thread-safe.
#ifndef SEALBOOK_CLIENT_ALARMS_ALARM_TEXT_H_
#define SEALBOOK_CLIENT_ALARMS_ALARM_TEXT_H_

#include <string>

#include "client/alarms/alarm.h"

namespace sealbook::client {

// Kind, address and subject on one line, UTF-8, without a line feed:
//
//   unknown-version: alice@example.org: version 7 is not confirmed
std::string AlarmHeadline(const Alarm& alarm);

// What people read: the headline, the lines, and where to look. UTF-8; each
// line ends with a line feed.
//
//   unknown-version: alice@example.org: version 7 is not confirmed
//
//   Somebody published a certificate for your address.
//
//   Evidence: /home/alice/.local/state/sealbook/evidence/1
//   Log:      6a09e667...
//   Noticed:  2026-08-18 09:30:00 UTC
std::string AlarmText(const Alarm& alarm);

// One JSON object in ASCII on one line, without a line feed: kind, key,
// raised_ms, log, address, subject, lines, evidence, details. `address` and
// `evidence` are null where there is none. Bytes that are no UTF-8 are
// replaced by U+FFFD. `details` is the alarm's object; if that is no JSON
// object, one with its text under "text".
std::string AlarmJson(const Alarm& alarm);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_ALARM_TEXT_H_
