#include "server/commands/check.h"

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/clock.h"
#include "server/commands/exit_code.h"
#include "server/commands/open_log.h"
#include "server/commands/testing/test_site.h"
#include "server/log_store.h"

namespace sealbook::server {
namespace {

using testing::Clients;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TestSite;

class CheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::unique_ptr<Daemon> daemon = site_.Start();
    Clients clients(site_, *daemon);
    v1::PublishResponse response;
    ASSERT_TRUE(clients
                    .Publish({site_.Item({"a@example.org", "b@example.org"})},
                             &response)
                    .ok());
    ASSERT_EQ(response.results(0).publications_size(), 2);
  }

  absl::Status Run(const CheckOptions& options = {}) {
    return Check(site_.config(), options, SystemClock(), out_, progress_);
  }

  TestSite site_;
  std::ostringstream out_;
  std::ostringstream progress_;
};

TEST_F(CheckTest, FindsASoundStoreSound) {
  const absl::Status status = Run();
  EXPECT_TRUE(status.ok()) << status << out_.str();
  EXPECT_THAT(out_.str(), HasSubstr("2 labels, 2 versions"));
  EXPECT_THAT(out_.str(), HasSubstr("the store is sound"));
  EXPECT_THAT(out_.str(), ContainsRegex("read [0-9]+ records, .* MB/s"));
  EXPECT_THAT(progress_.str(), ContainsRegex("pages: [0-9]+ .100%., .* MB/s"));
  EXPECT_THAT(progress_.str(), Not(HasSubstr("\r")));
}

TEST_F(CheckTest, WritesOneLineOverOnATerminal) {
  const absl::Status status = Run({.progress_on_terminal = true});
  EXPECT_TRUE(status.ok()) << status << out_.str();
  EXPECT_THAT(progress_.str(), HasSubstr("publications: 2 (100%), "));
}

TEST_F(CheckTest, PrintsItsResultAsOneJsonObject) {
  const absl::Status status = Run({.json = true});
  EXPECT_TRUE(status.ok()) << status << out_.str();
  const auto json = nlohmann::json::parse(out_.str(), nullptr, false);
  ASSERT_TRUE(json.is_object()) << out_.str();
  EXPECT_EQ(json["sound"], true);
  EXPECT_EQ(json["labels"], 2);
  EXPECT_GT(json["bytes_read"], 1000);
  EXPECT_GT(json["megabytes_per_second"], 0);
}

TEST_F(CheckTest, ReportsADamageWithItsRecord) {
  {
    absl::StatusOr<OpenStore> store = OpenStoreOf(site_.config());
    ASSERT_TRUE(store.ok()) << store.status();
    // A greatest version that the log does not have.
    ASSERT_TRUE(store->storage->PutRecord(LabelPut("a@example.org", 5)).ok());
  }
  const absl::Status status = Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << out_.str();
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUnsafe);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Do not serve"));
  EXPECT_THAT(out_.str(), HasSubstr("DAMAGE: "));
  EXPECT_THAT(out_.str(), HasSubstr("a@example.org"));

  out_.str("");
  EXPECT_EQ(ExitCodeOf(Run({.json = true})), ExitCode::kUnsafe);
  std::istringstream lines(out_.str());
  std::string first;
  std::string last;
  std::getline(lines, first);
  while (lines >> std::ws && std::getline(lines, last)) {
  }
  EXPECT_THAT(first, HasSubstr("{\"damage\":\"label a@example.org"));
  EXPECT_THAT(last, HasSubstr("\"sound\":false"));
}

TEST_F(CheckTest, RefusesAStoreThatAServerHas) {
  const std::unique_ptr<Daemon> daemon = site_.Start();
  const absl::Status status = Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(site_.path("data")));
}

}  // namespace
}  // namespace sealbook::server
