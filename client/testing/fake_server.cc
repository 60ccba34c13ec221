#include "client/testing/fake_server.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "keytrans/structures.h"

namespace sealbook::client {
namespace {

// The client refuses more than 16 MiB: the server must be able to send it.
constexpr int kMaxMessageBytes = 64 << 20;

// As the program does; and Debian's c-ares, which gRPC would use, leaks the
// name "localhost" each time it looks it up.
[[maybe_unused]] const int kSystemResolver =
    setenv("GRPC_DNS_RESOLVER", "native", /*overwrite=*/1);

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message()));
}

}  // namespace

FakeServer::FakeServer(keytrans::TestLog& log)
    : configuration(log.configuration().Encode()), log_(log) {
  grpc::ServerBuilder builder;
  RegisterAll(builder);
  server_ = builder.BuildAndStart();
}

FakeServer::FakeServer(keytrans::TestLog& log, const FakeServerTls& tls)
    : configuration(log.configuration().Encode()), log_(log) {
  grpc::SslServerCredentialsOptions options(
      tls.client_ca.empty()
          ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
          : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = tls.client_ca;
  options.pem_key_cert_pairs.push_back({tls.private_key, tls.certificate});
  grpc::ServerBuilder builder;
  builder.AddListeningPort("localhost:0", grpc::SslServerCredentials(options),
                           &port_);
  RegisterAll(builder);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) {
    std::cerr << "the fake server does not start" << std::endl;
    std::abort();
  }
}

FakeServer::~FakeServer() { server_->Shutdown(); }

void FakeServer::RegisterAll(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  builder.RegisterService(static_cast<v1::KeyTransparency::Service*>(this));
  builder.RegisterService(static_cast<v1::Directory::Service*>(this));
  builder.RegisterService(static_cast<v1::Publisher::Service*>(this));
}

std::shared_ptr<grpc::Channel> FakeServer::InProcessChannel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

std::string FakeServer::target() const {
  return absl::StrCat("localhost:", port_);
}

grpc::Status FakeServer::Search(grpc::ServerContext* context,
                                const v1::SearchCall* call,
                                v1::SearchAnswer* answer) {
  MutexLock lock(mutex_);
  requests.push_back(call->request());
  keytrans::TestLog* log = &log_;
  if (before_answer != nullptr) before_answer(log);
  if (!search_status.ok()) return search_status;
  auto request = keytrans::SearchRequest::Parse(call->request());
  if (!request.ok()) return ToGrpc(request.status());
  auto proven = log->Answer(*request);
  if (!proven.ok()) return ToGrpc(proven.status());
  if (proven->found) {
    answer->set_response(proven->bytes);
    for (const std::string& der : issuers) answer->add_issuers(der);
  } else {
    answer->set_absence(proven->bytes);
  }
  if (tamper != nullptr) tamper(*answer);
  return grpc::Status::OK;
}

grpc::Status FakeServer::GetConfiguration(
    grpc::ServerContext* context, const v1::GetConfigurationRequest* request,
    v1::GetConfigurationResponse* response) {
  MutexLock lock(mutex_);
  response->set_configuration(configuration);
  return grpc::Status::OK;
}

grpc::Status FakeServer::GetStatus(grpc::ServerContext* context,
                                   const v1::GetStatusRequest* request,
                                   v1::GetStatusResponse* response) {
  MutexLock lock(mutex_);
  response->set_server_version("fake");
  response->set_tree_size(status_tree_size.value_or(log_.size()));
  response->set_head_timestamp_ms(log_.entries().back().timestamp);
  response->set_queue_depth(7);
  return grpc::Status::OK;
}

grpc::Status FakeServer::Publish(grpc::ServerContext* context,
                                 const v1::PublishRequest* request,
                                 v1::PublishResponse* response) {
  MutexLock lock(mutex_);
  if (publish == nullptr) return grpc::Status(grpc::StatusCode::INTERNAL, "");
  return publish(*context, *request, *response);
}

}  // namespace sealbook::client
