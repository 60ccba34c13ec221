// What a user keeps between look-ups, in SQLite: for each log its configuration
// (which never changes), where it is served, the view of the newest verified
// tree head, and the look-ups that Contact Monitoring asks to follow up ([KT]
// "Updating Views of the Tree", "Contact Algorithm"). docs/formats.md has the
// schema.
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
#include "client/sqlite.h"
#include "crypto/types.h"
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

  // Ordered by label, position and version.
  absl::StatusOr<std::vector<keytrans::MonitoringObligation>> ReadObligations(
      const crypto::Hash& fingerprint);

 private:
  State(std::string folder, Database database)
      : folder_(std::move(folder)), database_(std::move(database)) {}

  absl::Status CheckOrMakeSchema(Mode mode);
  absl::Status MakeSchema();
  absl::Status CheckIntegrity();
  absl::StatusOr<std::string> ReadView(const crypto::Hash& fingerprint);
  absl::Status WriteView(const crypto::Hash& fingerprint,
                         const std::string& view);
  absl::Status AddObligation(const crypto::Hash& fingerprint,
                             const keytrans::MonitoringObligation& owed);
  absl::StatusOr<LogRecord> RecordOf(const Statement& row);
  absl::Status Damaged(absl::string_view what) const;
  std::string file() const;

  std::string folder_;
  Database database_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_STATE_H_
