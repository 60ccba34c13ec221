// Where the server's log lines go: stderr, one line each, UTC.
#ifndef SEALBOOK_SERVER_COMMANDS_LOGGING_H_
#define SEALBOOK_SERVER_COMMANDS_LOGGING_H_

#include "server/config/config.h"

namespace sealbook::server {

// Sets the process's logger up, and sends gRPC's own messages through it.
void SetUpLogging(LogLevel level);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_LOGGING_H_
