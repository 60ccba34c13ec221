// The public port, seen from outside.
#include <grpcpp/client_context.h>

#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/version.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/history_structures.h"
#include "keytrans/structures.h"
#include "proto/sealbook/v1/history.grpc.pb.h"
#include "server/commands/daemon.h"
#include "server/commands/testing/test_site.h"
#include "server/services/testing/raw_call.h"

namespace sealbook::server {
namespace {

using testing::CallRaw;
using testing::Clients;
using ::testing::HasSubstr;
using testing::LookUp;
using testing::RawAnswer;
using testing::TestSite;

class DaemonSearchTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    site_ = new TestSite();
    daemon_ = site_->Start().release();
    clients_ = new Clients(*site_, *daemon_);
    v1::PublishResponse response;
    ASSERT_TRUE(
        clients_->Publish({site_->Item({"known@example.org"})}, &response)
            .ok());
  }
  static void TearDownTestSuite() {
    delete clients_;
    delete daemon_;
    delete site_;
  }

  static void ExpectRefused(const std::string& request, grpc::StatusCode code,
                            const std::string& words) {
    v1::SearchAnswer answer;
    const grpc::Status status = clients_->Search(request, &answer);
    EXPECT_EQ(status.error_code(), code) << words;
    EXPECT_THAT(status.error_message(), HasSubstr(words));
    EXPECT_EQ(answer.result_case(), v1::SearchAnswer::RESULT_NOT_SET);
  }
  static std::string Request(const std::string& label) {
    return keytrans::SearchRequest{.label = label}.Encode();
  }

  static TestSite* site_;
  static Daemon* daemon_;
  static Clients* clients_;
};

TestSite* DaemonSearchTest::site_ = nullptr;
Daemon* DaemonSearchTest::daemon_ = nullptr;
Clients* DaemonSearchTest::clients_ = nullptr;

TEST_F(DaemonSearchTest, ProvesThatAnAddressHasNoCertificate) {
  const LookUp nobody = clients_->Find("nobody@example.org");
  ASSERT_TRUE(nobody.status.ok()) << nobody.status.error_message();
  EXPECT_TRUE(nobody.answer.has_absence());
  EXPECT_TRUE(nobody.verified.ok()) << nobody.verified;
  EXPECT_FALSE(nobody.found.has_value());
  EXPECT_EQ(nobody.answer.issuers_size(), 0);
}

TEST_F(DaemonSearchTest, AnswersAClientThatHasSeenThisTree) {
  const LookUp first = clients_->Find("known@example.org");
  ASSERT_TRUE(first.found.has_value());
  const keytrans::SearchRequest request{.last = first.found->view.size(),
                                        .label = "known@example.org"};
  v1::SearchAnswer answer;
  ASSERT_TRUE(clients_->Search(request.Encode(), &answer).ok());
  absl::StatusOr<keytrans::Verifier> verifier =
      keytrans::Verifier::Create(clients_->Configuration());
  ASSERT_TRUE(verifier.ok());
  const auto verified = verifier->VerifySearch(
      request, first.found->view, answer.response(), SystemClock().WallMs());
  EXPECT_TRUE(verified.ok()) << verified.status();
}

