#include "server/services/publish_call.h"

#include <grpcpp/support/status.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "smime/testing/test_ca.h"

namespace sealbook::server {
namespace {

using smime::testing::kNowMs;
using smime::testing::TestCa;
using ::testing::HasSubstr;

class PublishCallTest : public ::testing::Test {
 protected:
  PublishCallTest()
      : root_(TestCa::Root({.common_name = "Root"})),
        admission_(smime::TrustAnchors::Read(root_.pem()).value(),
                   smime::Profile::kPrivate) {
    policy_.id = "test-ca";
    policy_.issuer_keys = {root_.key_hash()};
  }

  TestCa root_;
  smime::Admission admission_;
  smime::PublisherPolicy policy_;
};

TEST_F(PublishCallTest, ManyThreadsJudgeEachItemOnceAndOneIsLast) {
  v1::PublishRequest request;
  for (int i = 0; i < 200; ++i) {
    const std::string der =
        i % 3 == 0
            ? "not DER"
            : root_.Issue({.emails = {absl::StrCat("u", i, "@x.example")}}).der;
    request.add_items()->set_certificate(der);
  }
  PublishCall call(request, policy_, kNowMs);
  std::atomic<int> last = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (true) {
        const auto progress = call.AdmitSome(admission_, 7);
        if (progress == PublishCall::Progress::kMore) continue;
        last += progress == PublishCall::Progress::kAllJudged ? 1 : 0;
        return;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(last, 1);
  EXPECT_EQ(call.refused(), 67u);

  EXPECT_EQ(call.addresses(), 133u);
  const std::vector<PublishRequest> portions = call.TakePortions(133);
  ASSERT_EQ(portions.size(), 1u);
  const PublishRequest& submissions = portions[0];
  ASSERT_EQ(submissions.size(), 133u);
  EXPECT_EQ(submissions[0].label, "u1@x.example");
  EXPECT_EQ(submissions[132].label, "u199@x.example");
  EXPECT_EQ(submissions[0].publisher, "test-ca");
  // Whoever comes late finds nothing to do.
  EXPECT_EQ(call.AdmitSome(admission_, 1),
            PublishCall::Progress::kTakenByOthers);
}

TEST_F(PublishCallTest, PutsOutcomesBesideTheirItems) {
  v1::PublishRequest request;
  request.add_items()->set_certificate(
      root_.Issue({.emails = {"a@x.example", "b@x.example"}}).der);
  request.add_items()->set_certificate("not DER");
  request.add_items()->set_certificate(
      root_.Issue({.emails = {"c@x.example"}}).der);
  PublishCall call(request, policy_, kNowMs);
  ASSERT_EQ(call.AdmitSome(admission_, 2), PublishCall::Progress::kMore);
  ASSERT_EQ(call.AdmitSome(admission_, 2), PublishCall::Progress::kAllJudged);
  ASSERT_EQ(call.TakePortions(10).size(), 1u);

  PublishOutcome outcome;
  outcome.tree_size = 9;
  outcome.results = {
      Publication{.label = "a@x.example", .version = 3, .position = 8},
      absl::FailedPreconditionError("live-certificates: 17"),
      Publication{.label = "c@x.example", .already_published = true}};
  v1::PublishResponse response;
  call.FillResponse(outcome, response);
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_EQ(response.tree_size(), 9u);
  // One of two addresses was refused: the item says so, and what is published.
  EXPECT_EQ(response.results(0).code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(response.results(0).message(), HasSubstr("live-certificates"));
  ASSERT_EQ(response.results(0).publications_size(), 1);
  EXPECT_EQ(response.results(0).publications(0).version(), 3u);
  EXPECT_EQ(response.results(0).publications(0).position(), 8u);
  EXPECT_EQ(response.results(1).code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(response.results(2).code(), 0);
  EXPECT_TRUE(response.results(2).publications(0).already_published());
}

TEST_F(PublishCallTest, TakesPortionsOfWholeItems) {
  v1::PublishRequest request;
  for (size_t addresses : {2, 2, 1, 6, 3}) {
    std::vector<std::string> emails;
    for (size_t i = 0; i < addresses; ++i) {
      emails.push_back(
          absl::StrCat("u", request.items_size(), "-", i, "@x.example"));
    }
    request.add_items()->set_certificate(root_.Issue({.emails = emails}).der);
  }
  PublishCall call(request, policy_, kNowMs);
  ASSERT_EQ(call.AdmitSome(admission_, 5), PublishCall::Progress::kAllJudged);
  EXPECT_EQ(call.addresses(), 14u);
  const std::vector<PublishRequest> portions = call.TakePortions(5);
  ASSERT_EQ(portions.size(), 2u);
  EXPECT_EQ(portions[0].size(), 5u);
  EXPECT_EQ(portions[0][4].label, "u2-0@x.example");
  EXPECT_EQ(portions[1].size(), 3u);
  EXPECT_EQ(portions[1][0].label, "u4-0@x.example");

  PublishOutcome outcome;
  for (const PublishRequest& portion : portions) {
    for (const Submission& one : portion) {
      outcome.results.push_back(Publication{.label = one.label});
    }
  }
  v1::PublishResponse response;
  call.FillResponse(outcome, response);
  // What no portion can hold is that item's affair alone.
  EXPECT_EQ(response.results(3).code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(response.results(3).message(),
              HasSubstr("6 addresses; the limit is 5"));
  ASSERT_EQ(response.results(4).publications_size(), 3);
  EXPECT_EQ(response.results(4).publications(2).address(), "u4-2@x.example");
}

TEST_F(PublishCallTest, ALimitOfItemsAndBytes) {
  v1::PublishRequest request;
  absl::Status status = CheckPublishLimits(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no items"));

  for (int i = 0; i < kMaxPublishItems; ++i) request.add_items();
  EXPECT_TRUE(CheckPublishLimits(request).ok());
  request.add_items();
  status = CheckPublishLimits(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1001 items"));

  request.Clear();
  v1::PublishItem& item = *request.add_items();
  item.set_certificate(std::string(kMaxPublishBytes - 10, 'x'));
  ASSERT_EQ(request.ByteSizeLong(), kMaxPublishBytes);
  EXPECT_TRUE(CheckPublishLimits(request).ok());
  item.mutable_certificate()->push_back('x');
  status = CheckPublishLimits(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("3145729 bytes"));
}

}  // namespace
}  // namespace sealbook::server
