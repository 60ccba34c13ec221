#include "client/state.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/files.h"
#include "crypto/hash.h"

namespace sealbook::client {
namespace {

constexpr char kFileName[] = "state.db";
// "Seal": tells our file from any other SQLite database.
constexpr int64_t kApplicationId = 0x5365616c;
constexpr int64_t kSchemaVersion = 2;

// `view` is a TreeView (keytrans/tree_view.h); `view_sha256` is over it,
// because SQLite has no checksums and a flipped bit here would look like a
// server that lies.
constexpr char kSchema1[] = R"sql(
CREATE TABLE log (
  fingerprint BLOB NOT NULL PRIMARY KEY,
  configuration BLOB NOT NULL,
  server TEXT NOT NULL,
  ca_file TEXT NOT NULL,
  view BLOB,
  view_sha256 BLOB
) STRICT, WITHOUT ROWID;
CREATE TABLE obligation (
  fingerprint BLOB NOT NULL REFERENCES log (fingerprint),
  label BLOB NOT NULL,
  position INTEGER NOT NULL,
  version INTEGER NOT NULL,
  opening BLOB NOT NULL,
  PRIMARY KEY (fingerprint, label, position, version)
) STRICT, WITHOUT ROWID;
)sql";

// `ladder` is a LadderKeys, `state` an OwnerState (keytrans/owner_state.h).
constexpr char kSchema2[] = R"sql(
ALTER TABLE obligation ADD COLUMN ladder BLOB NOT NULL DEFAULT x'0000';
CREATE TABLE owned (
  fingerprint BLOB NOT NULL REFERENCES log (fingerprint),
  label BLOB NOT NULL,
  state BLOB NOT NULL,
  state_sha256 BLOB NOT NULL,
  accepted INTEGER,
  checked_ms INTEGER NOT NULL,
  PRIMARY KEY (fingerprint, label)
) STRICT, WITHOUT ROWID;
CREATE TABLE owned_version (
  fingerprint BLOB NOT NULL,
  label BLOB NOT NULL,
  version INTEGER NOT NULL,
  position INTEGER,
  value BLOB NOT NULL,
  PRIMARY KEY (fingerprint, label, version),
  FOREIGN KEY (fingerprint, label) REFERENCES owned (fingerprint, label)
) STRICT, WITHOUT ROWID;
CREATE TABLE alarm (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  raised_ms INTEGER NOT NULL,
  log TEXT NOT NULL,
  label BLOB NOT NULL,
  subject TEXT NOT NULL,
  lines TEXT NOT NULL,
  evidence TEXT NOT NULL,
  details TEXT NOT NULL,
  closed_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX open_alarm ON alarm (key) WHERE closed_ms IS NULL;
CREATE TABLE delivery (
  alarm INTEGER NOT NULL REFERENCES alarm (id),
  channel TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_ms INTEGER NOT NULL,
  delivered_ms INTEGER,
  error TEXT NOT NULL,
  PRIMARY KEY (alarm, channel)
) STRICT, WITHOUT ROWID;
CREATE TABLE done (
  fingerprint BLOB NOT NULL REFERENCES log (fingerprint),
  what TEXT NOT NULL,
  time_ms INTEGER NOT NULL,
  PRIMARY KEY (fingerprint, what)
) STRICT, WITHOUT ROWID;
)sql";

constexpr char kSelectLog[] =
    "SELECT fingerprint, configuration, server, ca_file, view, view_sha256 "
    "FROM log ";

std::string EncodeView(const std::optional<keytrans::TreeView>& view) {
  return view.has_value() ? view->Encode() : std::string();
}

// The file appears with its mode, before SQLite would make it with another.
absl::Status MakeFile(const std::string& path) {
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": cannot create: ", std::strerror(errno)));
  }
  close(fd);
  return absl::OkStatus();
}

}  // namespace

std::string State::file() const { return folder_ + "/" + kFileName; }

absl::Status State::Damaged(absl::string_view what) const {
  return absl::DataLossError(absl::StrCat(
      file(), ": damaged: ", what,
      ". Put a backup back, or move the file away and run `sealbook configure` "
      "again (what it remembered of the log is lost then)"));
}

