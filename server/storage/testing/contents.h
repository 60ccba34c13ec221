// What a store holds, as a map: the model that a test compares it with.
#ifndef SEALBOOK_SERVER_STORAGE_TESTING_CONTENTS_H_
#define SEALBOOK_SERVER_STORAGE_TESTING_CONTENTS_H_

#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/storage/storage.h"

namespace sealbook::server::testing {

using Contents = std::map<std::pair<Table, std::string>, std::string>;

inline constexpr Table kAllTables[] = {
    Table::kConfiguration,   Table::kHead,     Table::kSignedHead,
    Table::kEntries,         Table::kLogNodes, Table::kPages,
    Table::kLabels,          Table::kVersions, Table::kValues,
    Table::kPublications,    Table::kIssuers,  Table::kRevocations,
    Table::kCompromisedKeys, Table::kSerials};

// Every record of every table, by Scan.
inline absl::StatusOr<Contents> ScanAll(Storage& storage) {
  Contents contents;
  for (const Table table : kAllTables) {
    absl::Status status = storage.Scan(
        table, "", [&](absl::string_view key, absl::string_view value) {
          contents[{table, std::string(key)}] = std::string(value);
          return true;
        });
    if (!status.ok()) return status;
  }
  return contents;
}

// What `contents` is after `request`.
inline void Apply(const CommitRequest& request, Contents& contents) {
  for (const Put& put : request.puts) {
    contents[{put.table, put.key}] = put.value;
  }
  contents[{Table::kHead, ""}] = request.new_head;
}

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_STORAGE_TESTING_CONTENTS_H_
