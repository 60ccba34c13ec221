// Alarms and their delivery, in the state.
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/state.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {
namespace {

constexpr char kAlarmColumns[] =
    "alarm.key, alarm.kind, alarm.raised_ms, alarm.log, alarm.label, "
    "alarm.subject, alarm.lines, alarm.evidence, alarm.details";

std::string EncodeLines(const std::vector<std::string>& lines) {
  return nlohmann::json(lines).dump(-1, ' ', false,
                                    nlohmann::json::error_handler_t::replace);
}

std::optional<std::vector<std::string>> ParseLines(const std::string& text) {
  const nlohmann::json lines =
      nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!lines.is_array()) return std::nullopt;
  std::vector<std::string> parsed;
  for (const nlohmann::json& line : lines) {
    if (!line.is_string()) return std::nullopt;
    parsed.push_back(line);
  }
  return parsed;
}

// Closes the open alarm whose `column` is parameter 2.
absl::StatusOr<Statement> PrepareClose(Database& database,
                                       absl::string_view column) {
  return database.Prepare(
      absl::StrCat("UPDATE alarm SET closed_ms = ?1 WHERE closed_ms IS NULL "
                   "AND ",
                   column, " = ?2 RETURNING id"));
}

// Whether there was one.
absl::StatusOr<bool> RunClose(Statement& close, uint64_t now_ms) {
  close.BindInteger(1, static_cast<int64_t>(now_ms));
  SEALBOOK_ASSIGN_OR_RETURN(bool closed, close.Step());
  SEALBOOK_RETURN_IF_ERROR(close.Run());
  return closed;
}

// After one more attempt.
absl::Status PutDelivery(Database& database, const PendingDelivery& delivery,
                         uint64_t next_ms, std::optional<uint64_t> delivered_ms,
                         const std::string& error) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement put,
      database.Prepare("INSERT OR REPLACE INTO delivery (alarm, channel, "
                       "attempts, next_ms, delivered_ms, error) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  put.BindInteger(1, delivery.id);
  put.BindText(2, delivery.channel);
  put.BindInteger(3, delivery.attempts + 1);
  put.BindInteger(4, static_cast<int64_t>(next_ms));
  // Without a value it is null.
  if (delivered_ms.has_value()) {
    put.BindInteger(5, static_cast<int64_t>(*delivered_ms));
  }
  put.BindText(6, error);
  return put.Run();
}

}  // namespace

absl::Status State::AddAlarm(const Alarm& alarm) {
  // Left alone where one of its key is open.
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement put,
      database_.Prepare("INSERT OR IGNORE INTO alarm (key, kind, raised_ms, "
                        "log, label, subject, lines, evidence, details) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  put.BindText(1, alarm.key);
  put.BindText(2, AlarmKindName(alarm.kind));
  put.BindInteger(3, static_cast<int64_t>(alarm.raised_ms));
  put.BindText(4, alarm.log);
  put.BindBytes(5, alarm.label);
  put.BindText(6, alarm.subject);
  put.BindText(7, EncodeLines(alarm.lines));
  put.BindText(8, alarm.evidence);
  put.BindText(9, alarm.details);
  return put.Run();
}

absl::StatusOr<Alarm> State::AlarmOf(const Statement& row,
                                     int first_column) const {
  Alarm alarm;
  const std::optional<AlarmKind> kind =
      ParseAlarmKind(row.Bytes(first_column + 1));
  const auto lines = ParseLines(row.Bytes(first_column + 6));
  if (!kind.has_value() || !lines.has_value()) return Damaged("an alarm");
  alarm.key = row.Bytes(first_column);
  alarm.kind = *kind;
  alarm.raised_ms = static_cast<uint64_t>(row.Integer(first_column + 2));
  alarm.log = row.Bytes(first_column + 3);
  alarm.label = row.Bytes(first_column + 4);
  alarm.subject = row.Bytes(first_column + 5);
  alarm.lines = *lines;
  alarm.evidence = row.Bytes(first_column + 7);
  alarm.details = row.Bytes(first_column + 8);
  return alarm;
}

absl::Status State::RaiseAlarm(const Alarm& alarm) {
  return RaiseAlarms({&alarm, 1});
}

absl::Status State::RaiseAlarms(absl::Span<const Alarm> alarms) {
  SEALBOOK_ASSIGN_OR_RETURN(Transaction change, Transaction::Begin(database_));
  for (const Alarm& alarm : alarms) {
    SEALBOOK_RETURN_IF_ERROR(AddAlarm(alarm));
  }
  return change.Commit();
}

absl::Status State::RaiseAlarmOnce(const Alarm& alarm) {
  SEALBOOK_ASSIGN_OR_RETURN(Transaction change, Transaction::Begin(database_));
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement row,
      database_.Prepare("SELECT 1 FROM alarm WHERE key = ?1 LIMIT 1"));
  row.BindText(1, alarm.key);
  SEALBOOK_ASSIGN_OR_RETURN(const bool known, row.Step());
  if (known) return absl::OkStatus();
  SEALBOOK_RETURN_IF_ERROR(AddAlarm(alarm));
  return change.Commit();
}

