#include "client/cli/log_of_state.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::client {

absl::StatusOr<std::string> StateFolder(const std::string& folder) {
  if (!folder.empty()) return folder;
  return State::DefaultFolder();
}

absl::StatusOr<LogOfState> OpenLogOfState(const std::string& folder,
                                          State::Mode mode) {
  SEALBOOK_ASSIGN_OR_RETURN(std::string path, StateFolder(folder));
  SEALBOOK_ASSIGN_OR_RETURN(State state, State::Open(path, mode));
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<LogRecord> logs, state.ReadLogs());
  if (logs.size() != 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": ", logs.size(),
        " logs are configured, one is needed: run `sealbook configure`"));
  }
  return LogOfState{std::move(state), std::move(logs[0])};
}

}  // namespace sealbook::client
