#include "server/commands/check.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/commands/exit_code.h"
#include "server/commands/open_log.h"
#include "server/commands/testing/test_site.h"
#include "server/log_store.h"

namespace sealbook::server {
namespace {

using testing::Clients;
using ::testing::HasSubstr;
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

  TestSite site_;
  std::ostringstream out_;
  std::ostringstream progress_;
};

TEST_F(CheckTest, FindsASoundStoreSound) {
  const absl::Status status = Check(site_.config(), out_, progress_);
  EXPECT_TRUE(status.ok()) << status << out_.str();
  EXPECT_THAT(out_.str(), HasSubstr("2 labels, 2 versions"));
  EXPECT_THAT(out_.str(), HasSubstr("the store is sound"));
  EXPECT_THAT(progress_.str(), HasSubstr("pages: "));
}

TEST_F(CheckTest, ReportsADamageWithItsRecord) {
  {
    absl::StatusOr<OpenStore> store = OpenStoreOf(site_.config());
    ASSERT_TRUE(store.ok()) << store.status();
    // A greatest version that the log does not have.
    ASSERT_TRUE(store->storage->PutRecord(LabelPut("a@example.org", 5)).ok());
  }
  const absl::Status status = Check(site_.config(), out_, progress_);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << out_.str();
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUnsafe);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Do not serve"));
  EXPECT_THAT(out_.str(), HasSubstr("DAMAGE: "));
  EXPECT_THAT(out_.str(), HasSubstr("a@example.org"));
}

TEST_F(CheckTest, RefusesAStoreThatAServerHas) {
  const std::unique_ptr<Daemon> daemon = site_.Start();
  const absl::Status status = Check(site_.config(), out_, progress_);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(site_.path("data")));
}

}  // namespace
}  // namespace sealbook::server
