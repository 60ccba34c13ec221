#include "client/socks5.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "client/channel.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr uint8_t kVersion = 5;
constexpr uint8_t kNoLogin = 0;
constexpr uint8_t kPasswordLogin = 2;
constexpr uint8_t kNoneAcceptable = 0xff;

// RFC 1928, 6.
std::string ReplyInWords(uint8_t reply) {
  switch (reply) {
    case 1:
      return "it failed (Tor says so, too, of a name that does not resolve and "
             "of an exit that does not let this through)";
    case 2:
      return "it is not allowed there";
    case 3:
      return "its network cannot be reached from there";
    case 4:
      return "the host cannot be reached from there, or its name does not "
             "resolve";
    case 5:
      return "nothing listens there";
    case 6:
      return "it took too long";
    case 7:
      return "the proxy makes no connections";
    case 8:
      return "the proxy does not take this kind of address";
    default:
      return absl::StrCat("reply ", reply);
  }
}

// How often it is asked whether to stop. Milliseconds.
constexpr int64_t kStopStepMs = 200;

// One negotiation: bytes to and from the proxy before a deadline.
class Negotiation {
 public:
  Negotiation(const SocksProxy& proxy, const HostPort& server,
              uint64_t timeout_ms, const Stop* stop)
      : proxy_(proxy),
        server_(server),
        timeout_ms_(timeout_ms),
        stop_(stop),
        deadline_(std::chrono::steady_clock::now() +
                  std::chrono::milliseconds(timeout_ms)) {}

  absl::StatusOr<FileDescriptor> Run(const SocksProxy::Login& login) {
    SEALBOOK_RETURN_IF_ERROR(ConnectToProxy());
    SEALBOOK_RETURN_IF_ERROR(ChooseLogin(login));
    SEALBOOK_RETURN_IF_ERROR(ConnectToServer());
    return std::move(socket_);
  }

 private:
  std::string Name() const {
    return absl::StrCat("the proxy ", Printable(proxy_.address.ToString()));
  }

  absl::Status TooLate() const {
    const std::string after = DurationInWords(timeout_ms_);
    if (!is_proxy_) {
      return absl::DeadlineExceededError(absl::StrCat(
          Name(), " did not answer within ", after, ": is it a SOCKS5 proxy?"));
    }
    return absl::DeadlineExceededError(
        absl::StrCat(Name(), " did not connect to ",
                     Printable(server_.ToString()), " within ", after,
                     ": try again, or allow more with --timeout SECONDS"));
  }

  absl::Status NoProxy(absl::string_view why) const {
    return absl::FailedPreconditionError(absl::StrCat(
        Printable(proxy_.address.ToString()), " is no SOCKS5 proxy: ", why,
        ". Tor's is 127.0.0.1:9050, Tor Browser's 127.0.0.1:9150"));
  }

