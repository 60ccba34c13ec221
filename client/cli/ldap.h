// `sealbook ldap`.
#ifndef SEALBOOK_CLIENT_CLI_LDAP_H_
#define SEALBOOK_CLIENT_CLI_LDAP_H_

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"

namespace sealbook::client {

// Answers mail clients' look-ups over LDAP until SIGTERM or SIGINT, which it
// blocks for the thread and those that it starts.
ExitCode RunLdap(const LdapOptions& options, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_LDAP_H_
