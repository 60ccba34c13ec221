#include "server/commands/logging.h"

#include <grpc/support/log.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/redaction.h"

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

class Formatter final : public spdlog::formatter {
 public:
  explicit Formatter(LogFormat format)
      : format_(format),
        time_("%Y-%m-%dT%H:%M:%S.%eZ", spdlog::pattern_time_type::utc, "") {}

  void format(const spdlog::details::log_msg& line,
              spdlog::memory_buf_t& out) override {
    std::string message(line.payload.data(), line.payload.size());
    if (line.level > spdlog::level::debug) message = WithoutAddresses(message);
    const auto name = spdlog::level::to_string_view(line.level);
    const std::string level(name.data(), name.size());
    spdlog::memory_buf_t time;
    time_.format(line, time);
    std::string text(time.data(), time.size());
    if (format_ == LogFormat::kJson) {
      const nlohmann::ordered_json object = {
          {"time", text}, {"level", level}, {"message", message}};
      // Messages may hold any bytes.
      text = object.dump(-1, ' ', false,
                         nlohmann::ordered_json::error_handler_t::replace);
    } else {
      absl::StrAppend(&text, " ", level, ": ", message);
    }
    text += '\n';
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<Formatter>(format_);
  }

 private:
  const LogFormat format_;
  spdlog::pattern_formatter time_;
};

// What gRPC calls an error is mostly a peer that broke a handshake off: anybody
// can cause it, and it is no failure of ours.
void LogGrpc(gpr_log_func_args* args) {
  spdlog::debug("grpc: {} ({}:{})", args->message, args->file, args->line);
}

}  // namespace

std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format) {
  return std::make_unique<Formatter>(format);
}

void SetLogLevel(LogLevel level) {
  spdlog::default_logger()->set_level(Level(level));
}

void SetUpLogging(LogLevel level, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>(
      "sealbookd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(Level(level));
  logger->flush_on(spdlog::level::debug);
  logger->set_formatter(MakeLogFormatter(format));
  spdlog::set_default_logger(std::move(logger));
  gpr_set_log_function(LogGrpc);
}

}  // namespace sealbook::server
