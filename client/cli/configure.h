// `sealbook configure`.
#ifndef SEALBOOK_CLIENT_CLI_CONFIGURE_H_
#define SEALBOOK_CLIENT_CLI_CONFIGURE_H_

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"

namespace sealbook::client {

// Makes a log known to the state: from a configuration file, or from the server
// when its fingerprint is the given one. kUsage with neither; kRefused when the
// fingerprint is another.
ExitCode RunConfigure(const ConfigureOptions& options, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_CONFIGURE_H_
