// The one storage interface: batched point reads, ordered scans, and one
// atomic, durable, conditional commit. Values are opaque here;
// server/log_store.h gives them their types.
//
//   storage->Read(Table::kPages, {key1, key2});
//   storage->Commit({.expected_head = old, .new_head = next, .puts = puts});
//
// Thread-safe; but one process at a time owns a store, and one thread commits.
#ifndef SEALBOOK_SERVER_STORAGE_STORAGE_H_
#define SEALBOOK_SERVER_STORAGE_STORAGE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sealbook::server {

// The numbers are part of the format (docs/formats.md).
enum class Table : uint8_t {
  kConfiguration = 1,  // One record, key empty: the log's Configuration.
  kHead = 2,           // One record, key empty; written by Commit only.
  kSignedHead = 3,     // One record, key empty.
  kEntries = 4,
  kLogNodes = 5,
  kPages = 6,
  kLabels = 7,
  kVersions = 8,
  kValues = 9,
  kPublications = 10,
  kIssuers = 11,
  kRevocations = 12,
  kCompromisedKeys = 13,
  kSerials = 14,
};

struct Put {
  Table table;
  std::string key;
  std::string value;
};

struct CommitRequest {
  // The head record that this commit extends; absent for the first commit of a
  // new log.
  std::optional<std::string> expected_head;
  std::string new_head;
  // Never in kHead. Later puts of one key win. In the ascending tables
  // (server/storage/ascending.h), all at places above those of every earlier
  // commit: what is there is never replaced.
  std::vector<Put> puts;
};

// The views are valid during the call only. False: no more.
using RecordVisitor = std::function<bool(Table table, absl::string_view key,
                                         absl::string_view value)>;

class Storage {
 public:
  virtual ~Storage() = default;

  // The values of `keys`, in their order and all as of one moment; absent where
  // there is none. An error is never mistaken for absence. DATA_LOSS: stored
  // bytes fail their checksum, or a file of the store is missing.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> Read(
      Table table, absl::Span<const std::string> keys) = 0;

  // Visits records of `table` with key >= `from` in ascending order of key
  // until `visit` returns false. The views are valid during the call only.
  // `visit` may use this object; what is committed meanwhile may or may not be
  // visited. DATA_LOSS as above; nothing behind damaged bytes has been visited
  // then. Those may be another ascending table's.
  virtual absl::Status Scan(
      Table table, absl::string_view from,
      const std::function<bool(absl::string_view key, absl::string_view value)>&
          visit) = 0;

  // Visits every record, of all tables and all as of one moment, until `visit`
  // returns false: first the tables that are not ascending, in ascending order
  // of table and key, then the others by their places. Put into another store
  // in that order, all of them are taken there. Commits go on meanwhile and are
  // not visited. Otherwise as Scan.
  virtual absl::Status ScanEverything(const RecordVisitor& visit) = 0;

  // Writes everything or nothing. OK: it is durable. ABORTED: the stored head
  // is not `expected_head`; nothing was written. INVALID_ARGUMENT: a put that
  // is not allowed; nothing was written. Any other error: the outcome is
  // unknown; the caller drops what it holds in memory and opens the store anew,
  // and this object refuses every further commit (FAILED_PRECONDITION).
  virtual absl::Status Commit(const CommitRequest& request) = 0;

  // Writes one record outside the commit order (kSignedHead, kConfiguration),
  // never in an ascending table, durable on OK. Errors as for Commit.
  virtual absl::Status PutRecord(const Put& put) = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_STORAGE_H_
