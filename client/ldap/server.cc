#include "client/ldap/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/ldap/ber.h"

namespace sealbook::client::ldap {
namespace {

// Of a message that is refused for its size: enough for its id and operation.
constexpr size_t kKeptBytes = 32;
constexpr int kBacklog = 128;

struct FreeAddress {
  void operator()(addrinfo* address) const { freeaddrinfo(address); }
};
using AddressInfo = std::unique_ptr<addrinfo, FreeAddress>;

absl::StatusOr<AddressInfo> ParseNumeric(const std::string& address,
                                         uint16_t port) {
  addrinfo hints = {};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  // "*" would stand for all addresses.
  if (address.empty() || address == "*" ||
      getaddrinfo(address.c_str(), absl::StrCat(port).c_str(), &hints,
                  &found) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", address, "\" is no IP address, such as 127.0.0.1"));
  }
  return AddressInfo(found);
}

absl::StatusOr<std::shared_ptr<Socket>> Listen(const addrinfo& address) {
  const int fd =
      socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "socket");
  auto listener = std::make_shared<Socket>(fd);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, address.ai_addr, address.ai_addrlen) != 0 ||
      listen(fd, kBacklog) != 0) {
    return absl::UnavailableError(strerror(errno));  // NOLINT: one thread yet.
  }
  return listener;
}

absl::StatusOr<uint16_t> PortOf(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return absl::ErrnoToStatus(errno, "getsockname");
  }
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

Time In(std::chrono::milliseconds span) {
  return std::chrono::steady_clock::now() + span;
}

// Adds at least a byte to `buffer`. False: there are no more.
bool ReadMore(Stream& stream, Time until, std::string& buffer) {
  char chunk[16384];
  absl::StatusOr<size_t> count = stream.Read(chunk, sizeof chunk, until);
  if (!count.ok() || *count == 0) return false;
  buffer.append(chunk, *count);
  return true;
}

}  // namespace

absl::StatusOr<bool> IsLoopback(const std::string& address) {
  SEALBOOK_ASSIGN_OR_RETURN(AddressInfo parsed, ParseNumeric(address, 0));
  if (parsed->ai_family == AF_INET6) {
    const auto* ip = reinterpret_cast<sockaddr_in6*>(parsed->ai_addr);
    return IN6_IS_ADDR_LOOPBACK(&ip->sin6_addr) != 0;
  }
  const auto* ip = reinterpret_cast<sockaddr_in*>(parsed->ai_addr);
  return ntohl(ip->sin_addr.s_addr) >> 24 == 127;
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Lookups& lookups,
                                                      Clock clock,
                                                      ServerOptions options) {
  SEALBOOK_ASSIGN_OR_RETURN(AddressInfo address,
                            ParseNumeric(options.address, options.port));
  absl::StatusOr<std::shared_ptr<Socket>> listener = Listen(*address);
  if (!listener.ok()) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.address, " port ",
                     options.port, ": ", listener.status().message()));
  }
  SEALBOOK_ASSIGN_OR_RETURN(uint16_t port, PortOf((*listener)->fd()));
  const int wake = eventfd(0, EFD_CLOEXEC);
  if (wake < 0) return absl::ErrnoToStatus(errno, "eventfd");
  return std::unique_ptr<Server>(new Server(lookups, std::move(clock),
                                            std::move(options),
                                            *std::move(listener), port, wake));
}

Server::Server(Lookups& lookups, Clock clock, ServerOptions options,
               std::shared_ptr<Socket> listener, uint16_t port, int wake)
    : lookups_(lookups),
      clock_(std::move(clock)),
      options_(std::move(options)),
      listener_(std::move(listener)),
      port_(port),
      wake_(wake),
      thread_([this] { Accept(); }) {}

Server::~Server() {
  const uint64_t one = 1;
  (void)!write(wake_, &one, sizeof one);
  thread_.join();
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    // What is under way writes its answer first; its next read then ends.
    for (Connection& connection : connections_) {
      if (!connection.ended) shutdown(connection.socket->fd(), SHUT_RD);
    }
    for (Connection& connection : connections_) {
      while (!connection.ended) ended_.Wait(mutex_);
    }
    Reap();
  }
  close(wake_);
}

