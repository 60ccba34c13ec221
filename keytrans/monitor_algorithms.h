// What contacts and owners of a label check as the tree grows ([KT] "Monitoring
// the Tree"), over a ProofHandle on which UpdateView was run.
#ifndef SEALBOOK_KEYTRANS_MONITOR_ALGORITHMS_H_
#define SEALBOOK_KEYTRANS_MONITOR_ALGORITHMS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/proof_handle.h"
#include "keytrans/shown_tree.h"

namespace sealbook::keytrans {

// The way from the root of the implicit search tree towards a log entry, as far
// as it is distinguished.
struct DistinguishedPath {
  // Ancestors of the entry, root first.
  std::vector<uint64_t> ancestors;
  // Whether the entry itself is distinguished, too.
  bool itself = false;

  bool Contains(uint64_t ancestor) const;
};

// Requests the timestamps of path.ancestors: "the path from the root to the
// parent of the log entry, stopping if a non-distinguished log entry is
// established" (KEYTRANS rule 3). Requires: position < tree.size.
absl::StatusOr<DistinguishedPath> WalkTowards(ProofHandle& handle,
                                              const ShownTree& tree,
                                              uint64_t position);

// "Contact Algorithm". `entries` ascend by position and lie in the tree.
// Returns what remains to be monitored, ascending by position, a position once
// (with the greater version). `owner_start`: in the context of an Owner
// Monitoring operation, the `start` that it advertises; an entry whose last log
// entry is left to the owner's algorithm is dropped (KEYTRANS rule 11).
// Refused (kLadder): a log entry lacks what it must have, or a ladder of a
// lesser or equal version has been seen where a greater one is expected.
absl::StatusOr<std::vector<MonitorMapEntry>> MonitorContact(
    ProofHandle& handle, const ShownTree& tree,
    absl::Span<const MonitorMapEntry> entries,
    std::optional<uint64_t> owner_start);

// "Owner Algorithm", step 1 of the initialization: `start`, then the log
// entries of its direct path to its left, nearest first, before the first
// expired one. Refused: kTreeSize when `start` is not in the tree, kLadder when
// it is not distinguished, kExpired.
absl::StatusOr<std::vector<uint64_t>> OwnerInitPositions(ProofHandle& handle,
                                                         const ShownTree& tree,
                                                         uint64_t start);

// "Owner Algorithm", step 5 of the initialization. `greatest_versions`: of
// `positions`, in their order; missing at the end where the label does not
// exist. Refused: kLadder.
absl::Status InitOwner(ProofHandle& handle,
                       absl::Span<const uint64_t> positions,
                       absl::Span<const uint32_t> greatest_versions);

// What an owner advertises, and what the two sides know.
struct OwnerMonitoring {
  // The rightmost distinguished log entry that the owner has verified.
  uint64_t start = 0;
  // The greatest version expected at a log entry; absent: none.
  std::function<absl::StatusOr<std::optional<uint32_t>>(uint64_t position)>
      expected;
  // Whether to stop at a log entry (step 4).
  std::function<absl::StatusOr<bool>(uint64_t position)> stop;
};

// "Owner Algorithm", regular monitoring. Returns the distinguished log entries
// that were inspected, ascending. Refused (kLadder): one of them has another
// greatest version than the one expected.
absl::StatusOr<std::vector<uint64_t>> MonitorOwner(
    ProofHandle& handle, const ShownTree& tree,
    const OwnerMonitoring& monitoring);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_MONITOR_ALGORITHMS_H_
