#include "client/ldap/stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::client::ldap {
namespace {

// Waits until `fd` can be read or written, by `events`.
absl::Status WaitFor(int fd, int16_t events, Time until) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return absl::DeadlineExceededError("the client is too slow");
    }
    pollfd waiting = {fd, events, 0};
    const int ready =
        poll(&waiting, 1,
             static_cast<int>(std::min<int64_t>(left.count(), INT_MAX)));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "poll");
  }
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

class PlainStream : public Stream {
 public:
  explicit PlainStream(std::shared_ptr<Socket> socket)
      : socket_(std::move(socket)) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size, Time until) override {
    while (true) {
      const ssize_t count = recv(socket_->fd(), buffer, size, 0);
      if (count >= 0) return static_cast<size_t>(count);
      if (errno == EINTR) continue;
      if (!WouldBlock()) return absl::ErrnoToStatus(errno, "recv");
      SEALBOOK_RETURN_IF_ERROR(WaitFor(socket_->fd(), POLLIN, until));
    }
  }

  absl::Status Write(absl::string_view bytes, Time until) override {
    while (!bytes.empty()) {
      const ssize_t count =
          send(socket_->fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count >= 0) {
        bytes.remove_prefix(static_cast<size_t>(count));
        continue;
      }
      if (errno == EINTR) continue;
      if (!WouldBlock()) return absl::ErrnoToStatus(errno, "send");
      SEALBOOK_RETURN_IF_ERROR(WaitFor(socket_->fd(), POLLOUT, until));
    }
    return absl::OkStatus();
  }

 private:
  std::shared_ptr<Socket> socket_;
};

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// OpenSSL's error queue is each thread's own: emptied before a call, so that
// what is found after it is of that call.
std::string TakeErrors() {
  char text[256] = "no details";
  if (const unsigned long error = ERR_get_error(); error != 0) {  // NOLINT
    ERR_error_string_n(error, text, sizeof text);
  }
  ERR_clear_error();
  return text;
}

class TlsStream : public Stream {
 public:
  TlsStream(std::shared_ptr<Socket> socket,
            std::shared_ptr<const TlsServer> server,
            std::unique_ptr<SSL, FreeSsl> ssl)
      : socket_(std::move(socket)),
        server_(std::move(server)),
        ssl_(std::move(ssl)) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size, Time until) override {
    while (true) {
      size_t count = 0;
      ERR_clear_error();
      const int result = SSL_read_ex(ssl_.get(), buffer, size, &count);
      if (result == 1) return count;
      const int error = SSL_get_error(ssl_.get(), result);
      if (error == SSL_ERROR_ZERO_RETURN) return size_t{0};
      SEALBOOK_RETURN_IF_ERROR(Await(error, until));
    }
  }

  absl::Status Write(absl::string_view bytes, Time until) override {
    while (!bytes.empty()) {
      size_t count = 0;
      ERR_clear_error();
      const int result =
          SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
      if (result == 1) {
        bytes.remove_prefix(count);
        continue;
      }
      SEALBOOK_RETURN_IF_ERROR(Await(SSL_get_error(ssl_.get(), result), until));
    }
    return absl::OkStatus();
  }

  void End() override {
    if (broken_) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }

 private:
  absl::Status Await(int error, Time until) {
    if (error == SSL_ERROR_WANT_READ) {
      return WaitFor(socket_->fd(), POLLIN, until);
    }
    if (error == SSL_ERROR_WANT_WRITE) {
      return WaitFor(socket_->fd(), POLLOUT, until);
    }
    broken_ = true;
    return absl::UnavailableError(absl::StrCat("TLS: ", TakeErrors()));
  }

  std::shared_ptr<Socket> socket_;
  std::shared_ptr<const TlsServer> server_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  // After a fatal error nothing more may be said.
  bool broken_ = false;
};

}  // namespace

void TlsServer::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

absl::StatusOr<std::shared_ptr<const TlsServer>> TlsServer::Load(
    const std::string& certificate_file, const std::string& key_file) {
  std::shared_ptr<TlsServer> server(new TlsServer);
  ERR_clear_error();
  server->context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = server->context_.get();
  if (context == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat("TLS: ", TakeErrors()));
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // A write may go on from a buffer that was moved, after any part of it.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A client that closes without a word leaves nothing half understood: LDAP's
  // messages say how long they are.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) !=
      1) {
    return absl::InvalidArgumentError(
        absl::StrCat(certificate_file, ": no certificate for TLS in PEM (",
                     TakeErrors(), ")"));
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(),
                                  SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(key_file, ": not the private key, in PEM, of ",
                     certificate_file, " (", TakeErrors(), ")"));
  }
  return std::shared_ptr<const TlsServer>(std::move(server));
}

Socket::~Socket() { close(fd_); }

std::unique_ptr<Stream> Stream::Plain(std::shared_ptr<Socket> socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

absl::StatusOr<std::unique_ptr<Stream>> Stream::Tls(
    std::shared_ptr<Socket> socket, std::shared_ptr<const TlsServer> server) {
  ERR_clear_error();
  std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(server->context()));
  if (ssl == nullptr || SSL_set_fd(ssl.get(), socket->fd()) != 1) {
    return absl::ResourceExhaustedError(absl::StrCat("TLS: ", TakeErrors()));
  }
  SSL_set_accept_state(ssl.get());
  return std::unique_ptr<Stream>(std::make_unique<TlsStream>(
      std::move(socket), std::move(server), std::move(ssl)));
}

}  // namespace sealbook::client::ldap
