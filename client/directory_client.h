// Looks addresses up and believes nothing that is not proven.
//
//   DirectoryClient client(state, endpoint, channel, clock, {});
//   SEALBOOK_ASSIGN_OR_RETURN(auto answers,
//                             client.LookUp(fingerprint, {"a@example.org"}));
//   if (answers[0].ok() && answers[0]->found.has_value()) ...
#ifndef SEALBOOK_CLIENT_DIRECTORY_CLIENT_H_
#define SEALBOOK_CLIENT_DIRECTORY_CLIENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/channel.h"
#include "client/exchange.h"
#include "client/search_calls.h"
#include "client/state.h"
#include "keytrans/tree_view.h"
#include "keytrans/verifier.h"
#include "proto/sealbook/v1/key_transparency.grpc.pb.h"
#include "proto/sealbook/v1/records.pb.h"

namespace sealbook::client {

// A version of an address and what it holds.
struct FoundEntry {
  uint32_t version = 0;
  // Position of the terminal log entry of the search.
  uint64_t terminal = 0;
  v1::DirectoryEntry entry;
  // DER, each named by its SHA-256 in the entry.
  std::vector<std::string> issuers;
  // Present when the entry is so young that it is to be monitored.
  std::optional<keytrans::MonitoringObligation> obligation;
};

struct Lookup {
  std::string label;
  // Absent: it is proven that the label has no version in this tree.
  std::optional<FoundEntry> found;
  // The tree that it is proven in.
  keytrans::TreeView view;
  // What was asked and answered, to the byte.
  Exchange exchange;
};

struct LookupOptions {
  // A call's time to answer.
  uint64_t timeout_ms = 30000;
  // How often everything is asked again because another process moved the state
  // meanwhile.
  int max_moves = 8;
};

// Not thread-safe. `state` outlives it.
class DirectoryClient {
 public:
  // `endpoint` is for the words of errors: `channel` is what is asked.
  DirectoryClient(State& state, Endpoint endpoint,
                  const std::shared_ptr<grpc::ChannelInterface>& channel,
                  Clock clock, LookupOptions options);

  // Looks up canonical labels; results in their order. All questions advertise
  // the view that the state holds, every answer is verified against it, and the
  // state is replaced once by the newest view. Where the log grew in the
  // middle, answers from the smaller tree are dropped and asked for again
  // against the new view: every view that is believed was checked against the
  // one before.
  //
  // A label's error changes nothing. With a keytrans::RefusalReason: the answer
  // was refused, and its evidence kept (EvidenceOf). UNIMPLEMENTED: the entry
  // is of a newer format. Otherwise the call failed; the message says what to
  // do. The whole fails (ABORTED) when the state moved max_moves times, and as
  // State says.
  absl::StatusOr<std::vector<absl::StatusOr<Lookup>>> LookUp(
      const crypto::Hash& fingerprint, absl::Span<const std::string> labels);

 private:
  // What all questions of one round advertise.
  struct Round;
  using Answers = std::vector<absl::StatusOr<Lookup>>;

  Answers Ask(const Round& round, absl::Span<const std::string> labels);
  absl::StatusOr<Lookup> Judge(const Round& round, const std::string& label,
                               SearchCallResult call);
  absl::StatusOr<Lookup> Verify(const Round& round, const Exchange& exchange);
  absl::Status ExplainFailure(const Round& round, const std::string& label,
                              const grpc::Status& status);
  void RefuseForks(Answers& answers);

  State& state_;
  Endpoint endpoint_;
  std::unique_ptr<v1::KeyTransparency::StubInterface> stub_;
  Clock clock_;
  LookupOptions options_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_DIRECTORY_CLIENT_H_
