#include "server/metered_storage.h"

#include "base/status_macros.h"

namespace sealbook::server {

absl::StatusOr<std::vector<std::optional<std::string>>> MeteredStorage::Read(
    Table table, absl::Span<const std::string> keys) {
  SEALBOOK_ASSIGN_OR_RETURN(auto values, storage_.Read(table, keys));
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].has_value()) Count(keys[i].size() + values[i]->size());
  }
  return values;
}

absl::Status MeteredStorage::Scan(
    Table table, absl::string_view from,
    const std::function<bool(absl::string_view key, absl::string_view value)>&
        visit) {
  return storage_.Scan(table, from,
                       [&](absl::string_view key, absl::string_view value) {
                         Count(key.size() + value.size());
                         return visit(key, value);
                       });
}

absl::Status MeteredStorage::ScanEverything(const RecordVisitor& visit) {
  return storage_.ScanEverything(
      [&](Table table, absl::string_view key, absl::string_view value) {
        Count(key.size() + value.size());
        return visit(table, key, value);
      });
}

}  // namespace sealbook::server
