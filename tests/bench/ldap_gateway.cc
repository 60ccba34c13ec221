#include "tests/bench/ldap_gateway.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/alarms/alarm.h"
#include "client/channel.h"
#include "client/ldap/directory.h"
#include "server/clock.h"
#include "tests/bench/measure.h"

namespace sealbook::bench {
namespace {

uint64_t Now() { return server::SystemClock().WallMs(); }

// A state that trusts the log, in a folder of its own.
client::State MakeState(FilledLog& log, const std::string& name) {
  client::State state = OrDie(
      client::State::Open(log.site().path(name), client::State::Mode::kCreate));
  CheckOk(state.PutLog(log.daemon().log().configuration(),
                       {.target = absl::StrCat(
                            "localhost:", log.daemon().public_server().port()),
                        .ca_file = log.site().path("tls-ca.pem")}));
  return state;
}

}  // namespace

LdapGateway::LdapGateway(FilledLog& log, const std::string& state,
                         uint64_t cache_ms) {
  client::ldap::DirectoryOptions options;
  options.cache.max_age_ms = cache_ms;
  options.tell = [](const client::Alarm& alarm) {
    CheckOk(absl::InternalError(alarm.subject));
  };
  CheckOk(gateway_.Add("", OrDie(client::ldap::Directory::Open(
                               MakeState(log, state), Now, options))));
  server_ = OrDie(client::ldap::Server::Start(gateway_, Now, {}));
}

DirectUser::DirectUser(FilledLog& log)
    : state_(MakeState(log, "direct")),
      record_(OrDie(state_.ReadLogs()).at(0)) {
  const client::Endpoint endpoint{.server = record_.server};
  client_ = std::make_unique<client::DirectoryClient>(
      state_, endpoint, OrDie(client::OpenChannel(endpoint)), Now,
      client::LookupOptions());
}

void DirectUser::LookUp(const std::string& label, bool exists) {
  auto lookups = OrDie(client_->LookUp(record_.fingerprint, {label}));
  if (OrDie(std::move(lookups.at(0))).found.has_value() != exists) {
    CheckOk(absl::InternalError(absl::StrCat(label, ": the wrong answer")));
  }
}

}  // namespace sealbook::bench
