// What a person is to be told of: something that was not expected of an address
// or of the log, or that will soon need attention.
#ifndef SEALBOOK_CLIENT_ALARMS_ALARM_H_
#define SEALBOOK_CLIENT_ALARMS_ALARM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sealbook::client {

enum class AlarmKind {
  // A version of an own address that its owner did not confirm yet.
  kUnknownVersion,
  // An answer whose proof was refused.
  kRefusedProof,
  // Two views that the log signed and that contradict each other: a fork, or a
  // log that was rolled back.
  kFork,
  // The newest entry that the log shows is too old, or the log has not answered
  // for longer than its owners' monitoring may wait.
  kStaleLog,
  // A certificate of an own address ends soon, or has ended, with no other in
  // its place.
  kExpiring,
  // What was remembered is lost or damaged, so that something may have gone
  // unnoticed.
  kStateLost,
};

// As in JSON and in --exec's environment: "unknown-version", "refused-proof",
// "fork", "stale-log", "expiring", "state-lost".
absl::string_view AlarmKindName(AlarmKind kind);
// Absent: no kind has this name.
std::optional<AlarmKind> ParseAlarmKind(absl::string_view name);

struct Alarm {
  AlarmKind kind = AlarmKind::kUnknownVersion;
  // Names the trouble: while an alarm of this key is open, another one is the
  // same and is not raised again. "unknown-version/HEX OF LOG/ADDRESS/7".
  std::string key;
  // When it was first noticed, milliseconds since the Unix epoch.
  uint64_t raised_ms = 0;
  // The log's fingerprint, 64 hexadecimal digits.
  std::string log;
  // The address that it is about; empty: the log as a whole.
  std::string label;
  // One line, at most some 70 characters, without the address.
  std::string subject;
  // What happened and what to do, a line each, not wrapped.
  std::vector<std::string> lines;
  // The folder where the evidence is kept; empty: there is none.
  std::string evidence;
  // A JSON object with what the kind has to say; "{}" at least.
  std::string details = "{}";

  friend bool operator==(const Alarm&, const Alarm&) = default;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_ALARM_H_
