#include "server/services/grpc_status.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(GrpcStatusTest, KeepsCodeAndMessage) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  const grpc::Status status =
      ToGrpcStatus(absl::DataLossError("entry 7 is damaged"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(status.error_message(), "entry 7 is damaged");
}

TEST(GrpcStatusTest, CutsAndCleansMessages) {
  const grpc::Status status = ToGrpcStatus(
      absl::InvalidArgumentError("a\nb\xff" + std::string(5000, 'x')));
  EXPECT_EQ(status.error_message().size(), kMaxStatusMessageBytes);
  EXPECT_THAT(status.error_message(), HasSubstr("a?b?xxx"));
}

class LogFailureTest : public ::testing::Test {
 protected:
  LogFailureTest() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~LogFailureTest() override { spdlog::set_default_logger(before_); }

  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(LogFailureTest, KeepsAddressesOutOfErrors) {
  spdlog::set_level(spdlog::level::info);
  LogFailure("Search", "alice@example.org",
             absl::DataLossError("version 3 of alice@example.org is damaged"));
  EXPECT_THAT(text_.str(), HasSubstr("version 3 of <address> is damaged"));
  EXPECT_THAT(text_.str(), Not(HasSubstr("alice")));
}

TEST_F(LogFailureTest, ShowsAddressesAtLevelDebug) {
  spdlog::set_level(spdlog::level::debug);
  LogFailure("Search", "alice@example.org",
             absl::DataLossError("version 3 of alice@example.org is damaged"));
  EXPECT_THAT(text_.str(), HasSubstr("alice@example.org"));
}

TEST_F(LogFailureTest, DoesNotBotherTheOperatorWithCallersMistakes) {
  spdlog::set_level(spdlog::level::info);
  LogFailure("Search", "", absl::InvalidArgumentError("trailing bytes"));
  EXPECT_EQ(text_.str(), "");
}

}  // namespace
}  // namespace sealbook::server