TEST_F(DaemonSearchTest, RefusesMalformedBytes) {
  const std::string good = Request("known@example.org");
  for (size_t size = 0; size < good.size(); ++size) {
    ExpectRefused(good.substr(0, size), grpc::StatusCode::INVALID_ARGUMENT,
                  "SearchRequest");
  }
  ExpectRefused(good + '\0', grpc::StatusCode::INVALID_ARGUMENT,
                "SearchRequest");
  ExpectRefused(good + std::string(10'000, 'x'),
                grpc::StatusCode::INVALID_ARGUMENT, "SearchRequest");
  std::string presence = good;
  presence[0] = 2;
  ExpectRefused(presence, grpc::StatusCode::INVALID_ARGUMENT, "SearchRequest");
}

TEST_F(DaemonSearchTest, NamesTheCanonicalFormOfALabel) {
  ExpectRefused(Request("Known@Example.org"),
                grpc::StatusCode::INVALID_ARGUMENT, "not canonical");
  ExpectRefused(Request("Known@Example.org"),
                grpc::StatusCode::INVALID_ARGUMENT,
                "ask for \"known@example.org\"");
  ExpectRefused(Request("known@example.org."),
                grpc::StatusCode::INVALID_ARGUMENT,
                "ask for \"known@example.org\"");
}

TEST_F(DaemonSearchTest, RefusesALabelThatIsNoAddress) {
  const std::vector<std::string> labels = {"",
                                           "known",
                                           "known@",
                                           "@example.org",
                                           "a@b@c",
                                           "known@[127.0.0.1]",
                                           std::string("a\0@example.org", 14),
                                           "\xff@example.org"};
  for (const std::string& label : labels) {
    ExpectRefused(Request(label), grpc::StatusCode::INVALID_ARGUMENT,
                  "the label is not an e-mail address: address-");
  }
  ExpectRefused(Request(std::string(243, 'a') + "@example.org"),
                grpc::StatusCode::INVALID_ARGUMENT, "address-");
}

TEST_F(DaemonSearchTest, RefusesAnAddressOf300Bytes) {
  // Its length does not fit the one byte before it; so 255 of its bytes are
  // announced, and the rest is left over.
  std::string request = Request(std::string(255, 'a'));
  request.insert(10, 45, 'a');
  ExpectRefused(request, grpc::StatusCode::INVALID_ARGUMENT, "SearchRequest");
}

TEST_F(DaemonSearchTest, RefusesALastThatIsLargerThanTheTreeNamingBoth) {
  keytrans::SearchRequest request{.last = 1'000'000,
                                  .label = "known@example.org"};
  v1::SearchAnswer answer;
  const grpc::Status status = clients_->Search(request.Encode(), &answer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("1000000"));
  EXPECT_THAT(status.error_message(),
              HasSubstr(absl::StrCat(
                  "size ", daemon_->log().visible_head().Get()->tree_size)));
  request.last = std::numeric_limits<uint64_t>::max();
  ExpectRefused(request.Encode(), grpc::StatusCode::INVALID_ARGUMENT,
                "18446744073709551615");
  request.last = 0;
  ExpectRefused(request.Encode(), grpc::StatusCode::INVALID_ARGUMENT,
                "last is 0");
}

TEST_F(DaemonSearchTest, FindsAVersionOrProvesThatItDoesNotExist) {
  absl::StatusOr<keytrans::Verifier> verifier =
      keytrans::Verifier::Create(clients_->Configuration());
  ASSERT_TRUE(verifier.ok());
  keytrans::SearchRequest request{.label = "known@example.org", .version = 0};
  v1::SearchAnswer answer;
  ASSERT_TRUE(clients_->Search(request.Encode(), &answer).ok());
  auto found = verifier->VerifySearch(request, std::nullopt, answer.response(),
                                      SystemClock().WallMs());
  EXPECT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(answer.issuers_size(), 2);

  request.version = 1;
  ASSERT_TRUE(clients_->Search(request.Encode(), &answer).ok());
  ASSERT_TRUE(answer.has_greatest());
  found = verifier->VerifyNoSuchVersion(
      request, std::nullopt, answer.greatest(), SystemClock().WallMs());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->version, 0u);
}

