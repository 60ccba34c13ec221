// sealbook revoke: takes certificates back, or lifts a hold.
#ifndef SEALBOOK_CLIENT_CLI_REVOKE_H_
#define SEALBOOK_CLIENT_CLI_REVOKE_H_

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"

namespace sealbook::client {

ExitCode RunRevoke(const RevokeOptions& options, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_REVOKE_H_
