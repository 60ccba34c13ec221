// Asks the log twice, once as somebody unknown by another way, and compares
// ([KT] "Detecting Forks").
//
//   SEALBOOK_ASSIGN_OR_RETURN(
//       SecondLook look, LookTwice(state, log, via, options, clock,
//                                  crypto::SystemRandom()));
//   if (!look.fork.ok()) ... EvidenceOf(look.fork) ...
#ifndef SEALBOOK_CLIENT_GOSSIP_SECOND_LOOK_H_
#define SEALBOOK_CLIENT_GOSSIP_SECOND_LOOK_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/channel.h"
#include "client/gossip/compare.h"
#include "client/gossip/distinguished_client.h"
#include "client/search_calls.h"
#include "client/second_channel.h"
#include "client/state.h"
#include "client/stop.h"
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
  // Ends both (CANCELLED). May be null.
  Stop* stop = nullptr;
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

// Whom to ask, as what and how.
struct AskedLog {
  const LogRecord& log;
  const Endpoint& endpoint;
  std::shared_ptr<grpc::ChannelInterface> channel;
  const Clock& clock;
  uint64_t timeout_ms = 60000;
  Stop* stop = nullptr;
};

// Keeps two verified answers that contradict each other as evidence and returns
// the refusal with it. `theirs` has advertised no tree. Where `ours` has, it is
// proven to those only who have verified that tree: the log is asked once more
// as by somebody who knows none, and an answer that contradicts theirs as well
// is kept in its place. Such evidence convinces everybody who trusts the
// configuration. Requires: they make a fork.
absl::Status KeepFork(const std::string& evidence_folder, const AskedLog& asked,
                      const RecentHeads& ours, const RecentHeads& theirs);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_GOSSIP_SECOND_LOOK_H_
