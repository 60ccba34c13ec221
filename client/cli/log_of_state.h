// The one log that a state trusts.
#ifndef SEALBOOK_CLIENT_CLI_LOG_OF_STATE_H_
#define SEALBOOK_CLIENT_CLI_LOG_OF_STATE_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/state.h"

namespace sealbook::client {

struct LogOfState {
  State state;
  LogRecord log;
};

// `folder` empty: the default. FAILED_PRECONDITION: no log is configured.
// Others: as State::Open.
absl::StatusOr<LogOfState> OpenLogOfState(const std::string& folder,
                                          State::Mode mode);

// `folder`, or the default when it is empty.
absl::StatusOr<std::string> StateFolder(const std::string& folder);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_LOG_OF_STATE_H_
