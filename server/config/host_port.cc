#include "server/config/host_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sealbook::server {
namespace {

bool IsHost(absl::string_view host, bool bracketed) {
  if (host.empty() || host.size() > 255) return false;
  for (char c : host) {
    if (absl::ascii_isalnum(c) || c == '.' || c == '-') continue;
    // '%' precedes an IPv6 zone.
    if (bracketed && (c == ':' || c == '%')) continue;
    return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<HostPort> HostPort::Parse(absl::string_view text) {
  const auto bad = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::CHexEscape(text.substr(0, 120)),
                     "\" is not host:port or ", "[address]:port: ", why));
  };
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return bad("there is no port");
  absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);
  const bool bracketed =
      absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
  if (!bracketed && host.find(':') != absl::string_view::npos) {
    return bad("an IPv6 address stands in brackets");
  }
  if (!IsHost(host, bracketed)) return bad("there is no such host");

  uint32_t number = 0;
  bool digits = !port.empty() && port.size() <= 5;
  for (char c : port) digits = digits && absl::ascii_isdigit(c);
  if (!digits || !absl::SimpleAtoi(port, &number) || number > 65535) {
    return bad("the port is a number from 0 to 65535");
  }
  return HostPort{std::string(host), static_cast<uint16_t>(number)};
}

std::string HostPort::ToString() const {
  if (host.find(':') != std::string::npos) {
    return absl::StrCat("[", host, "]:", port);
  }
  return absl::StrCat(host, ":", port);
}

bool HostPort::IsLoopback() const {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
  }
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace sealbook::server
