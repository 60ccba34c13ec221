#include "server/storage/ascending.h"

#include "absl/strings/str_cat.h"

namespace sealbook::server {

bool IsAscending(Table table) {
  return table == Table::kEntries || table == Table::kPages ||
         table == Table::kValues;
}

std::string PlaceOf(Table table, absl::string_view key) {
  std::string place;
  place.reserve(key.size() + 1);
  place.append(key.data(), kPositionBytes);
  place.push_back(static_cast<char>(table));
  place.append(key.data() + kPositionBytes, key.size() - kPositionBytes);
  return place;
}

std::string FirstPlace(Table table, absl::string_view key) {
  if (key.size() >= kPositionBytes) return PlaceOf(table, key);
  return absl::StrCat(key, std::string(kPositionBytes - key.size(), '\0'));
}

std::optional<PlacedKey> ParsePlace(absl::string_view place) {
  if (place.size() <= kPositionBytes) return std::nullopt;
  const auto table = static_cast<Table>(place[kPositionBytes]);
  if (!IsAscending(table)) return std::nullopt;
  return PlacedKey{table, absl::StrCat(place.substr(0, kPositionBytes),
                                       place.substr(kPositionBytes + 1))};
}

}  // namespace sealbook::server
