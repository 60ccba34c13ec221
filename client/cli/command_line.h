// The command line of sealbook.
#ifndef SEALBOOK_CLIENT_CLI_COMMAND_LINE_H_
#define SEALBOOK_CLIENT_CLI_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "client/cli/terminal.h"

namespace sealbook::client {

// Runs the command that `arguments` (the program's name first) ask for and
// returns what the process ends with (client/cli/exit_code.h).
int RunCommandLine(const std::vector<std::string>& arguments,
                   Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_COMMAND_LINE_H_
