#include "client/gossip/heads.h"

namespace sealbook::client {

std::vector<LogHead> HeadsOf(
    absl::Span<const keytrans::DistinguishedEntry> entries) {
  std::vector<LogHead> heads;
  heads.reserve(entries.size());
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    heads.push_back({.position = entry->position,
                     .timestamp = entry->entry.timestamp,
                     .root = entry->Root()});
  }
  return heads;
}

keytrans::DistinguishedHead ToDistinguishedHead(
    absl::Span<const LogHead> heads) {
  keytrans::DistinguishedHead result;
  result.heads.reserve(heads.size());
  for (const LogHead& head : heads) result.heads.push_back(head.root);
  return result;
}

}  // namespace sealbook::client
