// What publishers are told when a server is busy, stops or fails; with a log
// whose commits can be held and broken.
#include "server/services/publisher_service.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/publisher_registry.h"
#include "server/services/rpc_server.h"
#include "server/services/testing/test_tls.h"
#include "server/services/tls_credentials.h"
#include "server/services/tls_files.h"
#include "server/testing/test_log.h"
#include "smime/certificate.h"
#include "smime/testing/test_ca.h"

namespace sealbook::server {
namespace {

using smime::testing::TestCa;
using testing::Fault;
using ::testing::HasSubstr;
using testing::TestLog;
using testing::TestTls;
using testing::TlsIdentity;

// One element of DER: where its contents begin, and how many bytes they have.
struct Element {
  size_t begin = 0;
  size_t size = 0;
  size_t end() const { return begin + size; }
};
Element ReadElement(const std::string& der, size_t at) {
  size_t size = static_cast<uint8_t>(der[at + 1]);
  size_t begin = at + 2;
  if (size < 0x80) return {begin, size};
  size_t bytes = size & 0x7f;
  for (size = 0; bytes > 0; --bytes) {
    size = size << 8 | static_cast<uint8_t>(der[begin++]);
  }
  return {begin, size};
}
std::string MakeElement(uint8_t tag, const std::string& contents) {
  std::string der(1, static_cast<char>(tag));
  if (contents.size() >= 0x80) {
    der += '\x82';
    der += static_cast<char>(contents.size() >> 8);
  }
  der += static_cast<char>(contents.size());
  return der + contents;
}

// The certificate with its ECDSA signature (r, s) as (r, n - s), which is as
// valid; n: the order of P-256.
std::string WithOtherSignature(const std::string& der) {
  const Element whole = ReadElement(der, 0);
  const Element tbs = ReadElement(der, whole.begin);
  const Element algorithm = ReadElement(der, tbs.end());
  const Element bits = ReadElement(der, algorithm.end());
  const Element pair = ReadElement(der, bits.begin + 1);
  const Element r = ReadElement(der, pair.begin);
  const Element s = ReadElement(der, r.end());
  std::string other = absl::HexStringToBytes(
      "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  int borrow = 0;
  for (size_t i = 0; i < 32; ++i) {
    const int subtrahend =
        (i < s.size ? static_cast<uint8_t>(der[s.end() - 1 - i]) : 0) + borrow;
    const int digit = static_cast<uint8_t>(other[31 - i]) - subtrahend;
    borrow = digit < 0 ? 1 : 0;
    other[31 - i] = static_cast<char>(digit);
  }
  while (other.size() > 1 && other[0] == 0 && (other[1] & 0x80) == 0) {
    other.erase(0, 1);
  }
  if ((other[0] & 0x80) != 0) other.insert(0, 1, '\0');
  const std::string signature =
      MakeElement(0x30, der.substr(pair.begin, r.end() - pair.begin) +
                            MakeElement(0x02, other));
  return MakeElement(0x30,
                     der.substr(whole.begin, algorithm.end() - whole.begin) +
                         MakeElement(0x03, std::string(1, '\0') + signature));
}

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
        other_client_(tls_.Client("other.example")),
        root_(TestCa::Root({.common_name = "Root"})),
        other_root_(TestCa::Root({.common_name = "Other Root"})) {}

  ~PublisherServiceTest() override {
    log_.storage().ReleaseCommits();
    server_.reset();
    queue_.reset();
  }

  // `queue_threads` judge certificates; as many requests of each publisher may
  // wait for them.
  void Start(size_t queue_threads = 2, size_t max_publications = 100) {
    log_.Open();
    ASSERT_TRUE(log_.Start().ok());
    absl::StatusOr<smime::TrustAnchors> anchors =
        smime::TrustAnchors::Read(root_.pem() + other_root_.pem());
    ASSERT_TRUE(anchors.ok()) << anchors.status();
    admission_ =
        std::make_unique<smime::Admission>(*anchors, smime::Profile::kPrivate);
    registry_ = std::make_shared<PublisherRegistry>(Publishers({}));
    records_ = std::make_unique<LogStore>(log_.storage());
    queue_ = std::make_unique<TaskQueue>(queue_threads, queue_threads);
    service_ = std::make_unique<PublisherService>(
        PublisherService::Parts{.publishers = registry_.get(),
                                .admission = admission_.get(),
                                .sequencer = &log_.sequencer(),
                                .records = records_.get(),
                                .visible_head = &visible_,
                                .clock = &log_.clock(),
                                .queue = queue_.get(),
                                .max_publications = max_publications,
                                .portion = portion_,
                                .max_items = max_items_});
    TlsFiles files;
    files.certificates = tls_.server().certificate_pem;
    files.private_key =
        crypto::SecretText(std::string(tls_.server().private_key_pem));
    files.client_cas = tls_.ca();
    absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Start(
        {.name = "publisher",
         .address = "localhost:0",
         .credentials = std::make_shared<TlsCredentials>(std::move(files)),
         .services = {service_.get()}});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = testing::Connect(server_->port(), tls_.ca(), &client_);
    other_channel_ =
        testing::Connect(server_->port(), tls_.ca(), &other_client_);
  }

  // The first one keeps to `mail_domains`.
  std::vector<PublisherConfig> Publishers(
      const std::vector<std::string>& mail_domains) const {
    PublisherConfig publisher;
    publisher.client_keys = {client_.key_hash};
    publisher.policy.id = "test-ca";
    publisher.policy.issuer_keys = {root_.key_hash()};
    publisher.policy.mail_domains = mail_domains;
    PublisherConfig other;
    other.client_keys = {other_client_.key_hash};
    other.policy.id = "other-ca";
    other.policy.issuer_keys = {other_root_.key_hash()};
    return {publisher, other};
  }

  // A stream on which a test reads and writes.
  struct Stream {
    explicit Stream(const std::shared_ptr<grpc::Channel>& channel) {
      context.set_deadline(std::chrono::system_clock::now() +
                           std::chrono::seconds(60));
      call = v1::Publisher::NewStub(channel)->PublishStream(&context);
    }
    // Items from `request`, numbered from `sequence` on.
    bool Send(const v1::PublishRequest& request, uint64_t sequence) {
      v1::PublishStreamRequest message;
      for (const v1::PublishItem& item : request.items()) {
        v1::PublishStreamItem& one = *message.add_items();
        one.set_sequence(sequence++);
        *one.mutable_item() = item;
      }
      return call->Write(message);
    }
    // Acknowledgements, until there are `count`, or the stream ends.
    std::vector<v1::PublishAcknowledgement> Read(size_t count) {
      std::vector<v1::PublishAcknowledgement> all;
      v1::PublishStreamResponse response;
      while (all.size() < count && call->Read(&response)) {
        for (auto& one : *response.mutable_acknowledgements()) {
          all.push_back(one);
        }
        tree_size = response.tree_size();
      }
      return all;
    }

    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::PublishStreamRequest,
                                             v1::PublishStreamResponse>>
        call;
    uint64_t tree_size = 0;
  };

  absl::StatusOr<v1::PublishResponse> Validate(
      const v1::PublishRequest& request) {
    grpc::ClientContext context;
    v1::PublishResponse response;
    const grpc::Status status = v1::Publisher::NewStub(channel_)->Validate(
        &context, request, &response);
    if (status.ok()) return response;
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        status.error_message());
  }
  v1::RevokeResult Revoke(const v1::RevokeItem& item,
                          const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    v1::RevokeRequest request;
    *request.add_items() = item;
    v1::RevokeResponse response;
    const grpc::Status status =
        v1::Publisher::NewStub(channel)->Revoke(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return status.ok() ? response.results(0) : v1::RevokeResult();
  }

  v1::PublishRequest Request(const std::vector<std::string>& emails) const {
    v1::PublishRequest request;
    request.add_items()->set_certificate(root_.Issue({.emails = emails}).der);
    return request;
  }

  // A certificate of `ca` for each number from `first` to `first` + `count`
  // - 1.
  static v1::PublishRequest Many(const TestCa& ca, int first, int count) {
    v1::PublishRequest request;
    for (int i = first; i < first + count; ++i) {
      request.add_items()->set_certificate(
          ca.Issue({.emails = {absl::StrCat("u", i, "@example.org")}}).der);
    }
    return request;
  }

  std::future<Answer> PublishLater(const std::vector<std::string>& emails) {
    return std::async(std::launch::async, [this, request = Request(emails)] {
      return Publish(request);
    });
  }

  Answer Publish(const v1::PublishRequest& request) {
    return Publish(request, channel_);
  }
  static Answer Publish(const v1::PublishRequest& request,
                        const std::shared_ptr<grpc::Channel>& channel) {
    Answer answer;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(60));
    answer.status = v1::Publisher::NewStub(channel)->Publish(&context, request,
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
  TlsIdentity other_client_;
  TestCa root_;
  TestCa other_root_;
  TestLog log_;
  VisibleHead visible_;
  std::unique_ptr<smime::Admission> admission_;
  std::shared_ptr<PublisherRegistry> registry_;
  std::unique_ptr<LogStore> records_;
  size_t max_items_ = 20'000;
  size_t portion_ = 0;
  std::unique_ptr<TaskQueue> queue_;
  std::unique_ptr<PublisherService> service_;
  std::unique_ptr<RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::shared_ptr<grpc::Channel> other_channel_;
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

// The first publisher's line is full, and the thread is busy with what is in
// it.
TEST_F(PublisherServiceTest, AFullLineIsItsPublishersOnly) {
  Start(/*queue_threads=*/1);
  std::promise<void> started, go;
  std::shared_future<void> gone = go.get_future().share();
  ASSERT_TRUE(queue_->TryPost("test-ca", [&started, gone] {
    started.set_value();
    gone.wait();
  }));
  started.get_future().wait();
  std::vector<std::future<absl::StatusOr<v1::PublishResponse>>> flood;
  for (int i = 0; i < 8; ++i) {
    flood.push_back(std::async(std::launch::async, [this, i] {
      return Validate(Request({absl::StrCat("f", i, "@example.org")}));
    }));
  }
  // One waits, and the rest is refused before anything else happens.
  const auto ended = [&flood] {
    return std::count_if(flood.begin(), flood.end(), [](const auto& one) {
      return one.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
  };
  for (int i = 0; i < 1000 && ended() < 7; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(ended(), 7);
  const Answer refused = Publish(Request({"a@example.org"}));
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.status.error_message(), HasSubstr("try again after"));
  EXPECT_EQ(refused.retry_ms, "1000");
  auto other =
      std::async(std::launch::async, [this, request = Many(other_root_, 0, 1)] {
        return Publish(request, other_channel_);
      });
  EXPECT_EQ(other.wait_for(std::chrono::milliseconds(100)),
            std::future_status::timeout)
      << "refused";
  go.set_value();
  const Answer answer = other.get();
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.response.results(0).code(), 0);
  int refusals = 0;
  for (auto& one : flood) {
    const auto validated = one.get();
    refusals += absl::IsResourceExhausted(validated.status()) ? 1 : 0;
  }
  EXPECT_EQ(refusals, 7);
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

TEST_F(PublisherServiceTest, AStreamAcknowledgesEachItemInOrder) {
  Start();
  const v1::PublishRequest first = Request({"a@example.org"});
  ASSERT_TRUE(Publish(first).status.ok());
  Stream stream(channel_);
  // Published before; refused; new; the same once more in one message.
  v1::PublishRequest message = first;
  message.add_items()->set_certificate("no certificate");
  *message.add_items() = Request({"b@example.org"}).items(0);
  *message.add_items() = message.items(2);
  ASSERT_TRUE(stream.Send(message, 70));
  // And in another one.
  v1::PublishRequest again;
  *again.add_items() = message.items(2);
  ASSERT_TRUE(stream.Send(again, 5));
  ASSERT_TRUE(stream.call->WritesDone());
  const auto all = stream.Read(100);
  EXPECT_TRUE(stream.call->Finish().ok());
  ASSERT_EQ(all.size(), 5u);
  const std::vector<uint64_t> sequences = {70, 71, 72, 73, 5};
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(all[i].sequence(), sequences[i]);
  EXPECT_TRUE(all[0].result().publications(0).already_published());
  EXPECT_EQ(all[1].result().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(all[1].result().message(), HasSubstr("der (X.690"));
  const v1::Publication& made = all[2].result().publications(0);
  EXPECT_FALSE(made.already_published());
  for (size_t i : {3, 4}) {
    const v1::Publication& same = all[i].result().publications(0);
    EXPECT_TRUE(same.already_published());
    EXPECT_EQ(same.version(), made.version());
    EXPECT_EQ(same.position(), made.position());
    EXPECT_EQ(same.commitment(), made.commitment());
  }
  EXPECT_EQ(stream.tree_size, log_.head()->tree_size);
  EXPECT_TRUE(log_.LookUp("b@example.org")->has_value());
}

TEST_F(PublisherServiceTest, NothingIsAcknowledgedBeforeItIsDurable) {
  Start();
  log_.storage().HoldCommits();
  Stream stream(channel_);
  ASSERT_TRUE(stream.Send(Request({"a@example.org"}), 1));
  auto read = std::async(std::launch::async, [&] { return stream.Read(1); });
  log_.storage().WaitUntilCommitIsHeld();
  EXPECT_EQ(read.wait_for(std::chrono::milliseconds(100)),
            std::future_status::timeout);
  log_.storage().ReleaseCommits();
  EXPECT_EQ(read.get().size(), 1u);
}

TEST_F(PublisherServiceTest, WhoDoesNotReadAcknowledgementsIsNotReadFrom) {
  Start();
  constexpr int kMessages = 800;
  constexpr int kItems = 50;
  v1::PublishRequest message;
  for (int i = 0; i < kItems; ++i) {
    message.add_items()->set_certificate(std::string(1000, 'x'));
  }
  // A client that takes in 64 KiB that nobody has read, and no more.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 64 << 10);
  Stream stream(grpc::CreateCustomChannel(
      absl::StrCat("localhost:", server_->port()),
      grpc::SslCredentials(
          {tls_.ca(), client_.private_key_pem, client_.certificate_pem}),
      arguments));
  std::atomic<int> written = 0;
  std::thread writer([&] {
    for (int i = 0; i < kMessages; ++i) {
      if (!stream.Send(message, uint64_t{kItems} * i)) return;
      ++written;
    }
    stream.call->WritesDone();
  });
  // Until the writer stands still.
  for (int before = -1; before != written;) {
    before = written;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
  EXPECT_LT(written, kMessages) << "the server read all of 40 MB";
  const auto all = stream.Read(kMessages * kItems);
  writer.join();
  ASSERT_EQ(all.size(), size_t{kMessages * kItems});
  for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].sequence(), i);
  EXPECT_TRUE(stream.call->Finish().ok());
}

TEST_F(PublisherServiceTest, AFloodDoesNotStarveAnotherPublisher) {
  max_items_ = 4;  // Two for each publisher.
  Start();
  log_.storage().HoldCommits();
  std::future<Answer> first = PublishLater({"a@example.org"});
  log_.storage().WaitUntilCommitIsHeld();
  std::future<Answer> second = PublishLater({"b@example.org"});
  ASSERT_TRUE(WaitForDepth(2));
  const Answer refused = Publish(Request({"c@example.org"}));
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.status.error_message(),
              HasSubstr("its share of the queue is 2"));
  EXPECT_EQ(refused.retry_ms, "1000");
  // On a stream it waits instead.
  Stream stream(channel_);
  ASSERT_TRUE(stream.Send(Request({"d@example.org"}), 9));
  // The other one is served meanwhile (what it asks for is refused by
  // admission, which is an answer).
  grpc::ClientContext context;
  v1::PublishResponse response;
  EXPECT_TRUE(v1::Publisher::NewStub(other_channel_)
                  ->Publish(&context, Request({"e@example.org"}), &response)
                  .ok());
  EXPECT_EQ(response.results(0).code(), grpc::StatusCode::PERMISSION_DENIED);
  log_.storage().ReleaseCommits();
  EXPECT_TRUE(first.get().status.ok());
  EXPECT_TRUE(second.get().status.ok());
  const auto all = stream.Read(1);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].result().code(), 0) << all[0].result().message();
}

TEST_F(PublisherServiceTest, AShareOfTheQueueCountsAddresses) {
  max_items_ = 8;  // Four for each publisher.
  Start();
  log_.storage().HoldCommits();
  std::future<Answer> first = PublishLater(
      {"a@example.org", "b@example.org", "c@example.org", "d@example.org"});
  log_.storage().WaitUntilCommitIsHeld();
  // One item is under way, and four addresses.
  const Answer refused = Publish(Request({"e@example.org"}));
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.status.error_message(),
              HasSubstr("4 addresses under way, and its share"));
  EXPECT_EQ(refused.retry_ms, "1000");
  log_.storage().ReleaseCommits();
  EXPECT_TRUE(first.get().status.ok());
  EXPECT_TRUE(Publish(Request({"e@example.org"})).status.ok());
}

TEST_F(PublisherServiceTest, AValidationTakesItsAddressesFromTheShareToo) {
  max_items_ = 8;  // Four for each publisher.
  Start();
  log_.storage().HoldCommits();
  std::future<Answer> first =
      PublishLater({"a@example.org", "b@example.org", "c@example.org"});
  log_.storage().WaitUntilCommitIsHeld();
  const auto refused = Validate(Request({"d@example.org", "e@example.org"}));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("3 addresses under way, and its share"));
  EXPECT_TRUE(Validate(Request({"d@example.org"})).ok());
  EXPECT_TRUE(Validate(Request({"d@example.org"})).ok()) << "given back";
  log_.storage().ReleaseCommits();
  EXPECT_TRUE(first.get().status.ok());
  EXPECT_TRUE(Validate(Request({"d@example.org", "e@example.org"})).ok());
}

// Eight streams that always have something to send against one request.
TEST_F(PublisherServiceTest, AFloodDelaysOthersByItsShareAtMost) {
  constexpr int kShare = 100;
  constexpr int kPerMessage = 20;
  constexpr int kMessages = 3;
  max_items_ = 2 * kShare;
  log_.options().queue_limit = 2 * kShare;
  Start(/*queue_threads=*/2, /*max_publications=*/200);
  log_.storage().HoldCommits();
  std::vector<std::unique_ptr<Stream>> streams;
  for (size_t i = 0; i < kMaxStreamsPerPublisher; ++i) {
    streams.push_back(std::make_unique<Stream>(channel_));
    for (int m = 0; m < kMessages; ++m) {
      const int first = (static_cast<int>(i) * kMessages + m) * kPerMessage;
      ASSERT_TRUE(streams.back()->Send(Many(root_, first, kPerMessage), first));
    }
  }
  ASSERT_TRUE(WaitForDepth(kShare));
  auto other = std::async(std::launch::async,
                          [this, request = Many(other_root_, 10'000, kShare)] {
                            return Publish(request, other_channel_);
                          });
  ASSERT_TRUE(WaitForDepth(2 * kShare)) << "the flood keeps to its share";
  log_.storage().ReleaseCommits();
  const Answer answer = other.get();
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  uint64_t last = 0;
  for (const v1::PublishResult& result : answer.response.results()) {
    ASSERT_EQ(result.code(), 0) << result.message();
    last = std::max(last, result.publications(0).position());
  }
  int before = 0;
  for (auto& stream : streams) {
    for (const auto& one : stream->Read(kMessages * kPerMessage)) {
      ASSERT_EQ(one.result().code(), 0) << one.result().message();
      before += one.result().publications(0).position() < last ? 1 : 0;
    }
    stream->call->WritesDone();
    EXPECT_TRUE(stream->call->Finish().ok());
  }
  EXPECT_LE(before, kShare);
}

TEST_F(PublisherServiceTest, AStreamWaitsForABusySequencer) {
  log_.options().queue_limit = 1;
  Start();
  log_.storage().HoldCommits();
  std::future<Answer> held = PublishLater({"a@example.org"});
  log_.storage().WaitUntilCommitIsHeld();
  std::future<Answer> waits = PublishLater({"b@example.org"});
  ASSERT_TRUE(WaitForDepth(2));
  Stream stream(channel_);
  ASSERT_TRUE(stream.Send(Request({"c@example.org"}), 3));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  log_.storage().ReleaseCommits();
  const auto all = stream.Read(1);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].result().publications_size(), 1);
  EXPECT_TRUE(held.get().status.ok());
  EXPECT_TRUE(waits.get().status.ok());
}

