// Asks for the recent distinguished heads ([KT] "Walking Distinguished Heads"),
// which users compare to detect a fork, and believes nothing that is not
// proven.
//
//   DistinguishedClient client(state, endpoint, channel, clock, {});
//   SEALBOOK_ASSIGN_OR_RETURN(RecentHeads ours, client.ReadHeads(fingerprint));
//   ... EncodeHeadsText({fingerprint, ours.seen.heads}) ...
//
// Over a second channel: client/gossip/second_look.h.
#ifndef SEALBOOK_CLIENT_GOSSIP_DISTINGUISHED_CLIENT_H_
#define SEALBOOK_CLIENT_GOSSIP_DISTINGUISHED_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/channel.h"
#include "client/exchange.h"
#include "client/gossip/compare.h"
#include "client/search_calls.h"
#include "client/state.h"
#include "client/stop.h"
#include "crypto/types.h"
#include "keytrans/structures.h"
#include "proto/sealbook/v1/key_transparency.grpc.pb.h"

namespace sealbook::client {

// A verified answer. There is at least one head, unless all that the log has
// are expired.
struct RecentHeads {
  SeenLog seen;
  // What was asked and answered, to the byte.
  Exchange exchange;
};

struct DistinguishedOptions {
  // A call's time to answer.
  uint64_t timeout_ms = 30000;
  // How often it is asked again because another process moved the state.
  int max_moves = 8;
  // Ends the call (CANCELLED). May be null; outlives the client.
  Stop* stop = nullptr;
};

// Not thread-safe. `state` outlives it.
class DistinguishedClient {
 public:
  // `endpoint` is for the words of errors: `channel` is what is asked.
  DistinguishedClient(State& state, Endpoint endpoint,
                      const std::shared_ptr<grpc::ChannelInterface>& channel,
                      Clock clock, DistinguishedOptions options);

  // Advertises the state's view, verifies the answer against it, and moves the
  // state to the tree that was shown. With a keytrans::RefusalReason: the
  // answer was refused, and its evidence kept (EvidenceOf); a log that does not
  // know the tree any more is asked once by somebody who knows none, for the
  // evidence of a rollback. ABORTED: the state moved max_moves times in a row.
  // Otherwise the call failed, and the message says what to do; or as State
  // says.
  absl::StatusOr<RecentHeads> ReadHeads(const crypto::Hash& fingerprint);

 private:
  absl::Status ExplainFailure(const LogRecord& log, const grpc::Status& status);

  State& state_;
  Endpoint endpoint_;
  std::unique_ptr<v1::KeyTransparency::StubInterface> stub_;
  Clock clock_;
  DistinguishedOptions options_;
};

// Asks as somebody who knows nothing but the configuration: no tree is
// advertised, and no state read or changed. Such an answer can be verified by
// everybody. Errors as ReadHeads; evidence of a refused answer is kept below
// `evidence_folder`. `stop` as in DistinguishedOptions.
absl::StatusOr<RecentHeads> ReadHeadsUnknown(
    const keytrans::Configuration& configuration, const Endpoint& endpoint,
    const std::shared_ptr<grpc::ChannelInterface>& channel, const Clock& clock,
    uint64_t timeout_ms, const std::string& evidence_folder,
    Stop* stop = nullptr);

// Verifies an exchange of kind kDistinguished as VerifyExchange does.
absl::StatusOr<SeenLog> VerifyHeads(
    const keytrans::Configuration& configuration, const Exchange& exchange);

// The same of an answer beside another one in evidence. A request that
// advertises a tree is refused (FAILED_PRECONDITION).
absl::StatusOr<SeenLog> VerifyHeads(
    const keytrans::Configuration& configuration, const OtherAnswer& other);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_GOSSIP_DISTINGUISHED_CLIENT_H_
