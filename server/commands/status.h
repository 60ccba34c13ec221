// `sealbookd status`.
#ifndef SEALBOOK_SERVER_COMMANDS_STATUS_H_
#define SEALBOOK_SERVER_COMMANDS_STATUS_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"

namespace sealbook::server {

struct StatusOptions {
  // Of the administration port; empty: none is configured.
  std::string address;
  bool json = false;
};

// Asks the server at options.address and writes to `out` how it is doing. OK:
// it is ready. With ExitCode::kNotReady: it is not; the message says why.
// UNAVAILABLE: no answer. FAILED_PRECONDITION: no address. INTERNAL: an answer
// that is not a server's status.
absl::Status ShowStatus(const StatusOptions& options, std::ostream& out);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_STATUS_H_
