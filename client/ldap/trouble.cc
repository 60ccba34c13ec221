#include "client/ldap/trouble.h"

#include "absl/strings/str_cat.h"
#include "client/watch/owner_alarms.h"
#include "client/words.h"
#include "keytrans/refusal.h"

namespace sealbook::client::ldap {
std::optional<Alarm> AlarmOf(const absl::Status& failure,
                             const std::string& log, const std::string& label,
                             uint64_t now_ms) {
  if (!keytrans::RefusalOf(failure).has_value()) return std::nullopt;
  std::optional<Alarm> alarm = FailureAlarm(
      {.log = log, .server = "", .now_ms = now_ms}, label, failure);
  alarm->lines.insert(alarm->lines.begin(),
                      absl::StrCat("A mail client here asked about ", label,
                                   ". The answer was refused and not shown."));
  return alarm;
}

Alarm SilenceAlarm(const absl::Status& failure, const std::string& log,
                   uint64_t since_ms, uint64_t now_ms) {
  Alarm alarm;
  alarm.kind = AlarmKind::kStaleLog;
  // The same trouble as that of a watcher who cannot check.
  alarm.key = UncheckedKey(log);
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
