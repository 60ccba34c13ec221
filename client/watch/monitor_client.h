// Follows what the user owns and what the user was shown, as the log grows
// ([KT] "Monitoring the Tree", "Updating a Label"), and believes nothing that
// is not proven.
//
//   MonitorClient client(state, endpoint, channel, clock, {});
//   client.CheckOwned(fingerprint, "a@example.org");
//   client.CheckContacts(fingerprint);
#ifndef SEALBOOK_CLIENT_WATCH_MONITOR_CLIENT_H_
#define SEALBOOK_CLIENT_WATCH_MONITOR_CLIENT_H_

#include <grpcpp/client_context.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/call_timeout.h"
#include "client/channel.h"
#include "client/directory_client.h"
#include "client/exchange.h"
#include "client/patience.h"
#include "client/state.h"
#include "client/stop.h"
#include "client/verify_exchange.h"
#include "crypto/types.h"
#include "keytrans/ladder_keys.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/verifier.h"
#include "proto/sealbook/v1/key_transparency.grpc.pb.h"

namespace sealbook::client {

struct MonitorOptions {
  // A call's time to answer; of the versions of an update, each one's.
  uint64_t timeout_ms = 30000;
  // How often the same is asked again because another process moved the state
  // meanwhile.
  int max_moves = 8;
  // With a server that limits how many addresses one caller may look up: in all
  // calls together, until BeginRound.
  PatienceOptions patience;
  // Ends calls and waits: what is under way is CANCELLED. What was stored
  // before stays, and is gone on from the next time. May be null; outlives the
  // client.
  Stop* stop = nullptr;
};

// Whether the server withholds what it has proven to exist.
bool IsWithheld(const absl::Status& status);

// The proof does not fit an answer: fewer entries help, waiting does not.
bool AsksTooMuch(const absl::Status& status);

// What a check of an owned address has found.
struct OwnedCheck {
  OwnedAddress owned;
  // Whether the ownership began with it.
  bool began = false;
  // The greatest version now; absent: the label has none.
  std::optional<FoundEntry> current;
  // Not OK: why the greatest version, which is proven like any other, cannot be
  // read.
  absl::Status unreadable;
  // Versions that were not known before, ascending.
  std::vector<OwnedVersion> news;
  // The tree that all of it is proven in.
  keytrans::TreeView view;
};

struct ContactsCheck {
  // Labels that were monitored, and versions that are to be monitored further.
  size_t labels = 0;
  size_t remaining = 0;
  struct Failure {
    std::string label;
    absl::Status status;
  };
  std::vector<Failure> failures;
};

// Not thread-safe. `state` outlives it.
class MonitorClient {
 public:
  // Makes the alarm about a version that the user has not confirmed. `older`:
  // the version before, where it is known.
  using MakeAlarm = std::function<Alarm(
      const std::string& label, const OwnedVersion& version,
      const OwnedVersion* older, const std::vector<std::string>& issuers)>;

  // `endpoint` is for the words of errors: `channel` is what is asked.
  MonitorClient(State& state, Endpoint endpoint,
                const std::shared_ptr<grpc::ChannelInterface>& channel,
                Clock clock, MonitorOptions options);

  // From now on, waits for the server's limit are counted anew. Where it let
  // nothing through for as long as options.patience waits, all else fails
  // (RESOURCE_EXHAUSTED) without waiting until then.
  void BeginRound();

  // Checks an address that the user owns; the first time, it begins with it,
  // and what is there counts as confirmed. Every version that came since is
  // verified, and raises an alarm unless it was confirmed, in the same
  // transaction. Errors: as DirectoryClient::LookUp for a label. DATA_LOSS: the
  // server withholds what it has proven to exist.
  absl::StatusOr<OwnedCheck> CheckOwned(const crypto::Hash& fingerprint,
                                        const std::string& label,
                                        const MakeAlarm& make_alarm);

  // Monitors every version that the state says is to be monitored. Errors: the
  // state cannot be read. Ends early, with what it has, as options.stop says.
  absl::StatusOr<ContactsCheck> CheckContacts(const crypto::Hash& fingerprint);

 private:
  using Owed = std::vector<keytrans::MonitoringObligation>;
  using Stub = v1::KeyTransparency::StubInterface;

  // What answers are verified against.
  struct Ground {
    crypto::Hash fingerprint;
    keytrans::Configuration configuration;
    keytrans::Verifier verifier;
    std::optional<keytrans::TreeView> view;

    std::optional<uint64_t> last() const;
  };

