#include "server/services/rpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"
#include "server/config/host_port.h"
#include "server/services/call_watch.h"
#include "server/services/port_probe.h"

namespace sealbook::server {
namespace {

constexpr int kSecondMs = 1000;
constexpr int kMinuteMs = 60 * kSecondMs;

// Process-wide switches of gRPC, read when a server is built, and of the locks
// in it: Debian's Abseil is built with its search for deadlocks, which takes
// one lock for all of them at each.
void EnablePlugins() {
  static const bool once = [] {
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)once;
}

void SetLimits(const RpcServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(options.max_receive_bytes);
  builder.SetResourceQuota(
      grpc::ResourceQuota(options.name).Resize(options.memory_bytes));
  // Two servers on one port would each get some of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             options.max_concurrent_streams);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             10 * kSecondMs);
  // Connections whose peer is gone are found, idle ones closed.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 2 * kMinuteMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20 * kSecondMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 10 * kMinuteMs);
  // Clients may ping, but not more often than this.
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 20 * kSecondMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Reflection alone is synchronous: one thread waits for it.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(
    const RpcServerOptions& options) {
  const auto cannot = [&](absl::string_view why) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ",
                                               options.address, " (",
                                               options.name, " port): ", why));
  };
  SEALBOOK_ASSIGN_OR_RETURN(HostPort where, HostPort::Parse(options.address));
  if (absl::Status free = ProbePort(where); !free.ok()) {
    return cannot(free.message());
  }

  EnablePlugins();
  grpc::ServerBuilder builder;
  SetLimits(options, builder);
  std::unique_ptr<RpcServer> server(new RpcServer());
  builder.AddListeningPort(options.address, options.credentials,
                           &server->port_);
  for (grpc::Service* service : options.services) {
    builder.RegisterService(service);
  }
  if (options.observer != nullptr) {
    std::vector<
        std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
        watches;
    watches.push_back(MakeCallWatch(*options.observer));
    builder.experimental().SetInterceptorCreators(std::move(watches));
  }
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || server->port_ == 0) {
    // Between the probe and now somebody may have taken it.
    const absl::Status free = ProbePort(where);
    return cannot(free.ok() ? "gRPC did not open it" : free.message());
  }
  where.port = static_cast<uint16_t>(server->port_);
  server->address_ = where.ToString();
  return server;
}

RpcServer::~RpcServer() { Drain(std::chrono::milliseconds(0)); }

void RpcServer::StopServing() {
  if (server_ == nullptr) return;
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  if (health != nullptr) health->SetServingStatus(false);
}

void RpcServer::Drain(std::chrono::milliseconds patience) {
  if (server_ == nullptr) return;
  StopServing();
  server_->Shutdown(std::chrono::system_clock::now() + patience);
  server_->Wait();
}

}  // namespace sealbook::server
