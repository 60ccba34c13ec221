// A SOCKS5 proxy on loopback that answers as it is told.
//
//   FakeProxy proxy;
//   proxy.reply = 5;
//   ConnectThroughSocks({.address = proxy.address()}, ...);
#ifndef SEALBOOK_CLIENT_TESTING_FAKE_PROXY_H_
#define SEALBOOK_CLIENT_TESTING_FAKE_PROXY_H_

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "client/file_descriptor.h"
#include "client/socks5.h"

namespace sealbook::client {

// Connections are served one after the other. What is told is set while there
// is none.
class FakeProxy {
 public:
  FakeProxy();
  ~FakeProxy();

  HostPort address() const { return {"127.0.0.1", port_}; }

  // Sent at once in place of all else.
  std::string says;
  // What it chooses of the ways to log in: 0 none, 2 a password, 255 neither.
  uint8_t method = 2;
  // Of a login: 0 is good.
  uint8_t login_status = 0;
  // To the request; 0: connects to this port on loopback, whatever was asked
  // for. Port 0 sends back what it gets.
  uint8_t reply = 0;
  uint16_t server_port = 0;
  // Closes when so much of its answer to the request has been sent.
  size_t answer_bytes = 100;
  // What its own address looks like: IPv4, name, IPv6, or something unknown.
  uint8_t address_type = 1;
  // Never answers.
  bool silent = false;

  // What came, in order: the greeting; USER and PASSWORD; the request.
  std::vector<std::string> Seen();

 private:
  void Run();
  void Serve(int connection);
  void Relay(int connection);
  void Note(const std::string& seen);

  FileDescriptor listener_;
  FileDescriptor stop_;
  uint16_t port_ = 0;
  Mutex mutex_;
  std::vector<std::string> seen_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_TESTING_FAKE_PROXY_H_
