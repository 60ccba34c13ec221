#include "server/admin/http.h"

#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/services/port_probe.h"

namespace sealbook::server {
namespace {

constexpr int kTimeoutSeconds = 5;
// People and a scraper or two.
constexpr size_t kThreads = 2;
// Nothing is to be sent here.
constexpr size_t kMaxRequestBytes = 1024;

// The library's default would let two servers share the port.
void SetSocketOptions(int socket) {
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

// The host of a Host header is this machine's loopback.
bool NamesLoopback(const std::string& header) {
  absl::StatusOr<HostPort> host = HostPort::Parse(header);
  // Without a port, which HTTP allows.
  if (!host.ok()) host = HostPort::Parse(header + ":80");
  return host.ok() && (host->host == "localhost" || host->IsLoopback());
}

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(HttpPages pages) : pages_(std::move(pages)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_socket_options(SetSocketOptions);
    server_.set_payload_max_length(kMaxRequestBytes);
    server_.set_read_timeout(kTimeoutSeconds);
    server_.set_write_timeout(kTimeoutSeconds);
    // A connection that is kept holds one of the few threads.
    server_.set_keep_alive_max_count(1);
    server_.set_pre_routing_handler(
        [](const httplib::Request& request, httplib::Response& response) {
          if (NamesLoopback(request.get_header_value("Host"))) {
            return httplib::Server::HandlerResponse::Unhandled;
          }
          response.status = 403;
          response.set_content("ask for 127.0.0.1, [::1] or localhost\n",
                               "text/plain");
          return httplib::Server::HandlerResponse::Handled;
        });
    for (const auto& [path, page] : pages_) {
      server_.Get(path, [&page = page](const httplib::Request&,
                                       httplib::Response& response) {
        const HttpAnswer answer = page();
        response.status = answer.status;
        response.set_content(answer.body, answer.content_type);
        response.set_header("Cache-Control", "no-store");
      });
    }
  }
  ~Impl() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  // The port that was opened; 0: none.
  int Open(const HostPort& where) {
    int port = where.port;
    if (port == 0) {
      port = std::max(0, server_.bind_to_any_port(where.host));
    } else if (!server_.bind_to_port(where.host, port)) {
      port = 0;
    }
    if (port == 0) return 0;
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // Before that, stop() would not reach it.
    while (!server_.is_running()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return port;
  }

 private:
  const HttpPages pages_;
  httplib::Server server_;
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl, HostPort where)
    : impl_(std::move(impl)), where_(std::move(where)) {}

HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const std::string& address, HttpPages pages) {
  SEALBOOK_ASSIGN_OR_RETURN(HostPort where, HostPort::Parse(address));
  if (!where.IsLoopback()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the administration port listens on this machine's "
                     "loopback only, not on ",
                     address));
  }
  const auto cannot = [&](absl::string_view why) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", address, " (administration port): ", why));
  };
  if (absl::Status free = ProbePort(where); !free.ok()) {
    return cannot(free.message());
  }
  auto impl = std::make_unique<Impl>(std::move(pages));
  const int port = impl->Open(where);
  if (port == 0) return cannot("it was taken meanwhile");
  where.port = static_cast<uint16_t>(port);
  return std::unique_ptr<HttpServer>(
      new HttpServer(std::move(impl), std::move(where)));
}

absl::StatusOr<HttpAnswer> HttpGet(const std::string& address,
                                   const std::string& path) {
  SEALBOOK_ASSIGN_OR_RETURN(const HostPort where, HostPort::Parse(address));
  httplib::Client client(where.host, where.port);
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  const httplib::Result result = client.Get(path);
  if (!result) {
    return absl::UnavailableError(
        absl::StrCat("no answer from the administration port ", address, ": ",
                     httplib::to_string(result.error())));
  }
  return HttpAnswer{result->status, result->body,
                    result->get_header_value("Content-Type")};
}

}  // namespace sealbook::server
