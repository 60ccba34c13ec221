// `sealbookd serve`.
#ifndef SEALBOOK_SERVER_COMMANDS_SERVE_H_
#define SEALBOOK_SERVER_COMMANDS_SERVE_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"

namespace sealbook::server {

struct ServeOptions {
  std::string config_file;
  // Written when the ports are open, as "key=value" lines; empty: none.
  std::string ready_file;
  // Somebody vouches for the wall clock: see Clock::Synchronized.
  bool clock_is_right = false;
};

// Serves until SIGTERM or SIGINT (OK), or until the writer stops
// (ExitCode::kStopped). Prints one line to `out` when it is ready. Other
// errors: what kept it from starting, with its ExitCode.
absl::Status Serve(const ServeOptions& options, std::ostream& out);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_SERVE_H_
