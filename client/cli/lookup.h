// `sealbook lookup`.
#ifndef SEALBOOK_CLIENT_CLI_LOOKUP_H_
#define SEALBOOK_CLIENT_CLI_LOOKUP_H_

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"

namespace sealbook::client {

// Looks addresses up and shows what is proven. The exit code of several
// addresses is the worst: kRefused, kError, kNoCertificate, kOk.
ExitCode RunLookup(const LookupCommandOptions& options, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_LOOKUP_H_
