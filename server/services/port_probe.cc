#include "server/services/port_probe.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

namespace sealbook::server {
namespace {

struct AddressesFree {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

// 0, or the errno of the first step that failed.
int TryListening(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  const int off = 0;
  // As gRPC does: a port whose last connections are closing is free, and "[::]"
  // stands for IPv4 too.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  int error = 0;
  if (bind(fd, address.ai_addr, address.ai_addrlen) != 0 ||
      listen(fd, 1) != 0) {
    error = errno;
  }
  close(fd);
  return error;
}

std::string Reason(const HostPort& where, int error) {
  switch (error) {
    case EADDRINUSE:
      return absl::StrCat("port ", where.port,
                          " is taken; stop the process that has it, or "
                          "configure another port");
    case EACCES:
      return absl::StrCat("this user may not listen on port ", where.port,
                          "; ports below 1024 need CAP_NET_BIND_SERVICE");
    case EADDRNOTAVAIL:
      return absl::StrCat(where.host, " is no address of this machine");
    default:
      return strerror(error);
  }
}

}  // namespace

absl::Status ProbePort(const HostPort& where) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed = getaddrinfo(
      where.host.c_str(), std::to_string(where.port).c_str(), &hints, &list);
  if (failed != 0) {
    return absl::UnavailableError(absl::StrCat(
        "the host ", where.host, " is not known: ", gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, AddressesFree> addresses(list);
  bool any = false;
  int missing = EADDRNOTAVAIL;
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    const int error = TryListening(*a);
    if (error == 0) {
      any = true;
    } else if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL) {
      missing = error;  // "localhost" is ::1 too, even without IPv6.
    } else {
      return absl::UnavailableError(Reason(where, error));
    }
  }
  if (!any) return absl::UnavailableError(Reason(where, missing));
  return absl::OkStatus();
}

}  // namespace sealbook::server
