// Where log lines go: standard error, one line each, in UTC. Above level debug
// they hold no e-mail addresses, and at no level keys.
#ifndef SEALBOOK_SERVER_COMMANDS_LOGGING_H_
#define SEALBOOK_SERVER_COMMANDS_LOGGING_H_

#include <spdlog/formatter.h>

#include <memory>

#include "server/config/config.h"

namespace sealbook::server {

// "<time> <level>: <message>", or an object with time, level and message. What
// looks like an e-mail address is taken out above level debug, whoever wrote
// the line.
std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format);

void SetUpLogging(LogLevel level, LogFormat format);

// Of the logging that was set up.
void SetLogLevel(LogLevel level);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_LOGGING_H_
