// The tables that log entries write once and for all, and the order in which
// they do. By far most of a log's bytes are there. Kept in the order in which
// they come, they never have to be sorted into what is stored already.
#ifndef SEALBOOK_SERVER_STORAGE_ASCENDING_H_
#define SEALBOOK_SERVER_STORAGE_ASCENDING_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/storage/storage.h"

namespace sealbook::server {

// kEntries, kPages and kValues.
bool IsAscending(Table table);

// What each key of an ascending table begins with: the position of the log
// entry that wrote the record.
inline constexpr size_t kPositionBytes = 8;

// A record's place: position, 8 bytes || table, 1 byte || rest of the key.
// Places are ordered as the log grew, and within a table as the keys are.
// Requires: IsAscending(table), key.size() >= kPositionBytes.
std::string PlaceOf(Table table, absl::string_view key);

// At or below the places of all records of `table` whose keys are at or above
// `key`, which may be of any length, and above those of the positions before.
std::string FirstPlace(Table table, absl::string_view key);

struct PlacedKey {
  Table table;
  std::string key;
};
// Absent: no place.
std::optional<PlacedKey> ParsePlace(absl::string_view place);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_ASCENDING_H_