TEST_F(DaemonSearchTest, AnswersABatchInOrderAndInOneTree) {
  absl::StatusOr<keytrans::Verifier> verifier =
      keytrans::Verifier::Create(clients_->Configuration());
  auto stub = v1::KeyTransparency::NewStub(clients_->public_channel());
  grpc::ClientContext context;
  auto stream = stub->SearchBatch(&context);
  // More than may be under way, so that the server has to wait for us.
  constexpr int kCount = 200;
  std::thread writer([&] {
    for (int i = 0; i < kCount; ++i) {
      v1::SearchCall call;
      call.set_request(
          Request(absl::StrCat(i % 7 == 0 ? "known" : "n", "@",
                               i % 7 == 0 ? "" : "n", "example.org")));
      if (!stream->Write(call)) return;
      // The tree grows meanwhile, and the batch does not see it.
      if (i == 20) {
        v1::PublishResponse response;
        EXPECT_TRUE(
            clients_->Publish({site_->Item({"later@example.org"})}, &response)
                .ok());
      }
    }
    stream->WritesDone();
  });
  std::set<uint64_t> sizes;
  int answers = 0;
  v1::SearchAnswer answer;
  while (stream->Read(&answer)) {
    const bool known = answers++ % 7 == 0;
    ASSERT_EQ(answer.has_response(), known) << answers;
    const keytrans::SearchRequest request{.label = known ? "known@example.org"
                                                         : "n@nexample.org"};
    if (known) {
      auto found = verifier->VerifySearch(
          request, std::nullopt, answer.response(), SystemClock().WallMs());
      ASSERT_TRUE(found.ok()) << found.status();
      sizes.insert(found->view.size());
    } else {
      auto absent = verifier->VerifyAbsence(
          request, std::nullopt, answer.absence(), SystemClock().WallMs());
      ASSERT_TRUE(absent.ok()) << absent.status();
      sizes.insert(absent->view.size());
    }
  }
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(answers, kCount);
  EXPECT_EQ(sizes.size(), 1u);
}

TEST_F(DaemonSearchTest, EndsABatchAtWhatItCannotAnswer) {
  auto stub = v1::KeyTransparency::NewStub(clients_->public_channel());
  grpc::ClientContext context;
  auto stream = stub->SearchBatch(&context);
  v1::SearchCall call;
  call.set_request(Request("known@example.org"));
  ASSERT_TRUE(stream->Write(call));
  call.set_request("no request");
  ASSERT_TRUE(stream->Write(call));
  v1::SearchAnswer answer;
  EXPECT_TRUE(stream->Read(&answer));
  EXPECT_FALSE(stream->Read(&answer));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("SearchRequest"));
}

