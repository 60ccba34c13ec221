// `sealbook publish`.
#ifndef SEALBOOK_CLIENT_CLI_PUBLISH_H_
#define SEALBOOK_CLIENT_CLI_PUBLISH_H_

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"

namespace sealbook::client {

// Publishes the certificates of files. kItemsRefused when the server refused
// some, kError when it could not be asked.
ExitCode RunPublish(const PublishOptions& options, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_PUBLISH_H_