absl::StatusOr<std::string> State::DefaultFolder() {
  const char* xdg = std::getenv("XDG_STATE_HOME");
  // The XDG specification has relative paths ignored.
  if (xdg != nullptr && xdg[0] == '/') return absl::StrCat(xdg, "/sealbook");
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') {
    return absl::StrCat(home, "/.local/state/sealbook");
  }
  return absl::FailedPreconditionError(
      "neither XDG_STATE_HOME nor HOME is set: name the state folder with "
      "--state DIR");
}

absl::StatusOr<State> State::Open(const std::string& folder, Mode mode) {
  std::string path = folder + "/" + kFileName;
  if (mode == Mode::kCreate) {
    SEALBOOK_RETURN_IF_ERROR(MakePrivateFolder(folder));
    SEALBOOK_RETURN_IF_ERROR(MakeFile(path));
  } else if (access(path.c_str(), F_OK) != 0) {
    return absl::NotFoundError(absl::StrCat(
        path, ": ", std::strerror(errno),
        ". Run `sealbook configure` first, or name the state with --state"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      Database database,
      Database::Open(path, mode == Mode::kReadOnly
                               ? Database::Mode::kReadOnly
                               : Database::Mode::kReadWrite));
  State state(folder, std::move(database));
  SEALBOOK_RETURN_IF_ERROR(state.CheckOrMakeSchema(mode));
  return state;
}

absl::Status State::CheckOrMakeSchema(Mode mode) {
  // A rollback journal and not a write-ahead log: home folders lie on network
  // file systems, too. EXTRA also syncs the folder when the journal goes, so
  // that a power failure cannot bring the old view back.
  SEALBOOK_RETURN_IF_ERROR(database_.Execute(
      "PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON"));
  SEALBOOK_ASSIGN_OR_RETURN(int64_t version,
                            database_.ReadInteger("PRAGMA user_version"));
  SEALBOOK_ASSIGN_OR_RETURN(int64_t application,
                            database_.ReadInteger("PRAGMA application_id"));
  SEALBOOK_ASSIGN_OR_RETURN(
      int64_t tables,
      database_.ReadInteger("SELECT count(*) FROM sqlite_schema"));
  if (mode == Mode::kCreate && version == 0 && application == 0 &&
      tables == 0) {
    return MakeSchema();
  }
  if (application != kApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat(file(), ": is not a Sealbook state (application id ",
                     application, ")"));
  }
  if (version >= 1 && version < kSchemaVersion && mode != Mode::kReadOnly) {
    // Damage is told before anything is changed.
    SEALBOOK_RETURN_IF_ERROR(CheckIntegrity());
    return Migrate();
  }
  if (version > kSchemaVersion || version < 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        file(), ": has schema version ", version, ", this program reads ",
        kSchemaVersion, ": it was written by ",
        version > kSchemaVersion ? "a newer Sealbook; update this one"
                                 : "an unknown one"));
  }
  return CheckIntegrity();
}

absl::Status State::MakeSchema() {
  SEALBOOK_ASSIGN_OR_RETURN(Transaction change, Transaction::Begin(database_));
  // Another process may have made it while this one waited for the lock.
  SEALBOOK_ASSIGN_OR_RETURN(int64_t version,
                            database_.ReadInteger("PRAGMA user_version"));
  if (version == kSchemaVersion) return absl::OkStatus();
  SEALBOOK_RETURN_IF_ERROR(database_.Execute(absl::StrCat(
      kSchema1, kSchema2, "PRAGMA application_id = ", kApplicationId,
      "; PRAGMA user_version = ", kSchemaVersion)));
  return change.Commit();
}

absl::Status State::Migrate() {
  SEALBOOK_ASSIGN_OR_RETURN(Transaction change, Transaction::Begin(database_));
  SEALBOOK_ASSIGN_OR_RETURN(int64_t version,
                            database_.ReadInteger("PRAGMA user_version"));
  if (version == kSchemaVersion) return absl::OkStatus();
  SEALBOOK_RETURN_IF_ERROR(database_.Execute(
      absl::StrCat(kSchema2, "PRAGMA user_version = ", kSchemaVersion)));
  return change.Commit();
}

absl::Status State::CheckIntegrity() {
  SEALBOOK_ASSIGN_OR_RETURN(Statement check,
                            database_.Prepare("PRAGMA quick_check(1)"));
  SEALBOOK_ASSIGN_OR_RETURN(bool row, check.Step());
  std::string verdict = row ? check.Bytes(0) : "no answer";
  if (verdict != "ok") return Damaged(verdict);
  return absl::OkStatus();
}