absl::StatusOr<std::vector<OpenAlarm>> State::ReadOpenAlarms() {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement row,
      database_.Prepare(absl::StrCat("SELECT id, ", kAlarmColumns,
                                     " FROM alarm WHERE closed_ms IS NULL "
                                     "ORDER BY id")));
  std::vector<OpenAlarm> open;
  while (true) {
    SEALBOOK_ASSIGN_OR_RETURN(bool found, row.Step());
    if (!found) return open;
    SEALBOOK_ASSIGN_OR_RETURN(Alarm alarm, AlarmOf(row, 1));
    open.push_back({row.Integer(0), std::move(alarm)});
  }
}

absl::StatusOr<bool> State::CloseAlarm(const std::string& key,
                                       uint64_t now_ms) {
  SEALBOOK_ASSIGN_OR_RETURN(Statement close, PrepareClose(database_, "key"));
  close.BindText(2, key);
  return RunClose(close, now_ms);
}

absl::StatusOr<bool> State::CloseAlarm(int64_t id, uint64_t now_ms) {
  SEALBOOK_ASSIGN_OR_RETURN(Statement close, PrepareClose(database_, "id"));
  close.BindInteger(2, id);
  return RunClose(close, now_ms);
}

absl::StatusOr<std::vector<PendingDelivery>> State::ReadPendingDeliveries(
    absl::Span<const std::string> channels, uint64_t now_ms) {
  std::vector<PendingDelivery> pending;
  for (const std::string& channel : channels) {
    SEALBOOK_ASSIGN_OR_RETURN(
        Statement row,
        database_.Prepare(absl::StrCat(
            "SELECT id, coalesce(attempts, 0), ", kAlarmColumns,
            " FROM alarm LEFT JOIN delivery ON delivery.alarm = alarm.id AND "
            "delivery.channel = ?1 WHERE closed_ms IS NULL AND delivered_ms IS "
            "NULL AND coalesce(next_ms, 0) <= ?2 ORDER BY id")));
    row.BindText(1, channel);
    row.BindInteger(2, static_cast<int64_t>(now_ms));
    while (true) {
      SEALBOOK_ASSIGN_OR_RETURN(bool found, row.Step());
      if (!found) break;
      SEALBOOK_ASSIGN_OR_RETURN(Alarm alarm, AlarmOf(row, 2));
      pending.push_back({row.Integer(0), std::move(alarm), channel,
                         static_cast<uint32_t>(row.Integer(1))});
    }
  }
  return pending;
}

absl::Status State::MarkDelivered(const PendingDelivery& delivery,
                                  uint64_t now_ms) {
  return PutDelivery(database_, delivery, /*next_ms=*/0, now_ms, /*error=*/"");
}

absl::Status State::MarkFailed(const PendingDelivery& delivery,
                               uint64_t next_ms, const std::string& error) {
  return PutDelivery(database_, delivery, next_ms, std::nullopt, error);
}

absl::StatusOr<uint64_t> State::ReadTime(const crypto::Hash& fingerprint,
                                         const std::string& what) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement row, database_.Prepare("SELECT time_ms FROM done WHERE "
                                       "fingerprint = ?1 AND what = ?2"));
  row.BindBytes(1, fingerprint.view());
  row.BindText(2, what);
  SEALBOOK_ASSIGN_OR_RETURN(bool found, row.Step());
  if (!found) return 0;
  return static_cast<uint64_t>(row.Integer(0));
}

absl::Status State::WriteTime(const crypto::Hash& fingerprint,
                              const std::string& what, uint64_t time_ms) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement put,
      database_.Prepare("INSERT OR REPLACE INTO done (fingerprint, what, "
                        "time_ms) VALUES (?1, ?2, ?3)"));
  put.BindBytes(1, fingerprint.view());
  put.BindText(2, what);
  put.BindInteger(3, static_cast<int64_t>(time_ms));
  return put.Run();
}

}  // namespace sealbook::client
