#include "client/alarms/alarm_text.h"

#include "absl/strings/str_cat.h"
#include "client/words.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json Details(const std::string& text) {
  Json details = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (details.is_object()) return details;
  return Json{{"text", text}};
}

}  // namespace

std::string AlarmHeadline(const Alarm& alarm) {
  std::string address;
  if (!alarm.label.empty())
    address = absl::StrCat(Printable(alarm.label), ": ");
  return absl::StrCat(AlarmKindName(alarm.kind), ": ", address,
                      Printable(alarm.subject));
}

std::string AlarmText(const Alarm& alarm) {
  std::string text = absl::StrCat(AlarmHeadline(alarm), "\n\n");
  for (const std::string& line : alarm.lines) {
    absl::StrAppend(&text, Printable(line), "\n");
  }
  if (!alarm.lines.empty()) absl::StrAppend(&text, "\n");
  if (!alarm.evidence.empty()) {
    absl::StrAppend(&text, "Evidence: ", Printable(alarm.evidence), "\n");
  }
  if (!alarm.log.empty()) {
    absl::StrAppend(&text, "Log:      ", Printable(alarm.log), "\n");
  }
  absl::StrAppend(&text, "Noticed:  ",
                  TimeInWords(static_cast<int64_t>(alarm.raised_ms)), "\n");
  return text;
}

std::string AlarmJson(const Alarm& alarm) {
  const Json json = {
      {"kind", std::string(AlarmKindName(alarm.kind))},
      {"key", alarm.key},
      {"raised_ms", alarm.raised_ms},
      {"log", alarm.log},
      {"address", TextOrNull(alarm.label)},
      {"subject", alarm.subject},
      {"lines", alarm.lines},
      {"evidence", TextOrNull(alarm.evidence)},
      {"details", Details(alarm.details)},
  };
  return json.dump(/*indent=*/-1, /*indent_char=*/' ', /*ensure_ascii=*/true,
                   Json::error_handler_t::replace);
}

}  // namespace sealbook::client
