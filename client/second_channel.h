// A second way to a log, by which it should not recognize who asks: what it
// shows there has to fit what it shows to the user by name ([KT] "Detecting
// Forks").
//
//   SEALBOOK_ASSIGN_OR_RETURN(
//       SecondChannel second,
//       OpenSecondChannel(via, endpoint, timeout_ms, crypto::SystemRandom()));
//   AskHeads(..., second.endpoint(), second.channel(), ...);
#ifndef SEALBOOK_CLIENT_SECOND_CHANNEL_H_
#define SEALBOOK_CLIENT_SECOND_CHANNEL_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "client/channel.h"
#include "client/socks5.h"
#include "client/socks_relay.h"
#include "client/stop.h"
#include "crypto/random.h"

namespace sealbook::client {

// The same server through a proxy, or another server of the same log.
using Via = std::variant<SocksProxy, HostPort>;

// "socks5://[USER:PASSWORD@]HOST:PORT" or "HOST:PORT". INVALID_ARGUMENT
// otherwise.
absl::StatusOr<Via> ParseVia(const std::string& text);

// Lives for one conversation: where it breaks, a new one is opened.
class SecondChannel {
 public:
  SecondChannel(Endpoint endpoint, std::unique_ptr<SocksRelay> relay,
                std::shared_ptr<grpc::Channel> channel)
      : endpoint_(std::move(endpoint)),
        relay_(std::move(relay)),
        channel_(std::move(channel)) {}

  // Whom it leads to, for the words of errors.
  const Endpoint& endpoint() const { return endpoint_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  Endpoint endpoint_;
  // Null without a proxy. Goes after the channel.
  std::unique_ptr<SocksRelay> relay_;
  std::shared_ptr<grpc::Channel> channel_;
};

// `endpoint` is the log's server; its CA bundle also vouches for another one.
// No certificate of the user's is shown, no connection shared with another
// channel of this process, and nothing kept of an earlier one. Through a proxy
// it is connected on return, so that errors are as ConnectThroughSocks says;
// otherwise as OpenChannel. INVALID_ARGUMENT: `via` is the log's own server.
// `stop`, which may be null, ends connecting (CANCELLED).
absl::StatusOr<SecondChannel> OpenSecondChannel(const Via& via,
                                                const Endpoint& endpoint,
                                                uint64_t timeout_ms,
                                                crypto::RandomSource& random,
                                                const Stop* stop = nullptr);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_SECOND_CHANNEL_H_
