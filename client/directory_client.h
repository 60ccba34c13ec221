// Looks addresses up and believes nothing that is not proven.
//
//   DirectoryClient client(state, endpoint, channel, clock, {});
//   SEALBOOK_ASSIGN_OR_RETURN(auto answers,
//                             client.LookUp(fingerprint, {"a@example.org"}));
//   if (answers[0].ok() && answers[0]->found.has_value()) ...
#ifndef SEALBOOK_CLIENT_DIRECTORY_CLIENT_H_
#define SEALBOOK_CLIENT_DIRECTORY_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/channel.h"
#include "client/exchange.h"
#include "client/patience.h"
#include "client/search_calls.h"
#include "client/state.h"
#include "client/stop.h"
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
  // UpdateValue.value, the committed bytes, and what opens the commitment.
  std::string value;
  crypto::Opening opening;
  // DER, each named by its SHA-256 in the entry.
  std::vector<std::string> issuers;
  // Present when the entry is so young that it is to be monitored.
  std::optional<keytrans::MonitoringObligation> obligation;
};

struct Lookup {
  std::string label;
  // Absent: it is proven that the label has no version in this tree.
  std::optional<FoundEntry> found;
  // Present: a version was asked for that is proven not to exist; `found` is
  // the greatest one.
  std::optional<uint32_t> missing_version;
  // Of a question about a time: the log began later, so nothing is proven of
  // that time.
  bool began_later = false;
  // Not OK: why the entry, which is proven like any other, cannot be read. The
  // tree that it is proven in counts all the same. In results only with
  // LookupOptions::keep_unreadable.
  absl::Status unreadable;
  // The tree that it is proven in.
  keytrans::TreeView view;
  // What was asked and answered, to the byte.
  Exchange exchange;
};

struct LookupOptions {
  // A call's time to answer.
  uint64_t timeout_ms = 30000;
  // How often the same is asked again because another process moved the state
  // meanwhile.
  int max_moves = 8;
  // The version to look up; absent: the greatest.
  std::optional<uint32_t> version;
  // What the answers to several addresses may take together: they are held
  // until all have been judged. One answer has at most 16 MiB.
  size_t max_bytes = 256 << 20;
  // Whether an entry that cannot be read is an answer, with Lookup::unreadable;
  // otherwise it is the address's error.
  bool keep_unreadable = false;
  // Told, each time it is more, how many addresses of all have been answered.
  std::function<void(size_t done, size_t all)> progress;
  // With a server that limits how many addresses one caller may look up.
  PatienceOptions patience;
  // Ends calls and waits: what has no answer then is CANCELLED. May be null;
  // outlives the client.
  Stop* stop = nullptr;
};

// Not thread-safe. `state` outlives it.
class DirectoryClient {
 public:
  // `endpoint` is for the words of errors: `channel` is what is asked.
  DirectoryClient(State& state, Endpoint endpoint,
                  const std::shared_ptr<grpc::ChannelInterface>& channel,
                  Clock clock, LookupOptions options);

  // Looks up canonical labels; results in their order. They are asked for in
  // rounds, each over one stream. All questions of a round advertise the view
  // that the state holds, every answer is verified against it, all show one
  // tree, and the state is replaced once by its view. So every view that is
  // believed was checked against the one before.
  //
  // One round is enough unless the server limits how many addresses one caller
  // may look up: it ends the stream then, what it answered before stands, and
  // the rest is asked for once its hint has passed, in the tree of then. Or the
  // log grew within a stream: answers from the smaller tree are dropped and
  // asked for again. Lookup::view says which tree an answer is proven in.
  //
  // A label's error changes nothing. With a keytrans::RefusalReason: the answer
  // was refused, and its evidence kept (EvidenceOf). UNIMPLEMENTED: the entry
  // is of a newer format. RESOURCE_EXHAUSTED: the server's limit let nothing
  // more through for as long as options.patience waits (RetryHintMs says when
  // to come again), or the answers before it have more than max_bytes.
  // Otherwise the call failed; the message says what to do. The whole fails
  // (ABORTED) when the state moved max_moves times in a row, and as State says.
  absl::StatusOr<std::vector<absl::StatusOr<Lookup>>> LookUp(
      const crypto::Hash& fingerprint, absl::Span<const std::string> labels);

 private:
  // What all questions of one round advertise.
  struct Round;
  // What came of them.
  struct Portion;
  using Answers = std::vector<absl::StatusOr<Lookup>>;
  using Progress = std::function<void(size_t done)>;

  absl::StatusOr<Round> BeginRound(const crypto::Hash& fingerprint);
  Portion Ask(const Round& round, absl::Span<const std::string> labels,
              const Progress& progress);
  // Replaces the state's view by the newest one; its size, 0 without an answer.
  absl::StatusOr<uint64_t> MoveState(const crypto::Hash& fingerprint,
                                     const Round& round,
                                     const Answers& answers);
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
  // Answers that the look-up under way holds.
  size_t held_bytes_ = 0;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_DIRECTORY_CLIENT_H_
