#include "client/second_channel.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/words.h"

namespace sealbook::client {

absl::StatusOr<Via> ParseVia(const std::string& text) {
  if (absl::StrContains(text, "://")) return SocksProxy::Parse(text);
  return HostPort::Parse(text);
}

absl::StatusOr<SecondChannel> OpenSecondChannel(const Via& via,
                                                const Endpoint& endpoint,
                                                uint64_t timeout_ms,
                                                crypto::RandomSource& random,
                                                const Stop* stop) {
  // What would name the user stays out of it.
  Endpoint second{.server = endpoint.server};
  if (const HostPort* peer = std::get_if<HostPort>(&via)) {
    if (peer->ToString() == endpoint.server.target) {
      return absl::InvalidArgumentError(absl::StrCat(
          Printable(endpoint.server.target),
          " is where this log is asked anyway: it would recognize this machine "
          "and show it the same again. Name a proxy (socks5://HOST:PORT), or "
          "another server of the log"));
    }
    second.server.target = peer->ToString();
    SEALBOOK_ASSIGN_OR_RETURN(auto channel,
                              OpenChannel(second, {.own_connection = true}));
    return SecondChannel(std::move(second), nullptr, std::move(channel));
  }
  SEALBOOK_ASSIGN_OR_RETURN(HostPort server,
                            HostPort::Parse(endpoint.server.target));
  SEALBOOK_ASSIGN_OR_RETURN(auto relay,
                            SocksRelay::Start(std::get<SocksProxy>(via), server,
                                              timeout_ms, random, stop));
  SEALBOOK_ASSIGN_OR_RETURN(auto channel,
                            OpenChannel(second, {.unix_socket = relay->path(),
                                                 .own_connection = true}));
  return SecondChannel(std::move(second), std::move(relay), std::move(channel));
}

}  // namespace sealbook::client
