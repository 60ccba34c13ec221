#include "server/commands/logging.h"

#include <spdlog/details/log_msg.h>

#include <chrono>
#include <string>

#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

std::string Line(LogFormat format, spdlog::level::level_enum level,
                 const std::string& message) {
  spdlog::details::log_msg line("sealbookd", level, message);
  line.time = std::chrono::system_clock::time_point(
      std::chrono::milliseconds(1'700'000'000'123));
  spdlog::memory_buf_t out;
  MakeLogFormatter(format)->clone()->format(line, out);
  return std::string(out.data(), out.size());
}

TEST(LoggingTest, ALineHasItsTimeInUtcAndItsLevel) {
  EXPECT_EQ(Line(LogFormat::kText, spdlog::level::info, "ready"),
            "2023-11-14T22:13:20.123Z info: ready\n");
  EXPECT_EQ(Line(LogFormat::kJson, spdlog::level::err, "a \"b\"\n\xff"),
            "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"error\","
            "\"message\":\"a \\\"b\\\"\\n\xef\xbf\xbd\"}\n");
}

TEST(LoggingTest, AddressesAppearAtDebugOnly) {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    for (const auto level : {spdlog::level::info, spdlog::level::warn,
                             spdlog::level::err, spdlog::level::critical}) {
      const std::string line = Line(format, level, "of alice@example.org: bad");
      EXPECT_NE(line.find("of <address>: bad"), std::string::npos) << line;
    }
    EXPECT_NE(Line(format, spdlog::level::debug, "of alice@example.org: bad")
                  .find("alice@example.org"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace sealbook::server
