// The command line of sealbookd.
#ifndef SEALBOOK_SERVER_COMMANDS_COMMAND_LINE_H_
#define SEALBOOK_SERVER_COMMANDS_COMMAND_LINE_H_

namespace sealbook::server {

// Runs the command that `argv` names and returns what the process ends with
// (server/commands/exit_code.h). Errors go to stderr.
int RunCommandLine(int argc, char** argv);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_COMMAND_LINE_H_