TEST_F(PublisherServiceTest, AMessageOfManyAddressesIsPublishedInPortions) {
  Start(/*queue_threads=*/2, /*max_publications=*/3);
  v1::PublishRequest message;
  for (int i = 0; i < 5; ++i) {
    *message.add_items() = Request({absl::StrCat("a", i, "@example.org"),
                                    absl::StrCat("b", i, "@example.org")})
                               .items(0);
  }
  // More than any portion takes: refused alone.
  *message.add_items() = Request({"a@example.net", "b@example.net",
                                  "c@example.net", "d@example.net"})
                             .items(0);
  Stream stream(channel_);
  ASSERT_TRUE(stream.Send(message, 0));
  ASSERT_TRUE(stream.Send(Request({"last@example.org"}), 6));
  const auto all = stream.Read(7);
  ASSERT_EQ(all.size(), 7u);
  uint64_t position = 0;
  for (uint64_t i = 0; i < 7; ++i) {
    EXPECT_EQ(all[i].sequence(), i);
    if (i == 5) {
      EXPECT_EQ(all[i].result().code(), grpc::StatusCode::INVALID_ARGUMENT);
      EXPECT_THAT(all[i].result().message(), HasSubstr("names 4 addresses"));
      continue;
    }
    ASSERT_EQ(all[i].result().publications_size(), i < 5 ? 2 : 1)
        << all[i].result().message();
    EXPECT_GE(all[i].result().publications(0).position(), position);
    position = all[i].result().publications(0).position();
  }
  EXPECT_TRUE(log_.LookUp("b4@example.org")->has_value());
}

