// What a user keeps between look-ups, in SQLite: for each log its configuration
// (which never changes), where it is served, the view of the newest verified
// tree head, the look-ups that Contact Monitoring asks to follow up, the
// addresses that the user owns, and the alarms that were raised ([KT] "Updating
// Views of the Tree", "Monitoring the Tree"). docs/formats.md has the schema.
//
//   SEALBOOK_ASSIGN_OR_RETURN(State state, State::Open(dir,
//                                                      State::Mode::kCreate));
//   SEALBOOK_ASSIGN_OR_RETURN(LogRecord log, state.ReadLog(fingerprint));
//   ... ask with log.view, verify the answer ...
//   absl::Status moved = state.Advance(fingerprint, log.view, verified.view,
//   {}); if (absl::IsAborted(moved)) ... discard the answer, ask again ...
//
// A change is one transaction, durable when the call returns. Several processes
// may use one state at once. Not thread-safe.
//
// Errors name the file. DATA_LOSS: it is damaged. FAILED_PRECONDITION: it
// belongs to something else or to a newer version. UNAVAILABLE: another process
// held it for five seconds.
#ifndef SEALBOOK_CLIENT_STATE_H_
#define SEALBOOK_CLIENT_STATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/alarms/alarm.h"
#include "client/sqlite.h"
#include "crypto/types.h"
#include "keytrans/owner_state.h"
#include "keytrans/structures.h"
#include "keytrans/tree_view.h"
#include "keytrans/verifier.h"

namespace sealbook::client {

// Where a log is served.
struct ServerAddress {
  std::string target;  // host:port
  // PEM bundle of the CAs of the server's certificate, an absolute path; empty:
  // those that the system trusts.
  std::string ca_file;

  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

struct LogRecord {
  // SHA-256 of the configuration: names the log.
  crypto::Hash fingerprint;
  keytrans::Configuration configuration;
  ServerAddress server;
  // Absent until the first verified answer.
  std::optional<keytrans::TreeView> view;
};

// An address that the user owns, as the state keeps it.
struct OwnedAddress {
  keytrans::OwnerState owner;
  // The greatest version that the user has confirmed; absent: none yet.
  std::optional<uint32_t> accepted;
  // When it was last checked up to the newest head, milliseconds since the Unix
  // epoch.
  uint64_t checked_ms = 0;

  friend bool operator==(const OwnedAddress&, const OwnedAddress&) = default;
};

// A version of an owned address that was verified.
struct OwnedVersion {
  uint32_t version = 0;
  // The log entry that added it; absent: it was there before the ownership.
  std::optional<uint64_t> position;
  // UpdateValue.value, the committed bytes.
  std::string value;

  friend bool operator==(const OwnedVersion&, const OwnedVersion&) = default;
};

// What a verified answer changes, all of it or nothing.
struct StateChange {
  // The view that the question advertised, and the one to retain.
  std::optional<keytrans::TreeView> advertised;
  keytrans::TreeView verified;
  // To be monitored from now on, and no more (the ladders of these are not
  // looked at).
  std::vector<keytrans::MonitoringObligation> owed;
  std::vector<keytrans::MonitoringObligation> done;
  // An owned address as it was (absent: it was none) and as it is to be.
  std::optional<OwnedAddress> owned_before;
  std::optional<OwnedAddress> owned;
  std::vector<OwnedVersion> versions;
  std::vector<Alarm> alarms;
};

// An alarm that is not closed.
struct OpenAlarm {
  int64_t id = 0;
  Alarm alarm;
};

// An alarm that a channel has not taken yet.
struct PendingDelivery {
  int64_t id = 0;
  Alarm alarm;
  std::string channel;
  // Failed ones.
  uint32_t attempts = 0;
};

class State {
 public:
  enum class Mode {
    kCreate,    // Makes folder (mode 0700) and file (0600) where missing.
    kExisting,  // NOT_FOUND where missing.
    kReadOnly,  // As kExisting; every change fails.
  };

  static absl::StatusOr<State> Open(const std::string& folder, Mode mode);

  // $XDG_STATE_HOME/sealbook, or ~/.local/state/sealbook. FAILED_PRECONDITION:
  // neither variable is set.
  static absl::StatusOr<std::string> DefaultFolder();

  const std::string& folder() const { return folder_; }
  // Where the evidence of refused answers is kept. Made when first needed.
  std::string evidence_folder() const { return folder_ + "/evidence"; }

  // Every log, by fingerprint.
  absl::StatusOr<std::vector<LogRecord>> ReadLogs();
  // NOT_FOUND: this state does not know the log.
  absl::StatusOr<LogRecord> ReadLog(const crypto::Hash& fingerprint);

  // Makes a log known, or changes where a known one is served.
  // ALREADY_EXISTS: the state trusts another log. One state, one log: to follow
  // another one is a decision that no command takes in passing.
  absl::Status PutLog(const keytrans::Configuration& configuration,
                      const ServerAddress& server);

