// Streams whose clients do not do what they should: nobody reads, or they stop
// halfway. Others go on, and nothing stays behind.
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/history_structures.h"
#include "keytrans/structures.h"
#include "proto/sealbook/v1/history.grpc.pb.h"
#include "server/admin/http.h"
#include "server/commands/daemon.h"
#include "server/commands/testing/test_site.h"

namespace sealbook::server {
namespace {

using testing::Clients;
using ::testing::HasSubstr;
using testing::TestSite;

constexpr char kLabel[] = "known@example.org";

// Hands the bytes of one connection on, until it is cut.
class Wire {
 public:
  explicit Wire(int server_port)
      : listener_(socket(AF_INET, SOCK_STREAM, 0)), server_port_(server_port) {
    sockaddr_in here = Loopback(0);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&here), sizeof here),
              0);
    EXPECT_EQ(listen(listener_, 1), 0);
    socklen_t size = sizeof here;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size);
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~Wire() {
    Cut();
    close(listener_);
  }

  int port() const { return port_; }
  // Both ends see a reset.
  void Cut() {
    cut_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  static sockaddr_in Loopback(int port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    return address;
  }
  // False: not within 20 ms.
  static bool Readable(int socket) {
    pollfd one = {socket, POLLIN, 0};
    return poll(&one, 1, 20) == 1;
  }
  // False: the connection is over.
  static bool Forward(int from, int to) {
    char bytes[4096];
    const ssize_t count = read(from, bytes, sizeof bytes);
    return count > 0 && write(to, bytes, static_cast<size_t>(count)) == count;
  }
  static void Reset(int socket) {
    const linger now = {1, 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(socket);
  }

  void Run() {
    while (!Readable(listener_)) {
      if (cut_) return;
    }
    const int client = accept(listener_, nullptr, nullptr);
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in there = Loopback(server_port_);
    bool open =
        connect(server, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0;
    while (open && !cut_) {
      pollfd both[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      poll(both, 2, 20);
      if (both[0].revents != 0) open = Forward(client, server);
      if (open && both[1].revents != 0) open = Forward(server, client);
    }
    Reset(client);
    Reset(server);
  }

  const int listener_;
  const int server_port_;
  int port_ = 0;
  std::atomic<bool> cut_ = false;
  std::thread thread_;
};

class DaemonStreamsTest : public ::testing::Test {
 protected:
  void Start(const std::string& more) {
    daemon_ =
        site_.Start(absl::StrCat("admin { address: \"localhost:0\" }\n", more));
    clients_ = std::make_unique<Clients>(site_, *daemon_);
    // Sixteen versions, the last of them with sixteen certificates, which take
    // some kilobytes each: half a megabyte of history.
    std::vector<std::string> emails = {kLabel};
    for (int i = 0; i < 100; ++i) {
      emails.push_back(absl::StrCat("known", i, "@example.org"));
    }
    std::vector<v1::PublishItem> items;
    for (int i = 0; i < 16; ++i) {
      items.push_back(site_.Item(emails));
      items.back().add_addresses(kLabel);
    }
    v1::PublishResponse response;
    ASSERT_TRUE(clients_->Publish(items, &response).ok());
    ASSERT_EQ(response.results(15).code(), 0) << response.results(15).message();
  }

  bool ShowsActiveCalls(int count) const {
    const absl::StatusOr<HttpAnswer> page =
        HttpGet(daemon_->admin_server()->address(), "/metrics");
    return page.ok() &&
           ::testing::Matches(HasSubstr(absl::StrCat("\nsealbook_calls_active ",
                                                     count, "\n")))(page->body);
  }
  // Waits up to ten seconds.
  bool WaitForActiveCalls(int count) const {
    for (int i = 0; i < 500; ++i) {
      if (ShowsActiveCalls(count)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  // A client that takes in 64 KiB that nobody has read, and no more.
  std::shared_ptr<grpc::Channel> SmallChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 64 << 10);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(16 << 20);
    return grpc::CreateCustomChannel(
        absl::StrCat("localhost:", daemon_->public_server().port()),
        grpc::SslCredentials({site_.tls().ca(), "", ""}), arguments);
  }
  static v1::SearchCall Call() {
    v1::SearchCall call;
    call.set_request(keytrans::SearchRequest{.label = kLabel}.Encode());
    return call;
  }

  TestSite site_;
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<Clients> clients_;
};

TEST_F(DaemonStreamsTest, ABatchThatNobodyReadsIsNotReadFromAndThenEnded) {
  Start("stream_stall_seconds: 2 lookup_burst: 100000\n");
  constexpr int kRequests = 2000;
  grpc::ClientContext context;
  auto stream =
      v1::KeyTransparency::NewStub(SmallChannel())->SearchBatch(&context);
  std::thread writer([&] {
    for (int i = 0; i < kRequests && stream->Write(Call()); ++i) {
    }
    stream->WritesDone();
  });
  ASSERT_TRUE(WaitForActiveCalls(1));
  // Others are answered meanwhile.
  EXPECT_TRUE(clients_->Find(kLabel).found.has_value());
  EXPECT_TRUE(WaitForActiveCalls(0)) << "it holds its place for ever";
  // What it holds, and what gRPC took for sending: each answer has 50 kB.
  EXPECT_LT(daemon_->Status().lookups_taken, 100u);
  v1::SearchAnswer answer;
  while (stream->Read(&answer)) {
  }
  writer.join();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(clients_->Find(kLabel).found.has_value());
}

TEST_F(DaemonStreamsTest, AHistoryThatNobodyReadsIsEnded) {
  Start("stream_stall_seconds: 1\n");
  grpc::ClientContext context;
  v1::HistoryCall call;
  call.set_request(keytrans::HistoryRequest{.label = kLabel}.Encode());
  auto stream =
      v1::History::NewStub(SmallChannel())->ReadHistory(&context, call);
  ASSERT_TRUE(WaitForActiveCalls(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_TRUE(ShowsActiveCalls(1)) << "the history is too short for this test";
  EXPECT_TRUE(WaitForActiveCalls(0)) << "it holds its place for ever";
  v1::HistoryPage page;
  while (stream->Read(&page)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(DaemonStreamsTest, ABatchThatSaysNothingIsEnded) {
  Start("stream_stall_seconds: 1\n");
  grpc::ClientContext context;
  auto stream = v1::KeyTransparency::NewStub(clients_->public_channel())
                    ->SearchBatch(&context);
  ASSERT_TRUE(stream->Write(Call()));
  v1::SearchAnswer answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(WaitForActiveCalls(0));
}

TEST_F(DaemonStreamsTest, WhoStopsHalfwayLeavesNothingBehind) {
  Start("");
  Wire public_wire(daemon_->public_server().port());
  Wire publisher_wire(daemon_->publisher_server().port());
  grpc::ClientContext half_closed, cancelled, dropped, publishing;
  auto closed = v1::KeyTransparency::NewStub(clients_->public_channel())
                    ->SearchBatch(&half_closed);
  auto gone = v1::KeyTransparency::NewStub(clients_->public_channel())
                  ->SearchBatch(&cancelled);
  auto cut = v1::KeyTransparency::NewStub(
                 testing::Connect(public_wire.port(), site_.tls().ca()))
                 ->SearchBatch(&dropped);
  auto publisher = v1::Publisher::NewStub(
                       testing::Connect(publisher_wire.port(), site_.tls().ca(),
                                        &site_.publisher()))
                       ->PublishStream(&publishing);
  v1::SearchAnswer answer;
  for (auto* stream : {&closed, &gone, &cut}) {
    ASSERT_TRUE((*stream)->Write(Call()));
    ASSERT_TRUE((*stream)->Write(Call()));
    ASSERT_TRUE((*stream)->Read(&answer));
  }
  v1::PublishStreamRequest message;
  *message.add_items()->mutable_item() = site_.Item({"new@example.org"});
  ASSERT_TRUE(publisher->Write(message));
  v1::PublishStreamResponse acknowledged;
  ASSERT_TRUE(publisher->Read(&acknowledged));
  ASSERT_TRUE(publisher->Write(message));
  EXPECT_TRUE(ShowsActiveCalls(4));

  closed->WritesDone();
  ASSERT_TRUE(closed->Read(&answer));
  EXPECT_FALSE(closed->Read(&answer));
  EXPECT_TRUE(closed->Finish().ok());
  cancelled.TryCancel();
  EXPECT_EQ(gone->Finish().error_code(), grpc::StatusCode::CANCELLED);
  public_wire.Cut();
  publisher_wire.Cut();
  EXPECT_EQ(cut->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(publisher->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(WaitForActiveCalls(0));
  EXPECT_EQ(daemon_->Status().queue_depth, 0u);
  EXPECT_TRUE(clients_->Find("new@example.org").found.has_value());
}

}  // namespace
}  // namespace sealbook::server
