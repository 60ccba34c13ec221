// "host:port" and "[address]:port", as listeners are configured.
#ifndef SEALBOOK_SERVER_CONFIG_HOST_PORT_H_
#define SEALBOOK_SERVER_CONFIG_HOST_PORT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::server {

struct HostPort {
  // A name, an IPv4 address, or an IPv6 address without brackets.
  std::string host;
  uint16_t port = 0;

  // INVALID_ARGUMENT: no host, no port, a port outside 0 to 65535, an IPv6
  // address without brackets; the message holds the value, escaped.
  static absl::StatusOr<HostPort> Parse(absl::string_view text);

  std::string ToString() const;

  // The host is an IP address in 127.0.0.0/8, or ::1. No name is resolved.
  bool IsLoopback() const;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_CONFIG_HOST_PORT_H_