absl::StatusOr<LogRecord> State::RecordOf(const Statement& row) {
  LogRecord record;
  auto configuration = keytrans::Configuration::Parse(row.Bytes(1));
  if (!configuration.ok()) return Damaged(configuration.status().message());
  record.configuration = *std::move(configuration);
  record.fingerprint = record.configuration.Fingerprint();
  if (record.fingerprint.view() != row.Bytes(0)) {
    return Damaged("the configuration does not have its fingerprint");
  }
  record.server = {.target = row.Bytes(2), .ca_file = row.Bytes(3)};
  if (row.IsNull(4)) return record;
  std::string bytes = row.Bytes(4);
  if (crypto::Sha256(bytes).view() != row.Bytes(5)) {
    return Damaged("the view of the tree does not have its checksum");
  }
  auto view = keytrans::TreeView::Parse(bytes);
  if (!view.ok()) return Damaged(view.status().message());
  record.view = *std::move(view);
  return record;
}

absl::StatusOr<std::vector<LogRecord>> State::ReadLogs() {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement row,
      database_.Prepare(absl::StrCat(kSelectLog, "ORDER BY fingerprint")));
  std::vector<LogRecord> records;
  while (true) {
    SEALBOOK_ASSIGN_OR_RETURN(bool found, row.Step());
    if (!found) return records;
    SEALBOOK_ASSIGN_OR_RETURN(LogRecord record, RecordOf(row));
    records.push_back(std::move(record));
  }
}

absl::StatusOr<LogRecord> State::ReadLog(const crypto::Hash& fingerprint) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement row,
      database_.Prepare(absl::StrCat(kSelectLog, "WHERE fingerprint = ?1")));
  row.BindBytes(1, fingerprint.view());
  SEALBOOK_ASSIGN_OR_RETURN(bool found, row.Step());
  if (!found) {
    return absl::NotFoundError(
        absl::StrCat(file(), ": does not know the log ", fingerprint.ToHex()));
  }
  return RecordOf(row);
}

absl::Status State::PutLog(const keytrans::Configuration& configuration,
                           const ServerAddress& server) {
  SEALBOOK_ASSIGN_OR_RETURN(Transaction change, Transaction::Begin(database_));
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<LogRecord> known, ReadLogs());
  for (const LogRecord& log : known) {
    if (log.configuration == configuration) continue;
    return absl::AlreadyExistsError(absl::StrCat(
        "this state (", folder_, ") trusts the log ", log.fingerprint.ToHex(),
        " at ", log.server.target, ", and the configuration given is that of ",
        configuration.Fingerprint().ToHex(),
        ". A log's configuration never changes: if the same operator offers "
        "another one, ask why. To use both logs, give the new one a state of "
        "its own (--state DIR)"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement put,
      database_.Prepare(
          "INSERT INTO log (fingerprint, configuration, server, ca_file) "
          "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (fingerprint) DO UPDATE SET "
          "server = excluded.server, ca_file = excluded.ca_file"));
  put.BindBytes(1, configuration.Fingerprint().view());
  put.BindBytes(2, configuration.Encode());
  put.BindText(3, server.target);
  put.BindText(4, server.ca_file);
  SEALBOOK_RETURN_IF_ERROR(put.Run());
  return change.Commit();
}

// Empty when there is no view yet.
absl::StatusOr<std::string> State::ReadView(const crypto::Hash& fingerprint) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement row,
      database_.Prepare("SELECT view FROM log WHERE fingerprint = ?1"));
  row.BindBytes(1, fingerprint.view());
  SEALBOOK_ASSIGN_OR_RETURN(bool found, row.Step());
  if (!found) {
    return absl::NotFoundError(
        absl::StrCat(file(), ": does not know the log ", fingerprint.ToHex()));
  }
  return row.Bytes(0);
}

absl::Status State::Advance(
    const crypto::Hash& fingerprint,
    const std::optional<keytrans::TreeView>& advertised,
    const keytrans::TreeView& verified,
    absl::Span<const keytrans::MonitoringObligation> obligations) {
  StateChange change;
  change.advertised = advertised;
  change.verified = verified;
  change.owed.assign(obligations.begin(), obligations.end());
  return Apply(fingerprint, change);
}

