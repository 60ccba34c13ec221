// What publishers are told when a server is busy, stops or fails; with a log
// whose commits can be held and broken.
#include "server/services/publisher_service.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/publisher_registry.h"
#include "server/services/rpc_server.h"
#include "server/services/testing/test_tls.h"
#include "server/services/tls_files.h"
#include "server/testing/test_log.h"
#include "smime/testing/test_ca.h"

namespace sealbook::server {
namespace {

using smime::testing::TestCa;
using testing::Fault;
using ::testing::HasSubstr;
using testing::TestLog;
using testing::TestTls;
using testing::TlsIdentity;

// The outcome of a call.
struct Answer {
  grpc::Status status;
  v1::PublishResponse response;
  // grpc-retry-pushback-ms; empty: none.
  std::string retry_ms;
};

class PublisherServiceTest : public ::testing::Test {
 protected:
  PublisherServiceTest()
      : client_(tls_.Client("publisher.example")),
        root_(TestCa::Root({.common_name = "Root"})) {}

  ~PublisherServiceTest() override {
    log_.storage().ReleaseCommits();
    server_.reset();
    queue_.reset();
  }

  // `queue_threads` judge certificates; as many requests may wait for them.
  void Start(size_t queue_threads = 2, size_t max_publications = 100) {
    log_.Open();
    ASSERT_TRUE(log_.Start().ok());
    absl::StatusOr<smime::TrustAnchors> anchors =
        smime::TrustAnchors::Read(root_.pem());
    ASSERT_TRUE(anchors.ok()) << anchors.status();
    admission_ =
        std::make_unique<smime::Admission>(*anchors, smime::Profile::kPrivate);
    PublisherConfig publisher;
    publisher.client_keys = {client_.key_hash};
    publisher.policy.id = "test-ca";
    publisher.policy.issuer_keys = {root_.key_hash()};
    registry_ = std::make_shared<const PublisherRegistry>(
        std::vector<PublisherConfig>{publisher});
    queue_ = std::make_unique<TaskQueue>(queue_threads, queue_threads);
    service_ = std::make_unique<PublisherService>(
        PublisherService::Parts{.publishers = registry_.get(),
                                .admission = admission_.get(),
                                .sequencer = &log_.sequencer(),
                                .visible_head = &visible_,
                                .clock = &log_.clock(),
                                .queue = queue_.get(),
                                .max_publications = max_publications});
    TlsFiles files;
    files.certificates = tls_.server().certificate_pem;
    files.private_key =
        crypto::SecretText(std::string(tls_.server().private_key_pem));
    files.client_cas = tls_.ca();
    absl::StatusOr<std::unique_ptr<RpcServer>> server =
        RpcServer::Start({.name = "publisher",
                          .address = "localhost:0",
                          .credentials = MakeServerCredentials(files),
                          .services = {service_.get()}});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = testing::Connect(server_->port(), tls_.ca(), &client_);
  }

  v1::PublishRequest Request(const std::vector<std::string>& emails) const {
    v1::PublishRequest request;
    request.add_items()->set_certificate(root_.Issue({.emails = emails}).der);
    return request;
  }

  std::future<Answer> PublishLater(const std::vector<std::string>& emails) {
    return std::async(std::launch::async, [this, request = Request(emails)] {
      return Publish(request);
    });
  }

  Answer Publish(const v1::PublishRequest& request) {
    Answer answer;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(60));
    answer.status = v1::Publisher::NewStub(channel_)->Publish(&context, request,
                                                              &answer.response);
    const auto& trailers = context.GetServerTrailingMetadata();
    if (const auto hint = trailers.find("grpc-retry-pushback-ms");
        hint != trailers.end()) {
      answer.retry_ms.assign(hint->second.data(), hint->second.size());
    }
    return answer;
  }

