// One gRPC server on one port, with the limits that a port open to the world
// needs, health checks (grpc.health.v1) and reflection.
//
//   absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Start(
//       {.address = "[::]:8443", .credentials = ..., .services = {&search}});
//   (*server)->Drain(std::chrono::seconds(10));
#ifndef SEALBOOK_SERVER_SERVICES_RPC_SERVER_H_
#define SEALBOOK_SERVER_SERVICES_RPC_SERVER_H_

#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/services/call_observer.h"

namespace sealbook::server {

struct RpcServerOptions {
  // For messages: "public", "publisher".
  std::string name;
  // host:port; port 0: chosen by the system.
  std::string address;
  std::shared_ptr<grpc::ServerCredentials> credentials;
  // They outlive the server.
  std::vector<grpc::Service*> services;
  // gRPC itself refuses larger messages (RESOURCE_EXHAUSTED).
  int max_receive_bytes = 64 << 10;
  // Calls at once on one connection.
  int max_concurrent_streams = 100;
  // Memory for calls that are being read or answered; beyond it new connections
  // wait or are refused.
  size_t memory_bytes = 64 << 20;
  // Told of every call that ends; outlives the server. Null: nobody is.
  CallObserver* observer = nullptr;
};

// Thread-safe.
class RpcServer {
 public:
  // Opens the port; calls are answered when this returns. UNAVAILABLE: the
  // address cannot be listened on; the message names it and the reason.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(
      const RpcServerOptions& options);

  // As Drain() without patience.
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // The port that is open.
  int port() const { return port_; }
  // The configured host with that port.
  const std::string& address() const { return address_; }

  // Reports NOT_SERVING to health checks.
  void StopServing();

  // Reports NOT_SERVING, accepts nothing new, and returns when the calls that
  // run have ended. Those that still run after `patience` are cancelled: their
  // callers get an error, whatever they asked for is done nonetheless.
  void Drain(std::chrono::milliseconds patience);

 private:
  RpcServer() = default;

  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::string address_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_RPC_SERVER_H_
