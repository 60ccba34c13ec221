#include "client/cli/terminal.h"

#include <optional>
#include <string>

#include "client/exchange.h"
#include "client/words.h"
#include "keytrans/refusal.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {

void PrintJson(const nlohmann::ordered_json& value, Terminal& terminal) {
  terminal.out << value.dump(2, ' ', false,
                             nlohmann::ordered_json::error_handler_t::replace)
               << "\n";
}

nlohmann::ordered_json ErrorToJson(const absl::Status& status) {
  nlohmann::ordered_json json;
  if (auto reason = keytrans::RefusalOf(status); reason.has_value()) {
    json["result"] = "refused";
    json["reason"] = std::string(keytrans::RefusalName(*reason));
  } else {
    json["result"] = "error";
    json["code"] = absl::StatusCodeToString(status.code());
  }
  json["message"] = std::string(status.message());
  if (auto evidence = EvidenceOf(status); evidence.has_value()) {
    json["evidence"] = *evidence;
  }
  return json;
}

void PrintErrorInWords(const absl::Status& status, const char* indent,
                       Terminal& terminal) {
  auto reason = keytrans::RefusalOf(status);
  if (!reason.has_value()) {
    terminal.err << indent << "error: " << Printable(status.message()) << "\n";
    return;
  }
  // The verdict comes last: it is what a person, or `tail -1`, looks for.
  terminal.err << indent << "detail: " << Printable(status.message()) << "\n"
               << indent << "REFUSED (" << keytrans::RefusalName(*reason)
               << "): " << RefusalInWords(*reason) << "\n";
}

ExitCode ExitCodeOf(const absl::Status& status) {
  return keytrans::RefusalOf(status).has_value() ? ExitCode::kRefused
                                                 : ExitCode::kError;
}

ExitCode ReportError(const absl::Status& status, bool json,
                     Terminal& terminal) {
  PrintErrorInWords(status, "", terminal);
  if (json) PrintJson(ErrorToJson(status), terminal);
  return ExitCodeOf(status);
}

}  // namespace sealbook::client
