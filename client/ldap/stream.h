// A connection's bytes, plain or over TLS, with a time for everything.
#ifndef SEALBOOK_CLIENT_LDAP_STREAM_H_
#define SEALBOOK_CLIENT_LDAP_STREAM_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// OpenSSL's.
struct ssl_ctx_st;

namespace sealbook::client::ldap {

// A server's certificate and key for TLS. Immutable and thread-safe.
class TlsServer {
 public:
  // PEM files: the certificate, followed by its issuers, and its private key.
  // INVALID_ARGUMENT: a file cannot be used (named).
  static absl::StatusOr<std::shared_ptr<const TlsServer>> Load(
      const std::string& certificate_file, const std::string& key_file);

  ssl_ctx_st* context() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  TlsServer() = default;

  std::unique_ptr<ssl_ctx_st, Free> context_;
};

// An open socket, non-blocking, closed with the last that holds it. shutdown(2)
// from another thread ends what waits on it.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

using Time = std::chrono::steady_clock::time_point;

// Not thread-safe.
class Stream {
 public:
  virtual ~Stream() = default;

  static std::unique_ptr<Stream> Plain(std::shared_ptr<Socket> socket);
  // The handshake comes with the first Read.
  static absl::StatusOr<std::unique_ptr<Stream>> Tls(
      std::shared_ptr<Socket> socket, std::shared_ptr<const TlsServer> server);

  // Reads at least a byte into `buffer`; 0: the client has ended. Then, or by
  // `until` (DEADLINE_EXCEEDED).
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t size,
                                      Time until) = 0;
  // Writes all of it.
  virtual absl::Status Write(absl::string_view bytes, Time until) = 0;
  // Says goodbye where the protocol has a word for it; does not wait.
  virtual void End() {}
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_STREAM_H_
