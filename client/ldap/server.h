// Sockets for sessions: a thread each, within bounds.
//
//   SEALBOOK_ASSIGN_OR_RETURN(auto server, Server::Start(lookups, clock, {}));
//   std::cout << server->port();
//   // The destructor ends all sessions.
//
// A client that sends half a message, or takes no answer, is dropped in time;
// when all places are taken, the one that has been silent the longest.
#ifndef SEALBOOK_CLIENT_LDAP_SERVER_H_
#define SEALBOOK_CLIENT_LDAP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "client/ldap/gateway.h"
#include "client/ldap/issuers.h"
#include "client/ldap/session.h"
#include "client/ldap/stream.h"
#include "client/ldap/usable.h"
#include "client/search_calls.h"

namespace sealbook::client::ldap {

struct ServerOptions {
  // A numeric IPv4 or IPv6 address.
  std::string address = "127.0.0.1";
  // 0: one that is free.
  uint16_t port = 0;
  // Null: without TLS.
  std::shared_ptr<const TlsServer> tls;
  size_t max_connections = 256;
  // Larger messages are refused, and not kept. The recipients of a message that
  // has 500 are less than 140 KiB.
  size_t max_message_bytes = 256 << 10;
  // Larger ones end the connection.
  size_t max_skipped_bytes = 16 << 20;
  // Between two messages; for the rest of one; for an answer to be taken.
  std::chrono::milliseconds idle{300'000};
  std::chrono::milliseconds receive{10'000};
  std::chrono::milliseconds send{10'000};
  SessionOptions session;
};

// Whether a numeric address is one of this machine's own, 127.0.0.0/8 or ::1.
// INVALID_ARGUMENT: it is no numeric address.
absl::StatusOr<bool> IsLoopback(const std::string& address);

class Server {
 public:
  // `lookups` outlives this, `clock` is called on any thread. UNAVAILABLE: the
  // address and port are taken, or not this machine's.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Lookups& lookups,
                                                       Clock clock,
                                                       ServerOptions options);
  // Takes no more connections, and ends those there are; a search that is under
  // way is waited for.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t port() const { return port_; }

 private:
  struct Connection {
    // Null once it has ended.
    std::shared_ptr<Socket> socket;
    std::thread thread;
    // Since when nothing is under way; absent while something is.
    std::optional<Time> idle_since;
    bool ended = false;
  };
  using Connections = std::list<Connection>;

  Server(Lookups& lookups, Clock clock, ServerOptions options,
         std::shared_ptr<Socket> listener, uint16_t port, int wake);

  void Accept();
  void Admit(std::shared_ptr<Socket> socket);
  // Joins the threads of connections that have ended.
  void Reap() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropIdlest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Serve(Connections::iterator connection, std::shared_ptr<Socket> socket);
  // The messages of one connection.
  void Converse(Connections::iterator connection, Stream& stream);
  // How much of a message is read before it is answered; `message` is its size,
  // or 0 when that is not known yet.
  size_t Wanted(size_t message) const;
  // Answers the message that `buffer` starts with, and takes it out. False: the
  // connection ends.
  bool AnswerOne(size_t size, std::string& buffer, Stream& stream,
                 Session& session);
  void SetIdle(Connections::iterator connection, bool idle);

  Lookups& lookups_;
  CertificateJudge judge_;
  Issuers issuers_;
  const Clock clock_;
  const ServerOptions options_;
  const std::shared_ptr<Socket> listener_;
  const uint16_t port_;
  const int wake_;  // An eventfd that ends Accept.
  Mutex mutex_;
  CondVar ended_;
  Connections connections_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_SERVER_H_