  // Replaces the view `advertised` by `verified` and adds what is to be
  // monitored. ABORTED, changing nothing: the stored view is neither of the
  // two, so `verified` was never checked against it (DESIGN, "Tree and
  // storage"). NOT_FOUND as above.
  absl::Status Advance(
      const crypto::Hash& fingerprint,
      const std::optional<keytrans::TreeView>& advertised,
      const keytrans::TreeView& verified,
      absl::Span<const keytrans::MonitoringObligation> obligations);

  // The same, and whatever else a verified answer changes. ABORTED also: the
  // owned address is stored otherwise than `owned_before`.
  absl::Status Apply(const crypto::Hash& fingerprint,
                     const StateChange& change);

  // Ordered by label, position and version. Obligations of a state that an
  // older version wrote have no ladder.
  absl::StatusOr<std::vector<keytrans::MonitoringObligation>> ReadObligations(
      const crypto::Hash& fingerprint);

  // Of every label.
  absl::StatusOr<std::vector<OwnedAddress>> ReadOwned(
      const crypto::Hash& fingerprint);
  // Absent: the label is not owned.
  absl::StatusOr<std::optional<OwnedAddress>> ReadOwned(
      const crypto::Hash& fingerprint, const std::string& label);
  // Ascending; those from `first` on.
  absl::StatusOr<std::vector<OwnedVersion>> ReadOwnedVersions(
      const crypto::Hash& fingerprint, const std::string& label,
      uint32_t first);
  // Confirms the versions known, those up to `up_to` where that is present, and
  // closes the alarms about them. Returns the greatest that is confirmed now;
  // absent: the label has none. NOT_FOUND: it is not owned. OUT_OF_RANGE:
  // `up_to` is not known.
  absl::StatusOr<std::optional<uint32_t>> AcceptVersions(
      const crypto::Hash& fingerprint, const std::string& label,
      std::optional<uint32_t> up_to, uint64_t now_ms);
  // Forgets the label and closes all alarms about it. NOT_FOUND as above.
  absl::Status Disown(const crypto::Hash& fingerprint, const std::string& label,
                      uint64_t now_ms);

  // Keeps an alarm, unless one of its key is open.
  absl::Status RaiseAlarm(const Alarm& alarm);
  // Keeps those of which none of their key is open: all of them, or none.
  absl::Status RaiseAlarms(absl::Span<const Alarm> alarms);
  // Keeps an alarm, unless there was one of its key before.
  absl::Status RaiseAlarmOnce(const Alarm& alarm);
  // By id.
  absl::StatusOr<std::vector<OpenAlarm>> ReadOpenAlarms();
  // False: no alarm of this key, or id, is open.
  absl::StatusOr<bool> CloseAlarm(const std::string& key, uint64_t now_ms);
  absl::StatusOr<bool> CloseAlarm(int64_t id, uint64_t now_ms);
  // What is due now on the channels named: open alarms that were not delivered
  // there, in order of id.
  absl::StatusOr<std::vector<PendingDelivery>> ReadPendingDeliveries(
      absl::Span<const std::string> channels, uint64_t now_ms);
  absl::Status MarkDelivered(const PendingDelivery& delivery, uint64_t now_ms);
  // To be tried again at `next_ms`.
  absl::Status MarkFailed(const PendingDelivery& delivery, uint64_t next_ms,
                          const std::string& error);

  // When something was last done with a log, milliseconds since the Unix epoch;
  // 0: never.
  absl::StatusOr<uint64_t> ReadTime(const crypto::Hash& fingerprint,
                                    const std::string& what);
  absl::Status WriteTime(const crypto::Hash& fingerprint,
                         const std::string& what, uint64_t time_ms);

 private:
  State(std::string folder, Database database)
      : folder_(std::move(folder)), database_(std::move(database)) {}

  absl::Status CheckOrMakeSchema(Mode mode);
  absl::Status MakeSchema();
  absl::Status Migrate();
  absl::Status CheckIntegrity();
  absl::StatusOr<std::string> ReadView(const crypto::Hash& fingerprint);
  absl::Status WriteView(const crypto::Hash& fingerprint,
                         const std::string& view);
  absl::Status AddObligation(const crypto::Hash& fingerprint,
                             const keytrans::MonitoringObligation& owed);
  absl::Status RemoveObligation(const crypto::Hash& fingerprint,
                                const keytrans::MonitoringObligation& done);
  absl::Status ReplaceOwned(const crypto::Hash& fingerprint,
                            const std::optional<OwnedAddress>& before,
                            const OwnedAddress& owned);
  absl::Status AddOwnedVersion(const crypto::Hash& fingerprint,
                               const std::string& label,
                               const OwnedVersion& version);
  absl::StatusOr<OwnedAddress> OwnedOf(const Statement& row);
  absl::Status AddAlarm(const Alarm& alarm);
  absl::StatusOr<Alarm> AlarmOf(const Statement& row, int first_column) const;
  absl::StatusOr<LogRecord> RecordOf(const Statement& row);
  absl::Status Damaged(absl::string_view what) const;
  std::string file() const;

  std::string folder_;
  Database database_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_STATE_H_
