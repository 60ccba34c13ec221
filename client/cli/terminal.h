// Where a command writes, and what it takes for now.
#ifndef SEALBOOK_CLIENT_CLI_TERMINAL_H_
#define SEALBOOK_CLIENT_CLI_TERMINAL_H_

#include <cstdint>
#include <functional>
#include <ostream>

#include "absl/status/status.h"
#include "client/cli/exit_code.h"
#include "client/search_calls.h"
#include "nlohmann/json_fwd.hpp"

namespace sealbook::client {

struct Terminal {
  // Results.
  std::ostream& out;
  // Errors and, when a person watches, progress.
  std::ostream& err;
  bool err_is_terminal = false;
  Clock clock;
  // Absent: really sleeps. Injected for tests.
  std::function<void(uint64_t ms)> sleep;
};

// Writes `value` to terminal.out, indented; bytes that are no UTF-8 are
// replaced.
void PrintJson(const nlohmann::ordered_json& value, Terminal& terminal);

// Writes an error: what it means for a refusal, and the message, to
// terminal.err; with `json` also an object with result, code or reason, message
// and evidence to terminal.out. Returns kRefused or kError.
ExitCode ReportError(const absl::Status& status, bool json, Terminal& terminal);

// The words of ReportError, each line after `indent`.
void PrintErrorInWords(const absl::Status& status, const char* indent,
                       Terminal& terminal);
nlohmann::ordered_json ErrorToJson(const absl::Status& status);

// kRefused for a refusal, kError otherwise.
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_TERMINAL_H_