void Server::Accept() {
  while (true) {
    pollfd waiting[] = {{listener_->fd(), POLLIN, 0}, {wake_, POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0 && errno != EINTR) return;
    if (waiting[1].revents != 0) return;
    const int fd = accept4(listener_->fd(), nullptr, nullptr,
                           SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      // An answer is several messages: none is to wait until the client has
      // acknowledged the one before.
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      Admit(std::make_shared<Socket>(fd));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
               errno == ENOBUFS) {
      // The connection stays in the queue: without a rest this would spin.
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

void Server::Admit(std::shared_ptr<Socket> socket) {
  MutexLock lock(mutex_);
  Reap();
  if (connections_.size() >= options_.max_connections) {
    DropIdlest();
    Reap();
  }
  // All of them work: closed at once, so that the client knows.
  if (connections_.size() >= options_.max_connections) return;
  connections_.push_back(
      {.socket = socket, .idle_since = std::chrono::steady_clock::now()});
  const auto connection = std::prev(connections_.end());
  try {
    connection->thread =
        std::thread([this, connection, socket = std::move(socket)]() mutable {
          Serve(connection, std::move(socket));
        });
  } catch (const std::system_error&) {
    // No more threads: as if all places were taken.
    connections_.erase(connection);
  }
}

void Server::Reap() {
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (!it->ended) {
      ++it;
      continue;
    }
    it->thread.join();
    it = connections_.erase(it);
  }
}

void Server::DropIdlest() {
  auto idlest = connections_.end();
  for (auto it = connections_.begin(); it != connections_.end(); ++it) {
    if (it->ended || !it->idle_since.has_value()) continue;
    if (idlest == connections_.end() || it->idle_since < idlest->idle_since) {
      idlest = it;
    }
  }
  if (idlest == connections_.end()) return;
  shutdown(idlest->socket->fd(), SHUT_RDWR);
  // Its thread only has to wake up, unless a message came just now.
  (void)ended_.WaitFor(mutex_, std::chrono::milliseconds(200));
}

void Server::Serve(Connections::iterator connection,
                   std::shared_ptr<Socket> socket) {
  {
    absl::StatusOr<std::unique_ptr<Stream>> stream =
        options_.tls == nullptr ? Stream::Plain(socket)
                                : Stream::Tls(socket, options_.tls);
    if (stream.ok()) {
      Converse(connection, **stream);
      (*stream)->End();
    }
  }
  socket.reset();
  MutexLock lock(mutex_);
  // Closed now, not when this is reaped: a client that still sends would
  // otherwise wait for ever.
  connection->socket.reset();
  connection->ended = true;
  ended_.NotifyAll();
}

void Server::Converse(Connections::iterator connection, Stream& stream) {
  Session session(lookups_, judge_, issuers_, clock_, options_.session);
  std::string buffer;
  while (true) {
    SetIdle(connection, true);
    if (buffer.empty() && !ReadMore(stream, In(options_.idle), buffer)) return;
    const Time until = In(options_.receive);
    absl::StatusOr<size_t> size = BerMessageSize(buffer);
    while (size.ok() && buffer.size() < Wanted(*size)) {
      if (!ReadMore(stream, until, buffer)) return;
      size = BerMessageSize(buffer);
    }
    SetIdle(connection, false);
    // What is no message gets the answer that ends a session.
    if (!AnswerOne(size.value_or(buffer.size()), buffer, stream, session)) {
      return;
    }
  }
}

size_t Server::Wanted(size_t message) const {
  if (message == 0) return SIZE_MAX;
  return message > options_.max_message_bytes ? kKeptBytes : message;
}

bool Server::AnswerOne(size_t size, std::string& buffer, Stream& stream,
                       Session& session) {
  const Session::Send send = [&](absl::string_view message) {
    return stream.Write(message, In(options_.send));
  };
  if (size <= options_.max_message_bytes) {
    const bool goes_on =
        session.Answer(absl::string_view(buffer).substr(0, size), send);
    buffer.erase(0, size);
    return goes_on;
  }
  const std::string start = buffer.substr(0, kKeptBytes);
  const Time until = In(options_.receive);
  // Read to its end before it is answered: many clients write all of it before
  // they read.
  size_t left = size;
  while (size <= options_.max_skipped_bytes && left > buffer.size()) {
    left -= buffer.size();
    buffer.clear();
    if (!ReadMore(stream, until, buffer)) return false;
  }
  const bool goes_on = session.AnswerTooLarge(start, size, send);
  if (size > options_.max_skipped_bytes) return false;
  buffer.erase(0, left);
  return goes_on;
}

void Server::SetIdle(Connections::iterator connection, bool idle) {
  MutexLock lock(mutex_);
  if (idle) {
    connection->idle_since = std::chrono::steady_clock::now();
  } else {
    connection->idle_since.reset();
  }
}

}  // namespace sealbook::client::ldap
