#include "client/testing/fake_server.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/history_prover.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/structures.h"
#include "keytrans/update_structures.h"

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
  builder.RegisterService(static_cast<v1::History::Service*>(this));
  builder.RegisterService(static_cast<v1::Directory::Service*>(this));
  builder.RegisterService(static_cast<v1::Publisher::Service*>(this));
}

std::shared_ptr<grpc::Channel> FakeServer::InProcessChannel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

std::string FakeServer::target() const {
  return absl::StrCat("localhost:", port_);
}

grpc::Status FakeServer::Limit(grpc::ServerContext& context) {
  const uint64_t ms = limit == nullptr ? 0 : limit();
  if (ms == 0) return grpc::Status::OK;
  context.AddTrailingMetadata("grpc-retry-pushback-ms", absl::StrCat(ms));
  return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                      "too many addresses");
}

grpc::Status FakeServer::Search(grpc::ServerContext* context,
                                const v1::SearchCall* call,
                                v1::SearchAnswer* answer) {
  MutexLock lock(mutex_);
  requests.push_back(call->request());
  keytrans::TestLog* log = &log_;
  if (before_answer != nullptr) before_answer(log);
  if (!search_status.ok()) return search_status;
  const grpc::Status limited = Limit(*context);
  if (!limited.ok()) return limited;
  auto request = keytrans::SearchRequest::Parse(call->request());
  if (!request.ok()) return ToGrpc(request.status());
  auto proven = log->Answer(*request);
  if (!proven.ok()) return ToGrpc(proven.status());
  switch (proven->kind) {
    case keytrans::SearchAnswer::Kind::kFound:
      answer->set_response(proven->bytes);
      break;
    case keytrans::SearchAnswer::Kind::kGreatest:
      answer->set_greatest(proven->bytes);
      break;
    case keytrans::SearchAnswer::Kind::kAbsent:
      answer->set_absence(proven->bytes);
  }
  if (!answer->has_absence()) {
    for (const std::string& der : issuers) answer->add_issuers(der);
  }
  if (tamper != nullptr) tamper(*answer);
  return grpc::Status::OK;
}

grpc::Status FakeServer::SearchBatch(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::SearchAnswer, v1::SearchCall>* stream) {
  v1::SearchCall call;
  while (stream->Read(&call)) {
    v1::SearchAnswer answer;
    const grpc::Status status = Search(context, &call, &answer);
    if (!status.ok()) return status;
    if (!stream->Write(answer)) return grpc::Status::CANCELLED;
  }
  return grpc::Status::OK;
}

grpc::Status FakeServer::Distinguished(grpc::ServerContext* context,
                                       const v1::DistinguishedCall* call,
                                       v1::DistinguishedAnswer* answer) {
  MutexLock lock(mutex_);
  requests.push_back(call->request());
  keytrans::TestLog* log = &log_;
  if (before_answer != nullptr) before_answer(log);
  auto request = keytrans::DistinguishedRequest::Parse(call->request());
  if (!request.ok()) return ToGrpc(request.status());
  auto proven = keytrans::AnswerDistinguished(
      *log, log->configuration(),
      log->Sign(log->size(), log->Root(log->size())), *request);
  if (!proven.ok()) return ToGrpc(proven.status());
  answer->set_response(*proven);
  if (tamper_distinguished != nullptr) tamper_distinguished(*answer);
  return grpc::Status::OK;
}

keytrans::TreeHead FakeServer::Head() const {
  return log_.Sign(log_.size(), log_.Root(log_.size()));
}

grpc::Status FakeServer::ContactMonitor(grpc::ServerContext* context,
                                        const v1::ContactMonitorCall* call,
                                        v1::ContactMonitorAnswer* answer) {
  MutexLock lock(mutex_);
  contact_monitors.push_back(*call);
  if (before_monitoring != nullptr) before_monitoring("ContactMonitor");
  const grpc::Status limited = Limit(*context);
  if (!limited.ok()) return limited;
  auto request = keytrans::ContactMonitorRequest::Parse(call->request());
  if (!request.ok()) return ToGrpc(request.status());
  auto proven = keytrans::AnswerContactMonitor(log_, log_.configuration(),
                                               Head(), *request);
  if (!proven.ok()) return ToGrpc(proven.status());
  answer->set_response(*proven);
  if (tamper_contact_monitor != nullptr) tamper_contact_monitor(*answer);
  return grpc::Status::OK;
}

