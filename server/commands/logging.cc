#include "server/commands/logging.h"

#include <grpc/support/log.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace sealbook::server {
namespace {

spdlog::level::level_enum Level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// What gRPC calls an error is mostly a peer that broke a handshake off: anybody
// can cause it, and it is no failure of ours.
void LogGrpc(gpr_log_func_args* args) {
  spdlog::debug("grpc: {} ({}:{})", args->message, args->file, args->line);
}

}  // namespace

void SetUpLogging(LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>(
      "sealbookd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(Level(level));
  logger->flush_on(spdlog::level::debug);
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ %l: %v", spdlog::pattern_time_type::utc));
  spdlog::set_default_logger(std::move(logger));
  gpr_set_log_function(LogGrpc);
}

}  // namespace sealbook::server
