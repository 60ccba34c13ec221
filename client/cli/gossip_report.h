// What came of a comparison, for people and for programs.
#ifndef SEALBOOK_CLIENT_CLI_GOSSIP_REPORT_H_
#define SEALBOOK_CLIENT_CLI_GOSSIP_REPORT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "client/cli/exit_code.h"
#include "client/cli/terminal.h"
#include "client/gossip/compare.h"
#include "client/gossip/heads.h"
#include "nlohmann/json_fwd.hpp"

namespace sealbook::client {

struct GossipReport {
  Comparison comparison;
  // What this user sees.
  SeenLog ours;
  // What the other side sees; empty for bare roots, which have no positions.
  std::vector<LogHead> theirs;
  // Of verified answers only.
  std::optional<uint64_t> their_size;
  // Of a fork: the refusal, with its evidence.
  absl::Status refused;
};

nlohmann::ordered_json HeadsToJson(absl::Span<const LogHead> heads);

// Prints it. kOk, kError where nothing can be said, kRefused for a fork.
ExitCode PrintGossip(const GossipReport& report, bool json, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_GOSSIP_REPORT_H_
