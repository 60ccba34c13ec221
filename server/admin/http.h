// The administration port's HTTP: a few pages for GET, on loopback only.
//
//   auto server = HttpServer::Start("127.0.0.1:9443", {{"/livez", page}});
//   absl::StatusOr<HttpAnswer> answer = HttpGet("127.0.0.1:9443", "/livez");
#ifndef SEALBOOK_SERVER_ADMIN_HTTP_H_
#define SEALBOOK_SERVER_ADMIN_HTTP_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/config/host_port.h"

namespace sealbook::server {

struct HttpAnswer {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
};

// From path to what makes the page. Called from any thread.
using HttpPages = std::map<std::string, std::function<HttpAnswer()>>;

// Thread-safe.
class HttpServer {
 public:
  // Opens the port; pages are answered when this returns. `address`: host:port
  // with a loopback address; port 0: chosen by the system. INVALID_ARGUMENT:
  // not a loopback address. UNAVAILABLE: it cannot be listened on; the message
  // names it and the reason. Requests that name another host than this
  // machine's loopback get 403: a web page in a browser here must not read.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const std::string& address, HttpPages pages);

  // Closes the port and waits for the pages that are being made.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return where_.port; }
  // Host and the port that is open.
  std::string address() const { return where_.ToString(); }

 private:
  class Impl;
  HttpServer(std::unique_ptr<Impl> impl, HostPort where);

  std::unique_ptr<Impl> impl_;
  const HostPort where_;
};

// INVALID_ARGUMENT: `address` is not host:port. UNAVAILABLE: no answer within
// five seconds; the message names the address.
absl::StatusOr<HttpAnswer> HttpGet(const std::string& address,
                                   const std::string& path);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_ADMIN_HTTP_H_
