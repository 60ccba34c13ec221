// sealbook watch.
#ifndef SEALBOOK_CLIENT_CLI_WATCH_H_
#define SEALBOOK_CLIENT_CLI_WATCH_H_

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"

namespace sealbook::client {

// Checks once or, until SIGTERM or SIGINT, again and again; or shows and
// changes what is watched.
ExitCode RunWatch(const WatchCommandOptions& options, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_WATCH_H_