TEST_F(PublisherServiceTest, APaddedLogAcknowledgesAMessageBitByBit) {
  log_.options().padding = {.interval_ms = 10'000, .leaves = 4};
  portion_ = 4;
  Start();
  Stream stream(channel_);
  ASSERT_TRUE(stream.Send(Many(root_, 0, 8), 0));
  ASSERT_TRUE(WaitForDepth(8));
  log_.clock().Advance(10'000);
  const auto first = stream.Read(4);
  ASSERT_EQ(first.size(), 4u);
  EXPECT_EQ(log_.sequencer().queue_depth(), 4u) << "the rest has to wait";
  auto rest = std::async(std::launch::async, [&] { return stream.Read(4); });
  while (rest.wait_for(std::chrono::milliseconds(10)) !=
         std::future_status::ready) {
    log_.clock().Advance(1000);
  }
  const auto second = rest.get();
  ASSERT_EQ(second.size(), 4u);
  for (uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(first[i].sequence(), i);
    EXPECT_EQ(first[i].result().publications(0).position(), 1u);
    EXPECT_EQ(second[i].sequence(), 4 + i);
    EXPECT_GE(second[i].result().publications(0).position(), 2u);
  }
}

TEST_F(PublisherServiceTest, StreamsEndWhenTheServerStops) {
  Start();
  Stream stream(channel_);
  ASSERT_TRUE(stream.Send(Request({"a@example.org"}), 1));
  EXPECT_EQ(stream.Read(1).size(), 1u);
  service_->StopStreams();
  EXPECT_TRUE(stream.Read(1).empty());
  const grpc::Status status = stream.call->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("not acknowledged"));
  Stream late(channel_);
  EXPECT_EQ(late.call->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(PublisherServiceTest, AMessageThatCannotBeEndsTheStream) {
  Start();
  Stream stream(channel_);
  ASSERT_TRUE(stream.Send(Request({"a@example.org"}), 1));
  EXPECT_EQ(stream.Read(1).size(), 1u);
  stream.Send(v1::PublishRequest(), 2);
  EXPECT_TRUE(stream.Read(1).empty());
  const grpc::Status status = stream.call->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("no items"));
}

TEST_F(PublisherServiceTest, APublisherHasEightStreamsAtOnce) {
  Start();
  log_.storage().HoldCommits();
  std::vector<std::unique_ptr<Stream>> streams;
  for (size_t i = 0; i < kMaxStreamsPerPublisher; ++i) {
    streams.push_back(std::make_unique<Stream>(channel_));
    ASSERT_TRUE(streams.back()->Send(
        Request({absl::StrCat("s", i, "@example.org")}), 0));
  }
  ASSERT_TRUE(WaitForDepth(kMaxStreamsPerPublisher));
  Stream ninth(channel_);
  const grpc::Status refused = ninth.call->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("8 streams open"));
  // Whoever goes away in the middle leaves nothing behind.
  for (auto& stream : streams) {
    stream->context.TryCancel();
    EXPECT_EQ(stream->call->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  log_.storage().ReleaseCommits();
  bool open = false;
  for (int i = 0; i < 1000 && !open; ++i) {
    Stream next(channel_);
    open = next.Send(Request({"next@example.org"}), 0) &&
           next.Read(1).size() == 1u;
    if (!open) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(open);
  EXPECT_TRUE(log_.LookUp("s0@example.org")->has_value());
}

TEST_F(PublisherServiceTest, ValidatesWithoutWriting) {
  Start();
  const v1::PublishRequest known = Request({"a@example.org"});
  ASSERT_TRUE(Publish(known).status.ok());
  v1::PublishRequest request = known;
  *request.add_items() = Request({"a@example.org"}).items(0);
  request.add_items()->set_certificate("no certificate");
  const uint64_t size = log_.head()->tree_size;
  visible_.Set(log_.head());
  for (int i = 0; i < 2; ++i) {
    const auto validated = Validate(request);
    ASSERT_TRUE(validated.ok()) << validated.status();
    const v1::Publication& before = validated->results(0).publications(0);
    EXPECT_TRUE(before.already_published());
    EXPECT_EQ(before.commitment().size(), 32u);
    const v1::Publication& next = validated->results(1).publications(0);
    EXPECT_FALSE(next.already_published());
    EXPECT_EQ(next.version(), 1u);
    EXPECT_EQ(next.position(), 0u);
    EXPECT_EQ(next.commitment(), "");
    EXPECT_EQ(validated->results(2).code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(validated->results(2).message(), HasSubstr("der (X.690"));
    EXPECT_EQ(validated->tree_size(), size);
  }
  EXPECT_EQ(log_.head()->tree_size, size);
}

TEST_F(PublisherServiceTest, ValidatesTheLimitOfLiveCertificates) {
  Start();
  v1::PublishRequest request;
  for (int i = 0; i < 17; ++i) {
    *request.add_items() = Request({"a@example.org"}).items(0);
  }
  const auto validated = Validate(request);
  ASSERT_TRUE(validated.ok()) << validated.status();
  EXPECT_EQ(validated->results(15).code(), 0);
  EXPECT_EQ(validated->results(16).code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(validated->results(16).message(), HasSubstr("live-certificates"));
}

// As with padding, where a log entry takes so many.
TEST_F(PublisherServiceTest, ValidatesInThePortionsThatAreToBePublished) {
  portion_ = 3;
  Start();
  v1::PublishRequest request;
  *request.add_items() = Request({"a@example.net", "b@example.net",
                                  "c@example.net", "d@example.net"})
                             .items(0);
  for (int i = 0; i < 17; ++i) {
    *request.add_items() = Request({"a@example.org"}).items(0);
  }
  *request.add_items() = request.items(1);
  const auto validated = Validate(request);
  ASSERT_TRUE(validated.ok()) << validated.status();
  const Answer published = Publish(request);
  ASSERT_TRUE(published.status.ok()) << published.status.error_message();
  for (int i = 0; i < request.items_size(); ++i) {
    const v1::PublishResult& said = validated->results(i);
    const v1::PublishResult& done = published.response.results(i);
    EXPECT_EQ(said.code(), done.code()) << i;
    EXPECT_EQ(said.message(), done.message()) << i;
    ASSERT_EQ(said.publications_size(), done.publications_size()) << i;
    if (done.publications_size() == 0) continue;
    EXPECT_EQ(said.publications(0).version(), done.publications(0).version());
    EXPECT_EQ(said.publications(0).already_published(),
              done.publications(0).already_published());
  }
  EXPECT_THAT(validated->results(0).message(), HasSubstr("names 4 addresses"));
  EXPECT_THAT(validated->results(17).message(), HasSubstr("live-certificates"));
  EXPECT_TRUE(validated->results(18).publications(0).already_published());
}

TEST_F(PublisherServiceTest, ValidatesManyAddressesInTheirOrder) {
  Start(/*queue_threads=*/2, /*max_publications=*/1000);
  // Twenty addresses a certificate, so that the message stays small.
  v1::PublishRequest request;
  for (int i = 0; i < 30; ++i) {
    std::vector<std::string> emails;
    for (int k = 0; k < 20; ++k) {
      emails.push_back(absl::StrCat("u", 20 * i + k, "@example.org"));
    }
    *request.add_items() = Request(emails).items(0);
  }
  ASSERT_TRUE(Publish(Many(root_, 599, 1)).status.ok());
  const auto validated = Validate(request);
  ASSERT_TRUE(validated.ok()) << validated.status();
  for (int i = 0; i < 600; ++i) {
    const v1::PublishResult& result = validated->results(i / 20);
    ASSERT_EQ(result.publications_size(), 20) << result.message();
    const v1::Publication& one = result.publications(i % 20);
    EXPECT_EQ(one.address(), absl::StrCat("u", i, "@example.org"));
    EXPECT_EQ(one.version(), i == 599 ? 1u : 0u);
  }
}

TEST_F(PublisherServiceTest, RevokesByCertificateHashAndSerialNumber) {
  Start();
  const std::vector<std::string> emails = {"a@example.org", "b@example.org",
                                           "c@example.org"};
  std::vector<v1::RevokeItem> items(3);
  for (size_t i = 0; i < 3; ++i) {
    const v1::PublishRequest request = Request({emails[i]});
    ASSERT_TRUE(Publish(request).status.ok());
    const auto facts =
        smime::ReadCertificateFacts(request.items(0).certificate());
    ASSERT_TRUE(facts.ok());
    items[i].set_reason(v1::CRL_REASON_SUPERSEDED);
    if (i == 0) items[i].set_der(request.items(0).certificate());
    if (i == 1) items[i].set_sha256(facts->sha256.ToString());
    if (i == 2) {
      items[i].mutable_serial_number()->set_issuer_key_sha256(
          root_.key_hash().ToString());
      items[i].mutable_serial_number()->set_serial(
          absl::HexStringToBytes("00" + facts->serial_hex));
    }
  }
  for (size_t i = 0; i < 3; ++i) {
    const v1::RevokeResult revoked = Revoke(items[i], channel_);
    ASSERT_EQ(revoked.code(), 0) << revoked.message();
    ASSERT_EQ(revoked.publications_size(), 1);
    EXPECT_EQ(revoked.publications(0).address(), emails[i]);
    EXPECT_EQ(revoked.publications(0).version(), 1u);
    EXPECT_FALSE(revoked.publications(0).already_published());
    EXPECT_EQ(revoked.certificate_sha256().size(), 32u);
    const v1::RevokeResult again = Revoke(items[i], channel_);
    EXPECT_TRUE(again.publications(0).already_published());
    EXPECT_EQ(again.publications(0).position(),
              revoked.publications(0).position());
  }
}

TEST_F(PublisherServiceTest, ACertificateWithItsOtherSignatureIsRevokedToo) {
  Start();
  const v1::PublishRequest first = Request({"a@example.org", "b@example.org"});
  v1::PublishRequest second;
  second.add_items()->set_certificate(
      WithOtherSignature(first.items(0).certificate()));
  second.mutable_items(0)->add_addresses("a@example.org");
  ASSERT_EQ(Publish(first).response.results(0).code(), 0);
  const Answer twin = Publish(second);
  ASSERT_EQ(twin.response.results(0).code(), 0)
      << twin.response.results(0).message();
  ASSERT_FALSE(twin.response.results(0).publications(0).already_published());
  const auto facts = smime::ReadCertificateFacts(first.items(0).certificate());
  v1::RevokeItem item;
  item.set_reason(v1::CRL_REASON_SUPERSEDED);
  item.mutable_serial_number()->set_issuer_key_sha256(
      root_.key_hash().ToString());
  item.mutable_serial_number()->set_serial(
      absl::HexStringToBytes(facts->serial_hex));
  const v1::RevokeResult revoked = Revoke(item, channel_);
  EXPECT_EQ(revoked.code(), 0) << revoked.message();
  EXPECT_EQ(revoked.publications_size(), 3);
  for (const v1::PublishRequest& request : {first, second}) {
    const Answer refused = Publish(request);
    EXPECT_EQ(refused.response.results(0).code(),
              grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_THAT(refused.response.results(0).message(),
                HasSubstr("was revoked (superseded)"));
  }
}

TEST_F(PublisherServiceTest, ARevocationWaitsForWhatIsBeingPublished) {
  Start();
  log_.storage().HoldCommits();
  std::future<Answer> first = PublishLater({"a@example.org"});
  log_.storage().WaitUntilCommitIsHeld();
  const v1::PublishRequest request = Request({"b@example.org"});
  auto second = std::async(std::launch::async,
                           [this, &request] { return Publish(request); });
  ASSERT_TRUE(WaitForDepth(2));
  v1::RevokeItem item;
  item.set_reason(v1::CRL_REASON_KEY_COMPROMISE);
  item.set_der(request.items(0).certificate());
  auto revoked = std::async(std::launch::async,
                            [this, item] { return Revoke(item, channel_); });
  EXPECT_EQ(revoked.wait_for(std::chrono::milliseconds(100)),
            std::future_status::timeout);
  log_.storage().ReleaseCommits();
  EXPECT_TRUE(first.get().status.ok());
  EXPECT_EQ(second.get().response.results(0).code(), 0);
  const v1::RevokeResult result = revoked.get();
  ASSERT_EQ(result.code(), 0) << result.message();
  EXPECT_EQ(result.publications(0).version(), 1u);
}

TEST_F(PublisherServiceTest, LiftingAHoldKeepsToThePublishersMailDomains) {
  Start();
  const v1::PublishRequest request = Request({"a@example.org"});
  ASSERT_TRUE(Publish(request).status.ok());
  v1::RevokeItem item;
  item.set_der(request.items(0).certificate());
  item.set_reason(v1::CRL_REASON_CERTIFICATE_HOLD);
  ASSERT_EQ(Revoke(item, channel_).code(), 0);
  item.set_reason(v1::CRL_REASON_REMOVE_FROM_CRL);
  registry_->Replace(Publishers({"example.net"}));
  const v1::RevokeResult refused = Revoke(item, channel_);
  EXPECT_EQ(refused.code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(refused.message(), HasSubstr("publisher-mail-domain"));
  registry_->Replace(Publishers({"example.org"}));
  EXPECT_EQ(Revoke(item, channel_).code(), 0);
  // Done is done.
  registry_->Replace(Publishers({"example.net"}));
  const v1::RevokeResult again = Revoke(item, channel_);
  EXPECT_EQ(again.code(), 0) << again.message();
  EXPECT_TRUE(again.publications(0).already_published());
}

TEST_F(PublisherServiceTest, LiftingAHoldIsJudgedAsPublishingIs) {
  Start();
  const int64_t until = smime::testing::kNowMs + smime::testing::kDayMs;
  v1::PublishRequest request;
  request.add_items()->set_certificate(
      root_.Issue({.emails = {"a@example.org"}, .not_after_ms = until}).der);
  ASSERT_EQ(Publish(request).response.results(0).code(), 0);
  v1::RevokeItem item;
  item.set_der(request.items(0).certificate());
  item.set_reason(v1::CRL_REASON_CERTIFICATE_HOLD);
  ASSERT_EQ(Revoke(item, channel_).code(), 0);
  log_.clock().Advance(2 * smime::testing::kDayMs);
  item.set_reason(v1::CRL_REASON_REMOVE_FROM_CRL);
  const v1::RevokeResult refused = Revoke(item, channel_);
  EXPECT_EQ(refused.code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.message(), HasSubstr("expired"));
}

TEST_F(PublisherServiceTest, RefusesRevocationsThatCannotBe) {
  Start();
  const v1::PublishRequest request = Request({"a@example.org"});
  ASSERT_TRUE(Publish(request).status.ok());
  v1::RevokeItem item;
  item.set_der(request.items(0).certificate());
  EXPECT_EQ(Revoke(item, other_channel_).code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(Revoke(item, other_channel_).message(),
              HasSubstr("other-ca does not speak"));
  item.set_reason(static_cast<v1::CrlReason>(7));
  EXPECT_EQ(Revoke(item, channel_).code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(Revoke(item, channel_).message(), HasSubstr("reason 7"));
  item.set_reason(v1::CRL_REASON_REMOVE_FROM_CRL);
  EXPECT_EQ(Revoke(item, channel_).code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  item.set_sha256("short");
  EXPECT_THAT(Revoke(item, channel_).message(), HasSubstr("sha256"));
  item.set_sha256(std::string(32, 'x'));
  EXPECT_EQ(Revoke(item, channel_).code(), grpc::StatusCode::NOT_FOUND);
  item.mutable_serial_number()->set_issuer_key_sha256(
      root_.key_hash().ToString());
  EXPECT_THAT(Revoke(item, channel_).message(), HasSubstr("serial number"));
  item.clear_certificate();
  EXPECT_THAT(Revoke(item, channel_).message(), HasSubstr("no certificate"));
  EXPECT_TRUE(log_.LookUp("a@example.org")->has_value());
}

}  // namespace
}  // namespace sealbook::server
