// Asks about the past of an address and believes nothing that is not proven.
//
//   HistoryClient client(state, endpoint, channel, clock, {});
//   client.ReadHistory(fingerprint, "a@example.org",
//                      [](const HistoryEntry& entry) { ...; return true; });
#ifndef SEALBOOK_CLIENT_HISTORY_CLIENT_H_
#define SEALBOOK_CLIENT_HISTORY_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/channel.h"
#include "client/exchange.h"
#include "client/patience.h"
#include "client/search_calls.h"
#include "client/state.h"
#include "client/verify_exchange.h"
#include "keytrans/verified.h"
#include "keytrans/verifier.h"
#include "proto/sealbook/v1/history.grpc.pb.h"
#include "proto/sealbook/v1/records.pb.h"

namespace sealbook::client {

// One verified version of an address.
struct HistoryEntry {
  uint32_t version = 0;
  v1::DirectoryEntry entry;
  // DER, each named by its SHA-256 in the entry.
  std::vector<std::string> issuers;
  // Absent where the log's maximum lifetime excuses that it is not proven.
  std::optional<keytrans::VerifiedHistoryVersion::Appearance> since;
};

struct HistoryOptions {
  // How long each page of a history, and each state as of a time, may take to
  // come.
  uint64_t timeout_ms = 30000;
  // The newest version to read; absent: the greatest.
  std::optional<uint32_t> newest;
  // 0: all.
  uint32_t max_versions = 0;
  // How often it is asked again because another process moved the state before
  // the first page was believed.
  int max_moves = 8;
  // With a server that limits how many addresses one caller may look up. Of all
  // calls together: when it has waited in vain, the next one does not wait.
  PatienceOptions patience;
};

// How a history ended.
struct HistoryOutcome {
  // The tree that all of it is proven in.
  keytrans::TreeView view;
  // No version was read because the label has none.
  bool absent = false;
  // `newest` does not exist; this is the greatest.
  std::optional<uint32_t> greatest;
  // The versions below those that were read are older than the log's maximum
  // lifetime and were not proven.
  bool older_expired = false;
};

// The state of an address as of a time.
struct StateAsOf {
  std::string label;
  // The version in force; absent: there was none.
  std::optional<HistoryEntry> in_force;
  // The terminal log entry of the search for it, and what it obliges to.
  uint64_t terminal = 0;
  std::optional<keytrans::MonitoringObligation> obligation;
  // The log entry that was the newest then; absent when the log began later.
  std::optional<uint64_t> position;
  keytrans::TreeView view;
  Exchange exchange;
};

// Not thread-safe. `state` outlives it.
class HistoryClient {
 public:
  // `endpoint` is for the words of errors: `channel` is what is asked.
  HistoryClient(State& state, Endpoint endpoint,
                const std::shared_ptr<grpc::ChannelInterface>& channel,
                Clock clock, HistoryOptions options);

  // Reads versions newest first and hands each to `each` when it has been
  // verified, until `each` returns false. The state is moved when the first
  // page has been verified; all pages must show its tree.
  //
  // Errors: as DirectoryClient::LookUp for a label, but no second question is
  // asked after a rollback; DATA_LOSS: the server ended the history before its
  // end. What `each` was given before stands. A limit of the server's is waited
  // for before the first page; one that comes later ends it
  // (RESOURCE_EXHAUSTED), since the rest might be of another tree.
  absl::StatusOr<HistoryOutcome> ReadHistory(
      const crypto::Hash& fingerprint, const std::string& label,
      const std::function<bool(HistoryEntry entry)>& each);

  // `time_ms` since the Unix epoch. Errors: as above.
  absl::StatusOr<StateAsOf> ReadAsOf(const crypto::Hash& fingerprint,
                                     const std::string& label,
                                     uint64_t time_ms);

 private:
  // What is verified against: the state's view, then that of the first page.
  struct Ground {
    crypto::Hash fingerprint;
    keytrans::Configuration configuration;
    keytrans::Verifier verifier;
    std::optional<keytrans::TreeView> view;
  };

  absl::StatusOr<Ground> ReadGround(const crypto::Hash& fingerprint);
  // `retry_ms`: when to ask again, if the server says so.
  absl::StatusOr<HistoryOutcome> ReadPages(
      Ground& ground, const std::string& label,
      const std::function<bool(HistoryEntry entry)>& each, uint64_t& retry_ms);
  absl::StatusOr<VerifiedAnswer> Believe(Ground& ground, Exchange& exchange,
                                         std::optional<uint64_t> newer,
                                         bool first);
  absl::Status MoveState(Ground& ground, const VerifiedAnswer& answer,
                         bool first);

  State& state_;
  Endpoint endpoint_;
  std::unique_ptr<v1::History::StubInterface> stub_;
  Clock clock_;
  HistoryOptions options_;
  Patience patience_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_HISTORY_CLIENT_H_
