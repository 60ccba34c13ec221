// Connections through a SOCKS5 proxy such as Tor (RFC 1928, RFC 1929). The
// proxy resolves the server's name, so that no DNS query tells who is asked.
#ifndef SEALBOOK_CLIENT_SOCKS5_H_
#define SEALBOOK_CLIENT_SOCKS5_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/file_descriptor.h"
#include "client/stop.h"
#include "crypto/random.h"

namespace sealbook::client {

struct HostPort {
  // Of IPv6 without brackets.
  std::string host;
  uint16_t port = 0;

  // "host:port", "[address]:port". INVALID_ARGUMENT as CheckTarget.
  static absl::StatusOr<HostPort> Parse(const std::string& text);
  std::string ToString() const;

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

struct SocksProxy {
  struct Login {
    // 1 to 255 bytes each.
    std::string user;
    std::string password;

    friend bool operator==(const Login&, const Login&) = default;
  };

  HostPort address;
  // Absent: fresh random ones are offered, and the proxy may do without. Tor
  // takes them for a request to use a circuit that nothing else uses
  // (IsolateSOCKSAuth, on by default); others ask for none.
  std::optional<Login> login;

  // "socks5://[USER:PASSWORD@]HOST:PORT"; "socks5h" is the same. User and
  // password are taken as they stand. INVALID_ARGUMENT: something else; no
  // message repeats the password.
  static absl::StatusOr<SocksProxy> Parse(absl::string_view url);

  friend bool operator==(const SocksProxy&, const SocksProxy&) = default;
};

// A connection to `server` through the proxy, non-blocking. The whole may take
// `timeout_ms`, but for the look-up of the proxy's own name.
//
// UNAVAILABLE: the proxy cannot be reached, or cannot reach the server.
// FAILED_PRECONDITION: what listens there is no SOCKS5 proxy. UNAUTHENTICATED:
// it wants another login. DEADLINE_EXCEEDED. CANCELLED: `stop`, which may be
// null, says so. Messages name the proxy and say
// what to do.
absl::StatusOr<FileDescriptor> ConnectThroughSocks(const SocksProxy& proxy,
                                                   const HostPort& server,
                                                   uint64_t timeout_ms,
                                                   crypto::RandomSource& random,
                                                   const Stop* stop = nullptr);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_SOCKS5_H_
