// The LDAP gateway in this process, and the look-up that it is compared with.
#ifndef SEALBOOK_TESTS_BENCH_LDAP_GATEWAY_H_
#define SEALBOOK_TESTS_BENCH_LDAP_GATEWAY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "client/directory_client.h"
#include "client/ldap/gateway.h"
#include "client/ldap/server.h"
#include "client/state.h"
#include "tests/bench/filled_log.h"

namespace sealbook::bench {

// `sealbook ldap`, without its command line, for all mail domains.
class LdapGateway {
 public:
  // `state`: the name of a folder that it makes. `cache_ms`: how long an answer
  // is remembered; 0: not at all. `log` outlives it. An alarm aborts.
  LdapGateway(FilledLog& log, const std::string& state, uint64_t cache_ms);

  uint16_t port() const { return server_->port(); }

 private:
  client::ldap::Gateway gateway_;
  // Ends first: its sessions ask the gateway.
  std::unique_ptr<client::ldap::Server> server_;
};

// A user's own look-ups, one address after the other.
class DirectUser {
 public:
  explicit DirectUser(FilledLog& log);

  // Aborts unless it is proven that `label` has a version, or that it has none.
  void LookUp(const std::string& label, bool exists);

 private:
  client::State state_;
  const client::LogRecord record_;
  std::unique_ptr<client::DirectoryClient> client_;
};

}  // namespace sealbook::bench

#endif  // SEALBOOK_TESTS_BENCH_LDAP_GATEWAY_H_