  // Waits, up to ten seconds, until `depth` submissions are in the sequencer.
  bool WaitForDepth(size_t depth) {
    for (int i = 0; i < 1000; ++i) {
      if (log_.sequencer().queue_depth() == depth) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  TestTls tls_;
  TlsIdentity client_;
  TestCa root_;
  TestLog log_;
  VisibleHead visible_;
  std::unique_ptr<smime::Admission> admission_;
  std::shared_ptr<const PublisherRegistry> registry_;
  std::unique_ptr<TaskQueue> queue_;
  std::unique_ptr<PublisherService> service_;
  std::unique_ptr<RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(PublisherServiceTest, DrainingFinishesWhatWaitsAndTakesNothingNew) {
  Start();
  log_.storage().HoldCommits();
  std::future<Answer> first = PublishLater({"first@example.org"});
  log_.storage().WaitUntilCommitIsHeld();
  // Waits behind the batch that is being written.
  std::future<Answer> second = PublishLater({"second@example.org"});
  ASSERT_TRUE(WaitForDepth(2));

  std::future<void> drained = std::async(
      std::launch::async, [this] { server_->Drain(std::chrono::seconds(60)); });
  // The port closes soon after.
  grpc::Status refused;
  for (int i = 0; i < 1000 && refused.ok(); ++i) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(200));
    v1::PublishResponse response;
    refused = v1::Publisher::NewStub(
                  testing::Connect(server_->port(), tls_.ca(), &client_))
                  ->Publish(&context, v1::PublishRequest(), &response);
    // Before the port is closed, an empty request is answered with its mistake,
    // or, on a busy machine, not in time.
    if (refused.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
        refused.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
      refused = grpc::Status::OK;
    }
  }
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_NE(drained.wait_for(std::chrono::milliseconds(0)),
            std::future_status::ready);

  log_.storage().ReleaseCommits();
  drained.get();
  for (std::future<Answer>* answer : {&first, &second}) {
    const Answer done = answer->get();
    ASSERT_TRUE(done.status.ok()) << done.status.error_message();
    EXPECT_EQ(done.response.results(0).publications_size(), 1);
  }
  EXPECT_TRUE(log_.LookUp("first@example.org")->has_value());
  EXPECT_TRUE(log_.LookUp("second@example.org")->has_value());
}

TEST_F(PublisherServiceTest, AFullQueueSaysWhenToTryAgain) {
  log_.options().queue_limit = 2;
  Start();
  log_.storage().HoldCommits();
  std::future<Answer> held = PublishLater({"a@example.org"});
  log_.storage().WaitUntilCommitIsHeld();
  std::future<Answer> waits = PublishLater({"b@example.org", "c@example.org"});
  ASSERT_TRUE(WaitForDepth(3));
  const Answer refused = Publish(Request({"d@example.org"}));
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.status.error_message(),
              HasSubstr(absl::StrCat("try again after ", refused.retry_ms)));
  EXPECT_NE(refused.retry_ms, "");
  log_.storage().ReleaseCommits();
  EXPECT_TRUE(held.get().status.ok());
  EXPECT_TRUE(waits.get().status.ok());
}

TEST_F(PublisherServiceTest, AdmissionDoesNotGatherRequestsEither) {
  Start(/*queue_threads=*/1);
  std::promise<void> started, go, drained;
  std::shared_future<void> gone = go.get_future().share();
  ASSERT_TRUE(queue_->TryPost([&started, gone] {
    started.set_value();
    gone.wait();
  }));
  started.get_future().wait();
  ASSERT_TRUE(queue_->TryPost([&drained] { drained.set_value(); }));
  const Answer refused = Publish(Request({"a@example.org"}));
  go.set_value();
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.status.error_message(), HasSubstr("try again after"));
  EXPECT_EQ(refused.retry_ms, "1000");
  drained.get_future().wait();
  EXPECT_TRUE(Publish(Request({"a@example.org"})).status.ok());
}

TEST_F(PublisherServiceTest, AFullDiskIsSaidBeforeAnythingIsTaken) {
  log_.disk_space() = [] { return DiskSpace{.free_bytes = 0}; };
  Start();
  const Answer refused = Publish(Request({"a@example.org"}));
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.status.error_message(), HasSubstr("disk"));
  EXPECT_NE(refused.retry_ms, "");
}

TEST_F(PublisherServiceTest, AnUnknownOutcomeIsAbortedAndThenTheServerIsAway) {
  Start();
  log_.storage().FailNextCommit(
      {.status = absl::InternalError("the disk is gone"), .persisted = true});
  const Answer unknown = Publish(Request({"a@example.org"}));
  EXPECT_EQ(unknown.status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_THAT(unknown.status.error_message(), HasSubstr("again"));
  log_.WaitUntilStopped().IgnoreError();
  const Answer after = Publish(Request({"b@example.org"}));
  EXPECT_EQ(after.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(after.status.error_message(), HasSubstr("stopped"));
}

TEST_F(PublisherServiceTest, NamesTheLimitOfAddressesInARequest) {
  Start(/*queue_threads=*/2, /*max_publications=*/2);
  const Answer refused =
      Publish(Request({"a@example.org", "b@example.org", "c@example.org"}));
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(refused.status.error_message(),
              HasSubstr("3 addresses; the limit is 2"));
  EXPECT_TRUE(Publish(Request({"a@example.org", "b@example.org"})).status.ok());
}

}  // namespace
}  // namespace sealbook::server
