// `sealbook history`.
#ifndef SEALBOOK_CLIENT_CLI_HISTORY_H_
#define SEALBOOK_CLIENT_CLI_HISTORY_H_

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"

namespace sealbook::client {

ExitCode RunHistory(const HistoryCommandOptions& options, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_HISTORY_H_
