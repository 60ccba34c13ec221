// Alarms for tests.
#ifndef SEALBOOK_CLIENT_ALARMS_TESTING_TEST_ALARM_H_
#define SEALBOOK_CLIENT_ALARMS_TESTING_TEST_ALARM_H_

#include "client/alarms/alarm.h"

namespace sealbook::client {

inline Alarm TestAlarm() {
  return {.kind = AlarmKind::kUnknownVersion,
          .key = "unknown-version/6a09/alice@example.org/7",
          .raised_ms = 1787045400000,  // 2026-08-18 09:30:00 UTC.
          .log = "6a09",
          .label = "alice@example.org",
          .subject = "version 7 is not confirmed",
          .lines = {"Somebody published a certificate.", "Ask your CA."},
          .evidence = "/home/alice/evidence/1",
          .details = R"({"version": 7})"};
}

// Whoever names it does harm wherever a line, a header, a terminal or a shell
// believes it: line ends, an escape sequence, letters that turn the direction
// of writing, stray bytes, quotes, an encoded-word, non-ASCII letters.
inline Alarm HostileAlarm() {
  Alarm alarm = TestAlarm();
  alarm.label = "\"m\xc3\xbcller\r\nBcc: eve@example.org\r\n\r\n\"@example.org";
  alarm.subject = "=?utf-8?q?x?= \x1b[31m\xe2\x80\xae \xff`id` $(id) '; id; '";
  alarm.lines = {"From here\r\n.\r\nQUIT", ".", "tr\xc3\xa4iling ", "\x07"};
  alarm.details = "{";
  return alarm;
}

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_TESTING_TEST_ALARM_H_
