#include "client/socks_relay.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::client {
namespace {

// What is on its way from one socket to the other.
class Direction {
 public:
  Direction(int from, int to) : from_(from), to_(to) {}

  bool done() const { return ended_ && begin_ == end_; }
  // What this waits for on `socket`.
  short Events(int socket) const {
    if (socket == from_ && begin_ == end_ && !ended_) return POLLIN;
    if (socket == to_ && begin_ != end_) return POLLOUT;
    return 0;
  }
  // Moves what can be moved now. False: a connection is broken.
  bool Move() {
    if (begin_ == end_ && !ended_ && !Fill()) return false;
    while (begin_ != end_) {
      const ssize_t sent =
          send(to_, buffer_.data() + begin_, end_ - begin_, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
      begin_ += sent;
    }
    return true;
  }

 private:
  bool Fill() {
    ssize_t got = 0;
    do {
      got = recv(from_, buffer_.data(), buffer_.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    begin_ = 0;
    end_ = got;
    if (got == 0) {
      ended_ = true;
      shutdown(to_, SHUT_WR);
    }
    return true;
  }

  const int from_;
  const int to_;
  std::array<char, 65536> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool ended_ = false;
};

// Passes bytes between two sockets until both are at their end, one breaks, or
// `stop` becomes readable.
void Relay(int a, int b, int stop) {
  Direction there(a, b);
  Direction back(b, a);
  while (!there.done() || !back.done()) {
    pollfd wanted[] = {{.fd = a, .events = 0, .revents = 0},
                       {.fd = b, .events = 0, .revents = 0},
                       {.fd = stop, .events = POLLIN, .revents = 0}};
    for (pollfd* end : {&wanted[0], &wanted[1]}) {
      end->events =
          static_cast<short>(there.Events(end->fd) | back.Events(end->fd));
      // Nothing is wanted there, not even that it was hung up.
      if (end->events == 0) end->fd = -1;
    }
    if (poll(wanted, 3, -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (wanted[2].revents != 0) return;
    if (((wanted[0].revents | wanted[1].revents) & (POLLERR | POLLNVAL)) != 0) {
      return;
    }
    if (!there.Move() || !back.Move()) return;
  }
}

absl::Status Failed(absl::string_view what) {
  const int error = errno;
  return absl::FailedPreconditionError(
      absl::StrCat("cannot ", what, ": ", std::strerror(error)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SocksRelay>> SocksRelay::Start(
    const SocksProxy& proxy, const HostPort& server, uint64_t timeout_ms,
    crypto::RandomSource& random, const Stop* stop) {
  std::unique_ptr<SocksRelay> relay(new SocksRelay());
  SEALBOOK_ASSIGN_OR_RETURN(
      relay->server_,
      ConnectThroughSocks(proxy, server, timeout_ms, random, stop));
  SEALBOOK_RETURN_IF_ERROR(relay->Listen());
  relay->thread_ = std::thread([raw = relay.get()] { raw->Run(); });
  return relay;
}

absl::Status SocksRelay::Listen() {
  stop_ = FileDescriptor(eventfd(0, EFD_CLOEXEC));
  if (stop_.get() < 0) return Failed("make an event");
  std::error_code error;
  const std::filesystem::path temp =
      std::filesystem::temp_directory_path(error);
  folder_ = absl::StrCat(error ? "/tmp" : temp.string(), "/sealbook-XXXXXX");
  if (mkdtemp(folder_.data()) == nullptr) {
    absl::Status failed = Failed(absl::StrCat("make a folder ", folder_));
    folder_.clear();
    return failed;
  }
  path_ = folder_ + "/relay";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof(address.sun_path)) {
    return absl::FailedPreconditionError(absl::StrCat(
        path_, ": too long a path for a socket; set TMPDIR to a shorter one"));
  }
  std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  listener_ = FileDescriptor(
      socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener_.get() < 0) return Failed("make a socket");
  if (bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      listen(listener_.get(), 1) != 0) {
    return Failed(absl::StrCat("listen on ", path_));
  }
  return absl::OkStatus();
}

void SocksRelay::Run() {
  FileDescriptor client;
  while (client.get() < 0) {
    pollfd wanted[] = {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                       {.fd = stop_.get(), .events = POLLIN, .revents = 0}};
    if (poll(wanted, 2, -1) < 0 && errno != EINTR) return;
    if (wanted[1].revents != 0) return;
    client = FileDescriptor(accept4(listener_.get(), nullptr, nullptr,
                                    SOCK_CLOEXEC | SOCK_NONBLOCK));
  }
  listener_.Reset();
  Relay(client.get(), server_.get(), stop_.get());
  server_.Reset();
}

SocksRelay::~SocksRelay() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    while (write(stop_.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    thread_.join();
  }
  if (folder_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace sealbook::client
