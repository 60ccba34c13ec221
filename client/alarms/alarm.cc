#include "client/alarms/alarm.h"

namespace sealbook::client {

absl::string_view AlarmKindName(AlarmKind kind) {
  switch (kind) {
    case AlarmKind::kUnknownVersion:
      return "unknown-version";
    case AlarmKind::kRefusedProof:
      return "refused-proof";
    case AlarmKind::kFork:
      return "fork";
    case AlarmKind::kStaleLog:
      return "stale-log";
    case AlarmKind::kExpiring:
      return "expiring";
    case AlarmKind::kStateLost:
      return "state-lost";
  }
  return "unknown";
}

std::optional<AlarmKind> ParseAlarmKind(absl::string_view name) {
  for (const AlarmKind kind :
       {AlarmKind::kUnknownVersion, AlarmKind::kRefusedProof, AlarmKind::kFork,
        AlarmKind::kStaleLog, AlarmKind::kExpiring, AlarmKind::kStateLost}) {
    if (AlarmKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

}  // namespace sealbook::client