  absl::Status Wait(short events) {
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline_ - std::chrono::steady_clock::now());
      if (left.count() <= 0) return TooLate();
      if (stop_ != nullptr && stop_->requested()) {
        return absl::CancelledError("connecting was stopped");
      }
      pollfd wanted{.fd = socket_.get(), .events = events, .revents = 0};
      const int64_t most = stop_ == nullptr ? 1 << 30 : kStopStepMs;
      const int ready =
          poll(&wanted, 1, static_cast<int>(std::min(left.count(), most)));
      if (ready > 0) return absl::OkStatus();
      if (ready < 0 && errno != EINTR) {
        return absl::InternalError(
            absl::StrCat("poll: ", std::strerror(errno)));
      }
    }
  }

  absl::Status ConnectToProxy() {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string port = absl::StrCat(proxy_.address.port);
    const int error =
        getaddrinfo(proxy_.address.host.c_str(), port.c_str(), &hints, &found);
    if (error != 0) {
      return absl::UnavailableError(
          absl::StrCat("the name of ", Name(),
                       " cannot be resolved: ", gai_strerror(error)));
    }
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found,
                                                           &freeaddrinfo);
    absl::Status failed;
    for (const addrinfo* one = all.get(); one != nullptr; one = one->ai_next) {
      failed = ConnectTo(*one);
      if (failed.ok() || absl::IsDeadlineExceeded(failed)) return failed;
    }
    return failed;
  }

  absl::Status ConnectTo(const addrinfo& address) {
    socket_ = FileDescriptor(socket(
        address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    int error = socket_.get() < 0 ? errno : 0;
    if (error == 0 &&
        connect(socket_.get(), address.ai_addr, address.ai_addrlen) != 0) {
      error = errno;
    }
    if (error == EINPROGRESS) {
      SEALBOOK_RETURN_IF_ERROR(Wait(POLLOUT));
      socklen_t size = sizeof(error);
      if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
      }
    }
    if (error == 0) return absl::OkStatus();
    if (error == ECONNREFUSED) {
      return absl::UnavailableError(
          absl::StrCat("nothing listens on ", Name(),
                       ": is it running, and is this its port? (Tor's is "
                       "9050, Tor Browser's 9150)"));
    }
    return absl::UnavailableError(
        absl::StrCat(Name(), " cannot be reached: ", std::strerror(error)));
  }

  absl::Status Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent =
          send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(sent);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        SEALBOOK_RETURN_IF_ERROR(Wait(POLLOUT));
      } else if (errno != EINTR) {
        return Broken(errno);
      }
    }
    return absl::OkStatus();
  }

  // Exactly so many bytes, and none beyond: what follows belongs to the server.
  absl::StatusOr<std::string> Receive(size_t size) {
    std::string bytes(size, '\0');
    size_t have = 0;
    while (have < size) {
      const ssize_t got =
          recv(socket_.get(), bytes.data() + have, size - have, 0);
      if (got > 0) {
        have += got;
      } else if (got == 0) {
        return Broken(0);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        SEALBOOK_RETURN_IF_ERROR(Wait(POLLIN));
      } else if (errno != EINTR) {
        return Broken(errno);
      }
    }
    return bytes;
  }

  absl::Status Broken(int error) const {
    const std::string how =
        error == 0 ? "closed the connection" : std::strerror(error);
    if (!is_proxy_) return NoProxy(absl::StrCat("it said nothing (", how, ")"));
    return absl::UnavailableError(
        absl::StrCat(Name(), " broke off while connecting to ",
                     Printable(server_.ToString()), ": ", how));
  }

  // RFC 1928, 3.
  absl::Status ChooseLogin(const SocksProxy::Login& login) {
    std::string greeting;
    greeting += static_cast<char>(kVersion);
    if (proxy_.login.has_value()) {
      greeting += {1, static_cast<char>(kPasswordLogin)};
    } else {
      greeting +=
          {2, static_cast<char>(kNoLogin), static_cast<char>(kPasswordLogin)};
    }
    SEALBOOK_RETURN_IF_ERROR(Send(greeting));
    SEALBOOK_ASSIGN_OR_RETURN(std::string chosen, Receive(2));
    const uint8_t method = chosen[1];
    if (chosen[0] != kVersion) {
      return NoProxy(absl::StrCat("it answers with the bytes ",
                                  absl::BytesToHexString(chosen)));
    }
    is_proxy_ = true;
    if (method == kNoLogin && !proxy_.login.has_value()) {
      return absl::OkStatus();
    }
    if (method == kPasswordLogin) return LogIn(login);
    if (method == kNoneAcceptable) {
      return absl::UnauthenticatedError(
          absl::StrCat(Name(), proxy_.login.has_value()
                                   ? " takes no login: leave USER:PASSWORD@ out"
                                   : " wants a login that is not spoken here"));
    }
    return NoProxy(
        absl::StrCat("it chose method ", method, ", which was not offered"));
  }

  // RFC 1929, 2.
  absl::Status LogIn(const SocksProxy::Login& login) {
    std::string message = "\x01";
    for (const std::string& part : {login.user, login.password}) {
      message += static_cast<char>(part.size());
      message += part;
    }
    SEALBOOK_RETURN_IF_ERROR(Send(message));
    SEALBOOK_ASSIGN_OR_RETURN(std::string answer, Receive(2));
    if (answer[1] == 0) return absl::OkStatus();
    return absl::UnauthenticatedError(
        absl::StrCat(Name(), proxy_.login.has_value()
                                 ? " does not take this user and password"
                                 : " wants a login: name it as "
                                   "socks5://USER:PASSWORD@HOST:PORT"));
  }

  // RFC 1928, 4 and 5.
  std::string ConnectRequest() const {
    std::string request = {static_cast<char>(kVersion), 1, 0};
    char address[sizeof(in6_addr)];
    if (inet_pton(AF_INET, server_.host.c_str(), address) == 1) {
      request += '\x01';
      request.append(address, sizeof(in_addr));
    } else if (inet_pton(AF_INET6, server_.host.c_str(), address) == 1) {
      request += '\x04';
      request.append(address, sizeof(in6_addr));
    } else {
      request += '\x03';
      request += static_cast<char>(server_.host.size());
      request += server_.host;
    }
    request += static_cast<char>(server_.port >> 8);
    request += static_cast<char>(server_.port & 0xff);
    return request;
  }

  // RFC 1928, 6.
  absl::Status ConnectToServer() {
    SEALBOOK_RETURN_IF_ERROR(Send(ConnectRequest()));
    SEALBOOK_ASSIGN_OR_RETURN(std::string answer, Receive(4));
    if (answer[0] != kVersion) {
      return NoProxy(absl::StrCat("it answers with the bytes ",
                                  absl::BytesToHexString(answer)));
    }
    if (const uint8_t reply = answer[1]; reply != 0) {
      return absl::UnavailableError(absl::StrCat(Name(), " did not connect to ",
                                                 Printable(server_.ToString()),
                                                 ": ", ReplyInWords(reply)));
    }
    // The address that it has there, which nobody needs.
    size_t rest = 2;
    if (answer[3] == 1) {
      rest += sizeof(in_addr);
    } else if (answer[3] == 4) {
      rest += sizeof(in6_addr);
    } else if (answer[3] == 3) {
      SEALBOOK_ASSIGN_OR_RETURN(std::string length, Receive(1));
      rest += static_cast<uint8_t>(length[0]);
    } else {
      return NoProxy("its answer has an unknown kind of address");
    }
    return Receive(rest).status();
  }

  const SocksProxy& proxy_;
  const HostPort& server_;
  const uint64_t timeout_ms_;
  const Stop* const stop_;
  const Time deadline_;
  FileDescriptor socket_;
  bool is_proxy_ = false;
};

