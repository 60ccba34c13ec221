// The log as the prover reads it (keytrans/prover.h), over the store and
// bounded caches.
//
//   StoredLog log(store, vrf_key, 128 << 20);
//   auto answer = keytrans::AnswerSearch(log, configuration, head, request);
//
// Stored bytes are checked before use: an entry against its leaf in the log
// tree, a value against its commitment, a search key against the VRF; pages are
// checked by merkle/.
#ifndef SEALBOOK_SERVER_PROVER_SOURCE_H_
#define SEALBOOK_SERVER_PROVER_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/types.h"
#include "crypto/vrf.h"
#include "keytrans/prover.h"
#include "server/log_store.h"
#include "server/lru_cache.h"
#include "server/page_cache.h"

namespace sealbook::server {

// Thread-safe.
class StoredLog final : public keytrans::ProverSource {
 public:
  // What is referred to outlives this. `cache_bytes` is divided: three quarters
  // for pages, the rest for VRF proofs, log tree nodes and entries.
  StoredLog(const LogStore& store, const crypto::VrfPrivateKey& vrf_key,
            size_t cache_bytes);

  absl::StatusOr<std::vector<keytrans::LogEntry>> ReadEntries(
      absl::Span<const uint64_t> positions) override;
  absl::StatusOr<std::vector<crypto::Hash>> ReadLogNodes(
      absl::Span<const merkle::LogNode> nodes) override;
  merkle::PageStore& pages() override { return pages_; }

  absl::StatusOr<std::optional<uint32_t>> ReadGreatestVersion(
      absl::string_view label) override;
  absl::StatusOr<std::vector<std::optional<keytrans::VersionFacts>>>
  ReadVersions(absl::string_view label,
               absl::Span<const uint32_t> versions) override;
  absl::StatusOr<keytrans::OpenedValue> ReadValue(
      absl::string_view label, uint32_t version,
      const keytrans::VersionFacts& facts) override;
  // INVALID_ARGUMENT: the label is longer than keytrans::kMaxLabelSize.
  absl::StatusOr<crypto::VrfPrivateKey::Proven> ProveVrf(
      absl::string_view label, uint32_t version) override;

  // By what is cached: "entries", "nodes", "pages", "proofs".
  std::map<std::string, CacheCounts> cache_counts() const;

 private:
  const LogStore& store_;
  const crypto::VrfPrivateKey& vrf_key_;
  PageCache pages_;
  LruCache<uint64_t, keytrans::LogEntry> entries_;
  // By merkle::NodeIndex: a node is complete, and never changes.
  LruCache<uint64_t, crypto::Hash> nodes_;
  LruCache<LabelVersion, crypto::VrfPrivateKey::Proven> proofs_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_PROVER_SOURCE_H_
