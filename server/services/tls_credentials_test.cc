#include "server/services/tls_credentials.h"

#include <grpcpp/channel.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/rpc_server.h"
#include "server/services/testing/raw_call.h"
#include "server/services/testing/test_tls.h"

namespace sealbook::server {
namespace {

using testing::CallRaw;
using testing::Connect;
using ::testing::HasSubstr;
using testing::TestTls;
using testing::TlsIdentity;

TlsFiles FilesOf(const TestTls& server, const TestTls* clients = nullptr) {
  TlsFiles files;
  files.certificates = server.server().certificate_pem;
  files.private_key =
      crypto::SecretText(std::string(server.server().private_key_pem));
  if (clients != nullptr) files.client_cas = clients->ca();
  return files;
}

std::unique_ptr<RpcServer> Serve(const std::shared_ptr<TlsCredentials>& tls) {
  absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Start(
      {.name = "test", .address = "localhost:0", .credentials = tls});
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel) {
  return CallRaw(channel, "/grpc.health.v1.Health/Check", "").status;
}

class TlsCredentialsTest : public ::testing::Test {
 protected:
  const TestTls old_;
  const TestTls new_;
};

TEST_F(TlsCredentialsTest, NewConnectionsGetTheNewCertificateOldOnesStay) {
  const auto tls = std::make_shared<TlsCredentials>(FilesOf(old_));
  const std::unique_ptr<RpcServer> server = Serve(tls);
  const auto standing = Connect(server->port(), old_.ca());
  ASSERT_TRUE(Call(standing).ok());
  EXPECT_FALSE(Call(Connect(server->port(), new_.ca())).ok());

  ASSERT_TRUE(tls->Replace(FilesOf(new_)).ok());
  EXPECT_TRUE(Call(Connect(server->port(), new_.ca())).ok());
  EXPECT_TRUE(Call(standing).ok());
  const grpc::Status refused = Call(Connect(server->port(), old_.ca()));
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TlsCredentialsTest, ClientCasAreReplacedToo) {
  const TlsIdentity old_client = old_.Client("old.example");
  const TlsIdentity new_client = new_.Client("new.example");
  const auto tls = std::make_shared<TlsCredentials>(FilesOf(old_, &old_));
  const std::unique_ptr<RpcServer> server = Serve(tls);
  EXPECT_TRUE(Call(Connect(server->port(), old_.ca(), &old_client)).ok());
  EXPECT_FALSE(Call(Connect(server->port(), old_.ca(), &new_client)).ok());

  ASSERT_TRUE(tls->Replace(FilesOf(old_, &new_)).ok());
  EXPECT_TRUE(Call(Connect(server->port(), old_.ca(), &new_client)).ok());
  EXPECT_FALSE(Call(Connect(server->port(), old_.ca(), &old_client)).ok());
}

TEST_F(TlsCredentialsTest, TheGateSeesTheCertificateAndCanRefuse) {
  std::atomic<int> seen = 0;
  const auto gate = [&seen](absl::string_view pem) {
    if (pem.empty()) return absl::UnauthenticatedError("who are you");
    seen += pem.find("BEGIN CERTIFICATE") != absl::string_view::npos ? 1 : 0;
    return absl::OkStatus();
  };
  const TlsIdentity client = old_.Client("client.example");
  const auto tls = std::make_shared<TlsCredentials>(FilesOf(old_, &old_), gate);
  const std::unique_ptr<RpcServer> server = Serve(tls);
  EXPECT_TRUE(Call(Connect(server->port(), old_.ca(), &client)).ok());
  EXPECT_EQ(seen, 1);
  const grpc::Status refused = Call(Connect(server->port(), old_.ca()));
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(refused.error_message(), HasSubstr("who are you"));
}

TEST_F(TlsCredentialsTest, WhetherClientsAreAskedCannotChange) {
  TlsCredentials without(FilesOf(old_));
  const absl::Status asked = without.Replace(FilesOf(old_, &old_));
  EXPECT_EQ(asked.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(asked.message()), HasSubstr("asks clients"));
  TlsCredentials with(FilesOf(old_, &old_));
  EXPECT_EQ(with.Replace(FilesOf(old_)).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(TlsCredentialsTest, TheServerMayOutliveThem) {
  auto tls = std::make_shared<TlsCredentials>(
      FilesOf(old_), [](absl::string_view) { return absl::OkStatus(); });
  const std::unique_ptr<RpcServer> first = Serve(tls);
  const std::unique_ptr<RpcServer> second = Serve(tls);
  tls.reset();
  EXPECT_TRUE(Call(Connect(first->port(), old_.ca())).ok());
  EXPECT_TRUE(Call(Connect(second->port(), old_.ca())).ok());
}

}  // namespace
}  // namespace sealbook::server
