#include "server/prover_source.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/structures.h"
#include "merkle/log_tree.h"

namespace sealbook::server {
namespace {

// Entries are small and a look-up reads the same few (the frontier), so they
// need little room. The nodes of a log of 10,000 entries take 3 MB.
constexpr size_t kEntryShare = 32;
constexpr size_t kNodeShare = 16;
constexpr size_t kProofShare = 4;

}  // namespace

StoredLog::StoredLog(const LogStore& store,
                     const crypto::VrfPrivateKey& vrf_key, size_t cache_bytes)
    : store_(store),
      vrf_key_(vrf_key),
      pages_(store, cache_bytes - cache_bytes / kProofShare),
      entries_(cache_bytes / kEntryShare),
      nodes_(cache_bytes / kNodeShare),
      proofs_(cache_bytes / kProofShare - cache_bytes / kEntryShare -
              cache_bytes / kNodeShare) {}

std::map<std::string, CacheCounts> StoredLog::cache_counts() const {
  return {{"entries", entries_.counts()},
          {"nodes", nodes_.counts()},
          {"pages", pages_.counts()},
          {"proofs", proofs_.counts()}};
}

absl::StatusOr<std::vector<keytrans::LogEntry>> StoredLog::ReadEntries(
    absl::Span<const uint64_t> positions) {
  std::vector<keytrans::LogEntry> entries(positions.size());
  std::vector<size_t> missed;
  std::vector<uint64_t> to_read;
  std::vector<merkle::LogNode> leaves;
  for (size_t i = 0; i < positions.size(); ++i) {
    if (auto hit = entries_.Get(positions[i])) {
      entries[i] = *hit;
      continue;
    }
    missed.push_back(i);
    to_read.push_back(positions[i]);
    leaves.push_back({positions[i], 0});
  }
  if (missed.empty()) return entries;
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<StoredEntry> read,
                            store_.ReadEntries(to_read));
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<crypto::Hash> values,
                            store_.ReadLogNodes(leaves));
  for (size_t i = 0; i < missed.size(); ++i) {
    if (read[i].entry.LeafValue() != values[i]) {
      return absl::DataLossError(
          absl::StrCat("log entry ", to_read[i],
                       ": the stored bytes do not hash to its leaf"));
    }
    entries[missed[i]] = read[i].entry;
    entries_.Put(to_read[i], read[i].entry, 0);
  }
  return entries;
}

absl::StatusOr<std::vector<crypto::Hash>> StoredLog::ReadLogNodes(
    absl::Span<const merkle::LogNode> nodes) {
  std::vector<crypto::Hash> values(nodes.size());
  std::vector<size_t> missed;
  std::vector<merkle::LogNode> to_read;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (auto hit = nodes_.Get(merkle::NodeIndex(nodes[i]))) {
      values[i] = *hit;
    } else {
      missed.push_back(i);
      to_read.push_back(nodes[i]);
    }
  }
  if (missed.empty()) return values;
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<crypto::Hash> read,
                            store_.ReadLogNodes(to_read));
  for (size_t i = 0; i < missed.size(); ++i) {
    values[missed[i]] = read[i];
    nodes_.Put(merkle::NodeIndex(to_read[i]), read[i], 0);
  }
  return values;
}

absl::StatusOr<std::optional<uint32_t>> StoredLog::ReadGreatestVersion(
    absl::string_view label) {
  SEALBOOK_ASSIGN_OR_RETURN(auto found,
                            store_.ReadLabels({std::string(label)}));
  return found[0];
}

absl::StatusOr<std::vector<std::optional<keytrans::VersionFacts>>>
StoredLog::ReadVersions(absl::string_view label,
                        absl::Span<const uint32_t> versions) {
  std::vector<LabelVersion> keys;
  keys.reserve(versions.size());
  for (uint32_t version : versions) {
    keys.push_back({std::string(label), version});
  }
  return store_.ReadVersions(keys);
}

absl::StatusOr<keytrans::OpenedValue> StoredLog::ReadValue(
    absl::string_view label, uint32_t version,
    const keytrans::VersionFacts& facts) {
  SEALBOOK_ASSIGN_OR_RETURN(
      auto values, store_.ReadValues({{std::string(label), version}}, {facts}));
  keytrans::OpenedValue& value = values[0];
  if (keytrans::CommitToValue(value.opening, label, version, value.value) !=
      facts.commitment) {
    return absl::DataLossError(absl::StrCat(
        "value of version ", version, " of ", absl::CHexEscape(label),
        ": the stored bytes do not open its commitment"));
  }
  return std::move(value);
}

absl::StatusOr<crypto::VrfPrivateKey::Proven> StoredLog::ProveVrf(
    absl::string_view label, uint32_t version) {
  if (label.size() > keytrans::kMaxLabelSize) {
    return absl::InvalidArgumentError(absl::StrCat("a label of ", label.size(),
                                                   " bytes is longer than ",
                                                   keytrans::kMaxLabelSize));
  }
  LabelVersion key{std::string(label), version};
  if (auto hit = proofs_.Get(key)) return *std::move(hit);
  SEALBOOK_ASSIGN_OR_RETURN(
      crypto::VrfPrivateKey::Proven proven,
      vrf_key_.Prove(keytrans::EncodeVrfInput(label, version)));
  const size_t bytes = 2 * label.size() + proven.proof.bytes.size();
  proofs_.Put(key, proven, bytes);
  return proven;
}

}  // namespace sealbook::server