// Whoever goes away in the middle leaves nothing behind that others notice.
TEST_F(DaemonSearchTest, SurvivesBatchesThatStopHalfway) {
  auto stub = v1::KeyTransparency::NewStub(clients_->public_channel());
  for (int i = 0; i < 30; ++i) {
    grpc::ClientContext context;
    auto stream = stub->SearchBatch(&context);
    v1::SearchCall call;
    call.set_request(Request("known@example.org"));
    for (int j = 0; j < i; ++j) stream->Write(call);
    v1::SearchAnswer answer;
    if (i % 2 == 1) {
      EXPECT_TRUE(stream->Read(&answer));
    }
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_TRUE(clients_->Find("known@example.org").found.has_value());
}

TEST_F(DaemonSearchTest, ReadsAHistoryAndTheStateOfATime) {
  absl::StatusOr<keytrans::Verifier> verifier =
      keytrans::Verifier::Create(clients_->Configuration());
  for (int i = 0; i < 3; ++i) {
    v1::PublishResponse response;
    ASSERT_TRUE(
        clients_->Publish({site_->Item({"often@example.org"})}, &response)
            .ok());
  }
  auto stub = v1::History::NewStub(clients_->public_channel());
  const keytrans::HistoryRequest request{.label = "often@example.org"};
  v1::HistoryCall call;
  call.set_request(request.Encode());
  grpc::ClientContext context;
  auto stream = stub->ReadHistory(&context, call);
  v1::HistoryPage page;
  ASSERT_TRUE(stream->Read(&page));
  auto history = verifier->VerifyHistory(request, std::nullopt, page.response(),
                                         SystemClock().WallMs());
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_EQ(history->versions.size(), 3u);
  EXPECT_EQ(page.issuers_size(), 2);
  EXPECT_FALSE(stream->Read(&page));
  EXPECT_TRUE(stream->Finish().ok());

  // Just before the last version there was the one before it.
  const keytrans::AsOfRequest then{
      .label = "often@example.org",
      .time = history->versions[0].since->timestamp - 1};
  v1::AsOfCall as_of;
  as_of.set_request(then.Encode());
  v1::AsOfAnswer answer;
  grpc::ClientContext second;
  ASSERT_TRUE(stub->ReadAsOf(&second, as_of, &answer).ok());
  auto state = verifier->VerifyAsOf(then, std::nullopt, answer.response(),
                                    SystemClock().WallMs());
  ASSERT_TRUE(state.ok()) << state.status();
  ASSERT_EQ(state->in_force.has_value(), answer.issuers_size() == 2);
  if (state->in_force.has_value()) {
    EXPECT_LT(state->in_force->version, 2u);
  }

  call.set_request("no request");
  grpc::ClientContext third;
  auto refused = stub->ReadHistory(&third, call);
  EXPECT_FALSE(refused->Read(&page));
  EXPECT_EQ(refused->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(DaemonSearchTest, WalksTheDistinguishedEntries) {
  absl::StatusOr<keytrans::Verifier> verifier =
      keytrans::Verifier::Create(clients_->Configuration());
  auto stub = v1::KeyTransparency::NewStub(clients_->public_channel());
  const keytrans::DistinguishedRequest request;
  v1::DistinguishedCall call;
  call.set_request(request.Encode());
  v1::DistinguishedAnswer answer;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->Distinguished(&context, call, &answer).ok());
  auto walked = verifier->VerifyDistinguished(
      request, std::nullopt, answer.response(), SystemClock().WallMs());
  ASSERT_TRUE(walked.ok()) << walked.status();
  // The root is, in any log.
  EXPECT_FALSE(walked->entries.empty());
}

TEST_F(DaemonSearchTest, RefusesBytesThatAreNoMessage) {
  const std::pair<std::string, std::string> methods[] = {
      {"KeyTransparency/Search", "SearchCall"},
      {"Directory/GetConfiguration", "GetConfigurationRequest"},
      {"Directory/GetStatus", "GetStatusRequest"}};
  for (const auto& [method, message] : methods) {
    const RawAnswer answer = CallRaw(clients_->public_channel(),
                                     "/sealbook.v1." + method, "\x0a\xff\xff");
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(answer.status.error_message(),
                HasSubstr("no sealbook.v1." + message));
  }
}

TEST_F(DaemonSearchTest, TheDirectoryGivesTheConfigurationAndTheStatus) {
  const keytrans::Configuration configuration = clients_->Configuration();
  EXPECT_EQ(configuration, daemon_->log().configuration());
  EXPECT_EQ(configuration.max_behind, 3'600'000u);

  v1::GetStatusResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      v1::Directory::NewStub(clients_->public_channel())
          ->GetStatus(&context, v1::GetStatusRequest(), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.server_version(), kSealbookVersion);
  const auto head = daemon_->log().visible_head().Get();
  EXPECT_EQ(response.tree_size(), head->tree_size);
  EXPECT_EQ(response.head_timestamp_ms(), head->timestamp_ms);
  EXPECT_EQ(response.queue_depth(), 0u);
}

TEST_F(DaemonSearchTest, ListsItsServicesByReflection) {
  // ServerReflectionRequest.list_services = "" (field 7).
  const RawAnswer answer =
      CallRaw(clients_->public_channel(),
              "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
              std::string("\x3a\x00", 2));
  EXPECT_THAT(answer.bytes, HasSubstr("sealbook.v1.KeyTransparency"));
  EXPECT_THAT(answer.bytes, HasSubstr("sealbook.v1.Directory"));
  EXPECT_THAT(answer.bytes, HasSubstr("grpc.health.v1.Health"));
}

// HealthCheckResponse.status = SERVING (1) and NOT_SERVING (2).
constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";

TEST_F(DaemonSearchTest, ReportsItsHealth) {
  const RawAnswer answer =
      CallRaw(clients_->public_channel(), "/grpc.health.v1.Health/Check", "");
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.bytes, kServing);
}

TEST(DaemonHealthTest, ReportsThatItStops) {
  TestSite site;
  const std::unique_ptr<Daemon> daemon = site.Start();
  Clients clients(site, *daemon);
  daemon->StopServing();
  const RawAnswer answer =
      CallRaw(clients.public_channel(), "/grpc.health.v1.Health/Check", "");
  EXPECT_EQ(answer.bytes, kNotServing);
  // Whoever has not noticed yet still gets answers.
  EXPECT_TRUE(clients.Find("nobody@example.org").status.ok());
}

}  // namespace
}  // namespace sealbook::server