grpc::Status FakeServer::OwnerInit(grpc::ServerContext* context,
                                   const v1::OwnerInitCall* call,
                                   v1::OwnerInitAnswer* answer) {
  MutexLock lock(mutex_);
  owner_inits.push_back(*call);
  if (before_monitoring != nullptr) before_monitoring("OwnerInit");
  const grpc::Status limited = Limit(*context);
  if (!limited.ok()) return limited;
  auto request = keytrans::OwnerInitRequest::Parse(call->request());
  if (!request.ok()) return ToGrpc(request.status());
  auto proven =
      keytrans::AnswerOwnerInit(log_, log_.configuration(), Head(), *request);
  if (!proven.ok()) return ToGrpc(proven.status());
  answer->set_response(*proven);
  if (tamper_owner_init != nullptr) tamper_owner_init(*answer);
  return grpc::Status::OK;
}

grpc::Status FakeServer::OwnerMonitor(grpc::ServerContext* context,
                                      const v1::OwnerMonitorCall* call,
                                      v1::OwnerMonitorAnswer* answer) {
  MutexLock lock(mutex_);
  owner_monitors.push_back(*call);
  if (before_monitoring != nullptr) before_monitoring("OwnerMonitor");
  const grpc::Status limited = Limit(*context);
  if (!limited.ok()) return limited;
  auto request = keytrans::OwnerMonitorRequest::Parse(call->request());
  if (!request.ok()) return ToGrpc(request.status());
  auto proven = keytrans::AnswerOwnerMonitor(log_, log_.configuration(), Head(),
                                             *request, max_ladders);
  if (!proven.ok()) return ToGrpc(proven.status());
  answer->set_response(*proven);
  if (tamper_owner_monitor != nullptr) tamper_owner_monitor(*answer);
  return grpc::Status::OK;
}

grpc::Status FakeServer::Update(grpc::ServerContext* context,
                                const v1::UpdateCall* call,
                                grpc::ServerWriter<v1::UpdateAnswer>* writer) {
  MutexLock lock(mutex_);
  updates.push_back(*call);
  if (before_monitoring != nullptr) before_monitoring("Update");
  auto request = keytrans::UpdateRequest::Parse(call->request());
  if (!request.ok()) return ToGrpc(request.status());
  return AnswerUpdates(*context, *std::move(request), /*created=*/false,
                       *writer);
}

grpc::Status FakeServer::Update(grpc::ServerContext* context,
                                const v1::PublisherUpdateCall* call,
                                grpc::ServerWriter<v1::UpdateAnswer>* writer) {
  MutexLock lock(mutex_);
  publisher_updates.push_back(*call);
  auto request = keytrans::UpdateRequest::Parse(call->request());
  if (!request.ok()) return ToGrpc(request.status());
  const bool created = create != nullptr && create(*request);
  return AnswerUpdates(*context, *std::move(request), created, *writer);
}

grpc::Status FakeServer::AnswerUpdates(
    grpc::ServerContext& context, keytrans::UpdateRequest request, bool created,
    grpc::ServerWriter<v1::UpdateAnswer>& writer) {
  const keytrans::TreeHead head = Head();
  const uint64_t size = log_.size();
  for (bool more = true, first = true; more; first = false) {
    if (end_update != nullptr && end_update()) return update_end;
    const grpc::Status limited = Limit(context);
    if (!limited.ok()) return limited;
    auto answer = keytrans::AnswerUpdate(log_, log_.configuration(), head,
                                         request, created && first);
    if (!answer.ok()) return ToGrpc(answer.status());
    v1::UpdateAnswer message;
    message.set_response(answer->bytes);
    if (first) {
      for (const std::string& der : issuers) message.add_issuers(der);
    }
    if (tamper_update != nullptr) tamper_update(message);
    if (!writer.Write(message)) return grpc::Status::CANCELLED;
    request.last = size;
    request.greatest_version = answer->greatest;
    if (created) request.values.clear();
    more = answer->more;
  }
  return grpc::Status::OK;
}

