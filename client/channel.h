// Connections to a server over TLS, and their failures in words that say what
// to do.
#ifndef SEALBOOK_CLIENT_CHANNEL_H_
#define SEALBOOK_CLIENT_CHANNEL_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/state.h"

namespace sealbook::client {

// Larger answers are refused before they are read.
inline constexpr int kMaxAnswerBytes = 16 << 20;

struct Endpoint {
  ServerAddress server;
  // PEM files of the client's own certificate (chain) and private key, for
  // publishing; both or neither.
  std::string certificate_file;
  std::string key_file;
};

// "host:port" with a port of 1 to 65535; "[address]:port" for IPv6.
// INVALID_ARGUMENT otherwise, with an example.
absl::Status CheckTarget(const std::string& target);

// How a channel reaches its server.
struct Route {
  // A unix socket that leads there; empty: the network. The server's
  // certificate has to be for its own name all the same.
  std::string unix_socket;
  // Shares no connection with other channels of this process.
  bool own_connection = false;
};

// Does not connect yet. Errors: a file cannot be read, holds no PEM block
// (named with what it should be), or, for the key, others may read it.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const Endpoint& endpoint, const Route& route = {});

// The same code and message, with what a person can do about it. Requires:
// !status.ok().
absl::Status ExplainRpc(const grpc::Status& status, const Endpoint& endpoint);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CHANNEL_H_
