// `sealbook verify`.
#ifndef SEALBOOK_CLIENT_CLI_VERIFY_H_
#define SEALBOOK_CLIENT_CLI_VERIFY_H_

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"

namespace sealbook::client {

// Verifies files offline. kNoCertificate for a verified absence; kRefused with
// the typed reason.
ExitCode RunVerify(const VerifyOptions& options, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_VERIFY_H_
