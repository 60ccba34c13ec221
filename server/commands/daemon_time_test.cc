// A server whose clock the test sets: padding, a clock that is set back, a log
// with a maximum lifetime.
#include <grpcpp/support/status.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/structures.h"
#include "keytrans/verifier.h"
#include "server/admin/http.h"
#include "server/clock.h"
#include "server/commands/check.h"
#include "server/commands/daemon.h"
#include "server/commands/testing/test_site.h"
#include "server/testing/fake_clock.h"

namespace sealbook::server {
namespace {

using testing::Clients;
using testing::FakeClock;
using ::testing::HasSubstr;
using testing::TestSite;

constexpr char kAdmin[] = "admin { address: \"localhost:0\" }\n";
constexpr uint64_t kHourMs = 3'600'000;

class DaemonTimeTest : public ::testing::Test {
 protected:
  void Start(const std::string& more) {
    daemon_ = site_.Start(more, clock_);
    clients_ = std::make_unique<Clients>(site_, *daemon_);
  }

  // Waits, up to twenty seconds; `pass_ms` go by on the server's clock at every
  // look.
  bool Eventually(const std::function<bool()>& condition,
                  uint64_t pass_ms = 0) {
    for (int i = 0; i < 1000 && !condition(); ++i) {
      clock_.Advance(pass_ms);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return condition();
  }
  bool WaitForSize(uint64_t size) {
    return Eventually([&] { return daemon_->Status().tree_size >= size; });
  }

  HttpAnswer Page(const std::string& path) const {
    absl::StatusOr<HttpAnswer> answer =
        HttpGet(daemon_->admin_server()->address(), path);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : HttpAnswer{.status = 0};
  }

  v1::PublishResponse Publish(const std::vector<v1::PublishItem>& items) {
    v1::PublishResponse response;
    const grpc::Status status = clients_->Publish(items, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  TestSite site_;
  FakeClock clock_{SystemClock().WallMs()};
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<Clients> clients_;
};

TEST_F(DaemonTimeTest, IsNotReadyWhileItsClockIsSetBack) {
  Start(kAdmin);
  EXPECT_EQ(Page("/readyz").body, "ready\n");
  EXPECT_THAT(Page("/metrics").body, HasSubstr("sealbook_writing 1\n"));
  clock_.StepWall(-2 * static_cast<int64_t>(kHourMs));
  EXPECT_TRUE(Eventually([&] { return Page("/readyz").status == 503; }));
  EXPECT_THAT(Page("/readyz").body, HasSubstr("ahead of the wall clock"));
  EXPECT_THAT(Page("/metrics").body, HasSubstr("sealbook_ready 0\n"));
  EXPECT_THAT(Page("/metrics").body, HasSubstr("sealbook_writing 0\n"));
  // The wall clock is still behind the head.
  clock_.Advance(kHourMs);
  EXPECT_TRUE(Eventually([&] {
    return Page("/metrics")
               .body.find("sealbook_heartbeats_total{written=\"no\"} 0") ==
           std::string::npos;
  }));
  EXPECT_THAT(Page("/metrics").body,
              HasSubstr("sealbook_head_age_seconds 3600\n"));
  EXPECT_THAT(Page("/readyz").body, HasSubstr("is 1h old"));
  EXPECT_THAT(Page("/readyz").body, HasSubstr("ahead of the wall clock"));

  clock_.StepWall(2 * static_cast<int64_t>(kHourMs));
  EXPECT_TRUE(Eventually([&] { return Page("/readyz").status == 200; }, 1000));
}

TEST_F(DaemonTimeTest, PublishesInEntriesOfOneSizeWithPadding) {
  Start("padding { interval_seconds: 10 leaves: 16 }");
  std::vector<v1::PublishItem> items;
  for (int i = 0; i < 20; ++i) {
    items.push_back(site_.Item({absl::StrCat("u", i, "@example.org")}));
  }
  // What no entry can take.
  std::vector<std::string> many;
  for (int i = 0; i < 17; ++i) {
    many.push_back(absl::StrCat("m", i, "@example.org"));
  }
  items.push_back(site_.Item(many));
  auto published =
      std::async(std::launch::async, [&] { return Publish(items); });
  ASSERT_TRUE(Eventually(
      [&] {
        return published.wait_for(std::chrono::seconds(0)) ==
               std::future_status::ready;
      },
      500));
  const v1::PublishResponse response = published.get();
  ASSERT_EQ(response.results_size(), 21);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(response.results(i).code(), 0) << response.results(i).message();
  }
  EXPECT_LT(response.results(15).publications(0).position(),
            response.results(16).publications(0).position());
  EXPECT_THAT(response.results(20).message(), HasSubstr("the limit is 16"));

  const uint64_t size = daemon_->Status().tree_size;
  EXPECT_GE(size, 3u);
  std::vector<uint64_t> positions;
  for (uint64_t p = 0; p < size; ++p) positions.push_back(p);
  auto entries = daemon_->log().records().ReadEntries(positions);
  ASSERT_TRUE(entries.ok()) << entries.status();
  for (uint64_t p = 0; p < size; ++p) {
    EXPECT_EQ((*entries)[p].added.size(), 16u) << p;
    EXPECT_EQ((*entries)[p].entry.timestamp % 10'000, 0u) << p;
  }
  clients_.reset();
  daemon_.reset();
  std::ostringstream out, progress;
  const absl::Status checked =
      Check(site_.config(), {}, SystemClock(), out, progress);
  EXPECT_TRUE(checked.ok()) << checked;
  EXPECT_THAT(out.str(), HasSubstr("the store is sound"));
}

TEST_F(DaemonTimeTest, AVersionBeyondTheMaximumLifetimeIsRefused) {
  Start("log { maximum_lifetime_ms: 90000000 }");  // 25 hours.
  const std::string address = "alice@example.org";
  ASSERT_EQ(Publish({site_.Item({address})}).results(0).code(), 0);
  clock_.Advance(1000);
  ASSERT_EQ(Publish({site_.Item({address})}).results(0).code(), 0);
  const uint64_t size = daemon_->Status().tree_size;

  absl::StatusOr<keytrans::Verifier> verifier =
      keytrans::Verifier::Create(clients_->Configuration());
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  const auto find = [&](std::optional<uint32_t> version) {
    const keytrans::SearchRequest request{.label = address, .version = version};
    v1::SearchAnswer answer;
    const grpc::Status status = clients_->Search(request.Encode(), &answer);
    if (status.ok()) {
      auto found = verifier->VerifySearch(request, std::nullopt,
                                          answer.response(), clock_.WallMs());
      EXPECT_TRUE(found.ok()) << found.status();
      EXPECT_TRUE(!found.ok() || !version.has_value() ||
                  found->version == *version);
    }
    return status;
  };
  EXPECT_TRUE(find(0).ok());
  EXPECT_TRUE(find(1).ok());

  clock_.Advance(26 * kHourMs);
  ASSERT_TRUE(WaitForSize(size + 1));
  const grpc::Status expired = find(0);
  EXPECT_EQ(expired.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_THAT(expired.error_message(), HasSubstr("maximum lifetime"));
  // What is in force is found, however old.
  EXPECT_TRUE(find(1).ok());
  EXPECT_TRUE(find(std::nullopt).ok());
}

}  // namespace
}  // namespace sealbook::server
