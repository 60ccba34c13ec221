// `sealbook gossip`: notices that a log shows different histories to different
// people.
#ifndef SEALBOOK_CLIENT_CLI_GOSSIP_H_
#define SEALBOOK_CLIENT_CLI_GOSSIP_H_

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"

namespace sealbook::client {

// Shows the heads that this user sees, for somebody else to compare.
ExitCode RunGossipShow(const GossipShowOptions& options, Terminal& terminal);

// Compares somebody else's heads with what this user sees now. kError where
// they cannot be compared; kRefused for a fork, whose evidence is kept.
ExitCode RunGossipCompare(const GossipCompareOptions& options,
                          Terminal& terminal);

// Asks a second time by another way, as somebody unknown, and compares. Ends as
// RunGossipCompare.
ExitCode RunGossipCheck(const GossipCheckOptions& options, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_GOSSIP_H_
