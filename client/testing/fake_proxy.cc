#include "client/testing/fake_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace sealbook::client {
namespace {

void Must(bool good, const char* what) {
  if (good) return;
  std::cerr << "the fake proxy cannot " << what << std::endl;
  std::abort();
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Fewer where the connection ends.
std::string Receive(int connection, size_t size) {
  std::string bytes(size, '\0');
  const ssize_t got = recv(connection, bytes.data(), size, MSG_WAITALL);
  bytes.resize(std::max<ssize_t>(got, 0));
  return bytes;
}

std::string ReceiveCounted(int connection) {
  const std::string length = Receive(connection, 1);
  if (length.empty()) return "";
  return Receive(connection, static_cast<uint8_t>(length[0]));
}

void Send(int connection, const std::string& bytes) {
  send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// Until `from` ends.
void Pipe(int from, int to) {
  std::string part(65536, '\0');
  while (true) {
    const ssize_t got = recv(from, part.data(), part.size(), 0);
    if (got <= 0) break;
    Send(to, part.substr(0, got));
  }
  shutdown(to, SHUT_WR);
}

}  // namespace

FakeProxy::FakeProxy()
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  Must(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0,
       "bind");
  Must(listen(listener_.get(), 8) == 0, "listen");
  Must(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address),
                   &size) == 0,
       "tell its port");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

FakeProxy::~FakeProxy() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

std::vector<std::string> FakeProxy::Seen() {
  MutexLock lock(mutex_);
  return seen_;
}

void FakeProxy::Note(const std::string& seen) {
  MutexLock lock(mutex_);
  seen_.push_back(seen);
}

void FakeProxy::Run() {
  while (true) {
    pollfd wanted[] = {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                       {.fd = stop_.get(), .events = POLLIN, .revents = 0}};
    poll(wanted, 2, -1);
    if (wanted[1].revents != 0) return;
    const FileDescriptor connection(accept(listener_.get(), nullptr, nullptr));
    if (connection.get() >= 0) Serve(connection.get());
  }
}

void FakeProxy::Serve(int connection) {
  if (silent) {
    pollfd wanted{.fd = stop_.get(), .events = POLLIN, .revents = 0};
    poll(&wanted, 1, 5000);
    return;
  }
  const std::string version = Receive(connection, 1);
  const std::string methods = ReceiveCounted(connection);
  Note(version + static_cast<char>(methods.size()) + methods);
  if (!says.empty()) return Send(connection, says);
  Send(connection, {'\x05', static_cast<char>(method)});
  if (method == 2) {
    Receive(connection, 1);
    const std::string user = ReceiveCounted(connection);
    Note(user + ":" + ReceiveCounted(connection));
    Send(connection, {'\x01', static_cast<char>(login_status)});
    if (login_status != 0) return;
  }
  std::string request = Receive(connection, 4);
  if (request.size() < 4) return;
  if (request[3] == 3) {
    const std::string name = ReceiveCounted(connection);
    request += static_cast<char>(name.size()) + name;
  } else {
    request += Receive(connection, request[3] == 1 ? 4 : 16);
  }
  Note(request + Receive(connection, 2));
  std::string answer = {'\x05', static_cast<char>(reply), '\0',
                        static_cast<char>(address_type)};
  if (address_type == 3) answer += "\x05proxy";
  answer.append(address_type == 1 ? 6 : address_type == 4 ? 18 : 2, '\0');
  Send(connection, answer.substr(0, answer_bytes));
  if (reply == 0 && answer_bytes >= answer.size()) Relay(connection);
}

void FakeProxy::Relay(int connection) {
  if (server_port == 0) return Pipe(connection, connection);
  const FileDescriptor other(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(server_port);
  if (connect(other.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0) {
    return;
  }
  std::thread back([&] { Pipe(other.get(), connection); });
  Pipe(connection, other.get());
  back.join();
}

}  // namespace sealbook::client
