// `sealbook status`.
#ifndef SEALBOOK_CLIENT_CLI_STATUS_H_
#define SEALBOOK_CLIENT_CLI_STATUS_H_

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"

namespace sealbook::client {

// Shows what is known of the log, and what its server says of itself. kError
// when the server cannot be asked.
ExitCode RunStatus(const StatusOptions& options, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_STATUS_H_