absl::StatusOr<SocksProxy::Login> RandomLogin(crypto::RandomSource& random) {
  SocksProxy::Login login;
  for (std::string* part : {&login.user, &login.password}) {
    std::string bytes(16, '\0');
    SEALBOOK_RETURN_IF_ERROR(
        random.Fill(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()));
    *part = absl::BytesToHexString(bytes);
  }
  return login;
}

}  // namespace

absl::StatusOr<HostPort> HostPort::Parse(const std::string& text) {
  SEALBOOK_RETURN_IF_ERROR(CheckTarget(text));
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &port)) {
    return absl::InvalidArgumentError("no port");
  }
  absl::string_view host = absl::string_view(text).substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  if (host.size() > 255) {
    return absl::InvalidArgumentError("a host's name has at most 255 bytes");
  }
  return HostPort{std::string(host), static_cast<uint16_t>(port)};
}

std::string HostPort::ToString() const {
  if (absl::StrContains(host, ":")) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

absl::StatusOr<SocksProxy> SocksProxy::Parse(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, "socks5://") &&
      !absl::ConsumePrefix(&url, "socks5h://")) {
    return absl::InvalidArgumentError(
        "a proxy is named as socks5://HOST:PORT, such as "
        "socks5://127.0.0.1:9050");
  }
  SocksProxy proxy;
  if (const size_t at = url.rfind('@'); at != absl::string_view::npos) {
    const absl::string_view login = url.substr(0, at);
    const size_t colon = login.find(':');
    if (colon == absl::string_view::npos || colon == 0 || colon > 255 ||
        login.size() - colon - 1 < 1 || login.size() - colon - 1 > 255) {
      return absl::InvalidArgumentError(
          "the login of a proxy is named as socks5://USER:PASSWORD@HOST:PORT, "
          "each of 1 to 255 bytes");
    }
    proxy.login = {.user = std::string(login.substr(0, colon)),
                   .password = std::string(login.substr(colon + 1))};
    url.remove_prefix(at + 1);
  }
  absl::ConsumeSuffix(&url, "/");
  SEALBOOK_ASSIGN_OR_RETURN(proxy.address, HostPort::Parse(std::string(url)));
  return proxy;
}

absl::StatusOr<FileDescriptor> ConnectThroughSocks(const SocksProxy& proxy,
                                                   const HostPort& server,
                                                   uint64_t timeout_ms,
                                                   crypto::RandomSource& random,
                                                   const Stop* stop) {
  SocksProxy::Login login;
  if (proxy.login.has_value()) {
    login = *proxy.login;
  } else {
    SEALBOOK_ASSIGN_OR_RETURN(login, RandomLogin(random));
  }
  return Negotiation(proxy, server, timeout_ms, stop).Run(login);
}

}  // namespace sealbook::client
