// Leads one gRPC connection through a SOCKS5 proxy, which gRPC itself cannot: a
// unix socket takes the connection, and its bytes are passed on as they are.
// TLS ends at the server, not here and not at the proxy.
//
//   auto relay = SocksRelay::Start(proxy, server, timeout_ms, random);
//   OpenChannel(endpoint, {.unix_socket = (*relay)->path()});
#ifndef SEALBOOK_CLIENT_SOCKS_RELAY_H_
#define SEALBOOK_CLIENT_SOCKS_RELAY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/file_descriptor.h"
#include "client/socks5.h"
#include "client/stop.h"
#include "crypto/random.h"

namespace sealbook::client {

// A thread of its own passes the bytes on until this goes.
class SocksRelay {
 public:
  // Connects through the proxy, so that what is wrong there is known here; then
  // waits for the one connection that it takes. A second one is refused: what
  // goes over one relay goes over one connection of the proxy. Errors: as
  // ConnectThroughSocks, or that of the socket.
  static absl::StatusOr<std::unique_ptr<SocksRelay>> Start(
      const SocksProxy& proxy, const HostPort& server, uint64_t timeout_ms,
      crypto::RandomSource& random, const Stop* stop = nullptr);

  SocksRelay(const SocksRelay&) = delete;
  SocksRelay& operator=(const SocksRelay&) = delete;
  ~SocksRelay();

  // Of the unix socket, in a folder that nobody else may enter.
  const std::string& path() const { return path_; }

 private:
  SocksRelay() = default;

  absl::Status Listen();
  void Run();

  std::string folder_;
  std::string path_;
  FileDescriptor server_;
  FileDescriptor listener_;
  // Readable once the thread is to end.
  FileDescriptor stop_;
  std::thread thread_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_SOCKS_RELAY_H_
