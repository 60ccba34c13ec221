#include "client/ldap/trouble.h"

#include "absl/strings/str_cat.h"
#include "client/exchange.h"
#include "client/words.h"
#include "keytrans/refusal.h"
#include "nlohmann/json.hpp"

namespace sealbook::client::ldap {
namespace {

using keytrans::RefusalReason;

AlarmKind KindOf(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kFork:
    // A smaller tree than one that it signed before.
    case RefusalReason::kTreeSize:
      return AlarmKind::kFork;
    case RefusalReason::kStaleHead:
      return AlarmKind::kStaleLog;
    default:
      return AlarmKind::kRefusedProof;
  }
}

absl::string_view SubjectOf(AlarmKind kind) {
  switch (kind) {
    case AlarmKind::kFork:
      return "The directory showed two histories that contradict each other";
    case AlarmKind::kStaleLog:
      return "The directory shows nothing new";
    default:
      return "The directory gave an answer that it cannot prove";
  }
}

}  // namespace

std::optional<Alarm> AlarmOf(const absl::Status& failure,
                             const std::string& log, const std::string& label,
                             uint64_t now_ms) {
  const auto reason = keytrans::RefusalOf(failure);
  if (!reason.has_value()) return std::nullopt;
  const std::string name(keytrans::RefusalName(*reason));
  Alarm alarm;
  alarm.kind = KindOf(*reason);
  alarm.key = absl::StrCat(AlarmKindName(alarm.kind), "/", log);
  if (alarm.kind == AlarmKind::kRefusedProof) {
    absl::StrAppend(&alarm.key, "/", label, "/", name);
    alarm.label = label;
  }
  alarm.raised_ms = now_ms;
  alarm.log = log;
  alarm.subject = std::string(SubjectOf(alarm.kind));
  alarm.lines = {
      absl::StrCat("A mail client here asked about ", label,
                   ". The answer was refused (", name, ") and not shown."),
      std::string(RefusalInWords(*reason)), Printable(failure.message())};
  alarm.evidence = EvidenceOf(failure).value_or("");
  alarm.details = nlohmann::ordered_json({{"reason", name}, {"asked", label}})
                      .dump(-1, ' ', false,
                            nlohmann::ordered_json::error_handler_t::replace);
  return alarm;
}

Alarm SilenceAlarm(const absl::Status& failure, const std::string& log,
                   uint64_t since_ms, uint64_t now_ms) {
  Alarm alarm;
  alarm.kind = AlarmKind::kStaleLog;
  // The same trouble as a head that is too old: nothing new is heard.
  alarm.key = absl::StrCat(AlarmKindName(alarm.kind), "/", log);
  alarm.raised_ms = now_ms;
  alarm.log = log;
  alarm.subject = "The directory does not answer";
  alarm.lines = {absl::StrCat("The last answer that was proven is of ",
                              TimeInWords(static_cast<int64_t>(since_ms)), "."),
                 "Mail clients get no certificates until it answers again.",
                 Printable(failure.message())};
  return alarm;
}

Result ResultOf(const absl::Status& failure) {
  const auto reason = keytrans::RefusalOf(failure);
  if (reason.has_value()) {
    return {ResultCode::kOther,
            absl::StrCat("REFUSED (", keytrans::RefusalName(*reason),
                         "): ", RefusalInWords(*reason), " ",
                         Printable(failure.message()))};
  }
  ResultCode code = ResultCode::kOther;
  if (absl::IsUnavailable(failure) || absl::IsDeadlineExceeded(failure) ||
      absl::IsCancelled(failure)) {
    code = ResultCode::kUnavailable;
  } else if (absl::IsResourceExhausted(failure)) {
    code = ResultCode::kBusy;
  }
  return {code, Printable(failure.message())};
}

}  // namespace sealbook::client::ldap