grpc::Status FakeServer::ReadHistory(
    grpc::ServerContext* context, const v1::HistoryCall* call,
    grpc::ServerWriter<v1::HistoryPage>* writer) {
  MutexLock lock(mutex_);
  auto request = keytrans::HistoryRequest::Parse(call->request());
  if (!request.ok()) return ToGrpc(request.status());
  const uint64_t size = log_.size();
  const keytrans::TreeHead head = log_.Sign(size, log_.Root(size));
  size_t left = call->max_versions() == 0 ? 1000 : call->max_versions();
  while (left > 0) {
    if (end_history != nullptr && end_history()) return history_end;
    const grpc::Status limited = Limit(*context);
    if (!limited.ok()) return limited;
    auto page = keytrans::AnswerHistory(log_, log_.configuration(), head,
                                        *request, std::min(left, page_size));
    if (!page.ok()) return ToGrpc(page.status());
    v1::HistoryPage message;
    for (const std::string& der : issuers) message.add_issuers(der);
    if (page->kind == keytrans::SearchAnswer::Kind::kAbsent) {
      message.set_absence(page->bytes);
    } else if (page->kind == keytrans::SearchAnswer::Kind::kGreatest) {
      message.set_greatest(page->bytes);
    } else {
      message.set_response(page->bytes);
    }
    if (tamper_history != nullptr) tamper_history(message);
    if (!writer->Write(message)) return grpc::Status::CANCELLED;
    if (page->oldest == 0) break;
    left -= page->values.size();
    request->last = size;
    request->newest = page->oldest - 1;
  }
  return grpc::Status::OK;
}

grpc::Status FakeServer::ReadAsOf(grpc::ServerContext* context,
                                  const v1::AsOfCall* call,
                                  v1::AsOfAnswer* answer) {
  MutexLock lock(mutex_);
  auto request = keytrans::AsOfRequest::Parse(call->request());
  if (!request.ok()) return ToGrpc(request.status());
  const grpc::Status limited = Limit(*context);
  if (!limited.ok()) return limited;
  auto proven = keytrans::AnswerAsOf(
      log_, log_.configuration(),
      log_.Sign(log_.size(), log_.Root(log_.size())), *request);
  if (!proven.ok()) return ToGrpc(proven.status());
  answer->set_response(proven->bytes);
  for (const std::string& der : issuers) answer->add_issuers(der);
  if (tamper_as_of != nullptr) tamper_as_of(*answer);
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
  ++publish_calls;
  if (publish == nullptr) return grpc::Status(grpc::StatusCode::INTERNAL, "");
  return publish(*context, *request, *response);
}

grpc::Status FakeServer::PublishStream(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::PublishStreamResponse,
                             v1::PublishStreamRequest>* stream) {
  {
    MutexLock lock(mutex_);
    ++streams;
  }
  v1::PublishStreamRequest message;
  while (stream->Read(&message)) {
    v1::PublishRequest request;
    for (const v1::PublishStreamItem& item : message.items()) {
      *request.add_items() = item.item();
    }
    v1::PublishResponse response;
    {
      MutexLock lock(mutex_);
      if (publish == nullptr) {
        return grpc::Status(grpc::StatusCode::INTERNAL, "");
      }
      const grpc::Status status = publish(*context, request, response);
      if (!status.ok()) return status;
    }
    v1::PublishStreamResponse answer;
    answer.set_tree_size(response.tree_size());
    for (int i = 0; i < response.results_size(); ++i) {
      v1::PublishAcknowledgement& one = *answer.add_acknowledgements();
      one.set_sequence(message.items(i).sequence() + shift_sequences);
      *one.mutable_result() = response.results(i);
    }
    stream->Write(answer);
  }
  return grpc::Status::OK;
}

grpc::Status FakeServer::Validate(grpc::ServerContext* context,
                                  const v1::PublishRequest* request,
                                  v1::PublishResponse* response) {
  MutexLock lock(mutex_);
  ++validations;
  if (publish == nullptr) return grpc::Status(grpc::StatusCode::INTERNAL, "");
  return publish(*context, *request, *response);
}

grpc::Status FakeServer::Revoke(grpc::ServerContext* context,
                                const v1::RevokeRequest* request,
                                v1::RevokeResponse* response) {
  MutexLock lock(mutex_);
  if (revoke == nullptr) return grpc::Status(grpc::StatusCode::INTERNAL, "");
  return revoke(*request, *response);
}

}  // namespace sealbook::client