  absl::StatusOr<Ground> ReadGround(const crypto::Hash& fingerprint);
  // Verifies an answer, and keeps it as evidence where it is refused.
  absl::StatusOr<VerifiedAnswer> Judge(const Ground& ground,
                                       Exchange& exchange);
  absl::StatusOr<Lookup> LookUp(const crypto::Hash& fingerprint,
                                const std::string& label,
                                std::optional<uint32_t> version);
  // A call, once; and what came of one that failed.
  template <typename Call, typename Answer>
  absl::Status Ask(grpc::Status (Stub::*method)(grpc::ClientContext* context,
                                                const Call& call,
                                                Answer* answer),
                   const Call& call, Answer& answer);
  absl::Status Failure(const grpc::ClientContext& context,
                       const grpc::Status& status) const;
  // Repeats `step` as long as the server's limit stops it, and it pays to wait.
  absl::Status Persist(const std::function<absl::Status()>& step);
  // The same, and repeats it while another process moves the state.
  absl::Status Retry(const std::function<absl::Status()>& step);

  // Nothing where another process has begun meanwhile.
  absl::Status Begin(const crypto::Hash& fingerprint, const std::string& label,
                     const Lookup& now);
  // The log denies what it has proven before.
  absl::Status CompareWithKnown(const Lookup& now, const OwnedAddress& known);
  absl::Status NoteChecked(const crypto::Hash& fingerprint,
                           const std::string& label, OwnedCheck& check);
  // The versions after the ones known, if `proven` is greater.
  absl::Status ReadUpdates(const crypto::Hash& fingerprint,
                           const std::string& label,
                           std::optional<uint32_t> proven,
                           const MakeAlarm& make_alarm, OwnedCheck& check);
  absl::Status TakeUpdate(Ground& ground, OwnedAddress& owned,
                          v1::UpdateAnswer& message,
                          const std::vector<std::string>& issuers,
                          const MakeAlarm& make_alarm, OwnedCheck& check);
  // True: the rightmost distinguished log entry was reached.
  absl::StatusOr<bool> MonitorOnce(const crypto::Hash& fingerprint,
                                   const std::string& label,
                                   OwnedAddress& after);
  absl::StatusOr<bool> MonitorToTheEnd(const crypto::Hash& fingerprint,
                                       const std::string& label);

  // Of one label in a check of contacts, or where an owner's map is too large.
  struct ContactMap;
  struct ContactProgress;
  // Monitors an owner's map as a contact does, some of it at a time, so that
  // little of it is left. For maps that no OwnerMonitor can be answered about.
  absl::Status MonitorOwnedMap(const crypto::Hash& fingerprint,
                               const std::string& label);
  absl::Status MonitorSomeOwned(const crypto::Hash& fingerprint,
                                const std::string& label,
                                ContactProgress& progress);
  // Finds the keys that monitoring `owed` needs and that the state lacks.
  absl::Status FindKeys(const crypto::Hash& fingerprint, Owed& owed);
  // The versions that are left to monitor.
  absl::StatusOr<size_t> MonitorLabel(const crypto::Hash& fingerprint,
                                      const std::string& label);
  // As many of them as one request may ask about, or fewer where the answer
  // did not fit.
  absl::Status MonitorSome(const crypto::Hash& fingerprint,
                           const std::string& label, ContactProgress& progress);
  // `openings`: of `entries`; none where they are not kept.
  absl::StatusOr<VerifiedAnswer> AskAboutContact(
      const Ground& ground, const std::string& label,
      const std::vector<keytrans::MonitorMapEntry>& entries,
      const keytrans::LadderKeys& keys,
      const std::vector<crypto::Opening>& openings);

  State& state_;
  Endpoint endpoint_;
  std::shared_ptr<grpc::ChannelInterface> channel_;
  std::unique_ptr<Stub> stub_;
  Clock clock_;
  MonitorOptions options_;
  Patience patience_;
};

template <typename Call, typename Answer>
absl::Status MonitorClient::Ask(
    grpc::Status (Stub::*method)(grpc::ClientContext* context, const Call& call,
                                 Answer* answer),
    const Call& call, Answer& answer) {
  grpc::ClientContext context;
  const StoppableCall stoppable(options_.stop, context);
  SetTimeout(context, options_.timeout_ms);
  const grpc::Status status = ((*stub_).*method)(&context, call, &answer);
  if (!status.ok()) return Failure(context, status);
  patience_.Answered();
  return absl::OkStatus();
}

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_WATCH_MONITOR_CLIENT_H_