absl::Status State::Apply(const crypto::Hash& fingerprint,
                          const StateChange& change) {
  const std::string next = change.verified.Encode();
  SEALBOOK_ASSIGN_OR_RETURN(Transaction transaction,
                            Transaction::Begin(database_));
  SEALBOOK_ASSIGN_OR_RETURN(std::string stored, ReadView(fingerprint));
  // A process that learned the very same view has checked it already.
  if (stored != EncodeView(change.advertised) && stored != next) {
    return absl::AbortedError(
        "another process stored a newer view of the tree meanwhile: ask again");
  }
  const bool more = !change.owed.empty() || !change.done.empty() ||
                    change.owned.has_value() || !change.alarms.empty();
  if (stored == next && !more) return absl::OkStatus();
  SEALBOOK_RETURN_IF_ERROR(WriteView(fingerprint, next));
  for (const keytrans::MonitoringObligation& done : change.done) {
    SEALBOOK_RETURN_IF_ERROR(RemoveObligation(fingerprint, done));
  }
  for (const keytrans::MonitoringObligation& owed : change.owed) {
    SEALBOOK_RETURN_IF_ERROR(AddObligation(fingerprint, owed));
  }
  if (change.owned.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(
        ReplaceOwned(fingerprint, change.owned_before, *change.owned));
    for (const OwnedVersion& version : change.versions) {
      SEALBOOK_RETURN_IF_ERROR(
          AddOwnedVersion(fingerprint, change.owned->owner.label, version));
    }
  }
  for (const Alarm& alarm : change.alarms) {
    SEALBOOK_RETURN_IF_ERROR(AddAlarm(alarm));
  }
  return transaction.Commit();
}

absl::Status State::WriteView(const crypto::Hash& fingerprint,
                              const std::string& view) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement update,
      database_.Prepare("UPDATE log SET view = ?2, view_sha256 = ?3 "
                        "WHERE fingerprint = ?1"));
  update.BindBytes(1, fingerprint.view());
  update.BindBytes(2, view);
  update.BindBytes(3, crypto::Sha256(view).view());
  return update.Run();
}

absl::Status State::AddObligation(const crypto::Hash& fingerprint,
                                  const keytrans::MonitoringObligation& owed) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement put,
      database_.Prepare("INSERT OR IGNORE INTO obligation (fingerprint, "
                        "label, position, version, opening, ladder) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  SEALBOOK_ASSIGN_OR_RETURN(const std::string ladder,
                            keytrans::EncodeLadderKeys(owed.ladder));
  put.BindBytes(1, fingerprint.view());
  put.BindBytes(2, owed.label);
  put.BindInteger(3, static_cast<int64_t>(owed.position));
  put.BindInteger(4, owed.version);
  put.BindBytes(5, owed.opening.view());
  put.BindBytes(6, ladder);
  return put.Run();
}

absl::Status State::RemoveObligation(
    const crypto::Hash& fingerprint,
    const keytrans::MonitoringObligation& done) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement remove,
      database_.Prepare("DELETE FROM obligation WHERE fingerprint = ?1 AND "
                        "label = ?2 AND position = ?3 AND version = ?4"));
  remove.BindBytes(1, fingerprint.view());
  remove.BindBytes(2, done.label);
  remove.BindInteger(3, static_cast<int64_t>(done.position));
  remove.BindInteger(4, done.version);
  return remove.Run();
}

absl::StatusOr<std::vector<keytrans::MonitoringObligation>>
State::ReadObligations(const crypto::Hash& fingerprint) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement row,
      database_.Prepare("SELECT label, position, version, opening, ladder FROM "
                        "obligation WHERE fingerprint = ?1 "
                        "ORDER BY label, position, version"));
  row.BindBytes(1, fingerprint.view());
  std::vector<keytrans::MonitoringObligation> owed;
  while (true) {
    SEALBOOK_ASSIGN_OR_RETURN(bool found, row.Step());
    if (!found) return owed;
    auto opening = crypto::Opening::FromBytes(row.Bytes(3));
    if (!opening.ok()) return Damaged("the opening of an obligation");
    auto ladder = keytrans::ParseLadderKeys(row.Bytes(4));
    if (!ladder.ok()) return Damaged(ladder.status().message());
    owed.push_back({.label = row.Bytes(0),
                    .position = static_cast<uint64_t>(row.Integer(1)),
                    .version = static_cast<uint32_t>(row.Integer(2)),
                    .opening = *opening,
                    .ladder = *std::move(ladder)});
  }
}

}  // namespace sealbook::client
