// Asks the log twice, once as somebody unknown by another way, and compares
// ([KT] "Detecting Forks").
//
//   SEALBOOK_ASSIGN_OR_RETURN(
//       SecondLook look, LookTwice(state, log, via, options, clock,
//                                  crypto::SystemRandom()));
//   if (!look.fork.ok()) ... EvidenceOf(look.fork) ...
#ifndef SEALBOOK_CLIENT_GOSSIP_SECOND_LOOK_H_
#define SEALBOOK_CLIENT_GOSSIP_SECOND_LOOK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/gossip/compare.h"
#include "client/gossip/distinguished_client.h"
#include "client/search_calls.h"
#include "client/second_channel.h"
#include "client/state.h"
#include "crypto/random.h"

namespace sealbook::client {

struct SecondLook {
  RecentHeads ours;
  RecentHeads theirs;
  Comparison comparison;
  // Of a fork: the refusal, with its evidence; otherwise OK.
  absl::Status fork;
};

struct SecondLookOptions {
  // For another server than the log's own; empty: that of the log's.
  std::string ca_file;
  // Of each of the two questions, and of connecting to a proxy.
  uint64_t timeout_ms = 60000;
};

// First by way of `via`, then as the user, and in this order (docs/protocol.md,
// "Comparing heads"). `state` is moved as by DistinguishedClient, by the second
// answer alone. Errors: as OpenSecondChannel and DistinguishedClient; those of
// the other way say so in their message.
absl::StatusOr<SecondLook> LookTwice(State& state, const LogRecord& log,
                                     const Via& via,
                                     const SecondLookOptions& options,
                                     const Clock& clock,
                                     crypto::RandomSource& random);

// Keeps two verified answers that contradict each other as evidence and returns
// the refusal with it. `theirs` has advertised no tree. Requires:
// comparison.verdict is kFork.
absl::Status KeepFork(const std::string& evidence_folder,
                      const RecentHeads& ours, const RecentHeads& theirs,
                      const Comparison& comparison);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_GOSSIP_SECOND_LOOK_H_
