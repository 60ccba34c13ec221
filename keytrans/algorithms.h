// The draft's algorithms over a ProofHandle, each written once for prover and
// verifier.
#ifndef SEALBOOK_KEYTRANS_ALGORITHMS_H_
#define SEALBOOK_KEYTRANS_ALGORITHMS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "keytrans/proof_handle.h"
#include "keytrans/search_ladder.h"
#include "keytrans/shown_tree.h"

namespace sealbook::keytrans {

// "Updating Views of the Tree": requests the timestamps that lead from a view
// of `last` entries (absent: none) to `size`. All other algorithms require that
// this was run on their handle.
absl::Status UpdateView(ProofHandle& handle, uint64_t size,
                        std::optional<uint64_t> last);

struct SearchOutcome {
  // The terminal log entry.
  uint64_t terminal = 0;
  std::optional<uint64_t> rightmost_distinguished;

  // Contact Monitoring: the user must monitor the label ("Algorithm" under
  // "Greatest-Version Search" and "Fixed-Version Search").
  bool MustMonitor() const {
    return !rightmost_distinguished.has_value() ||
           terminal > *rightmost_distinguished;
  }
};

// "Greatest-Version Search", "Algorithm". The terminal entry is the leftmost
// inspected one that contains the target version. Refused
// (RefusalReason::kLadder) when a ladder is not consistent with `target` being
// the greatest version.
absl::StatusOr<SearchOutcome> GreatestVersionSearch(ProofHandle& handle,
                                                    const ShownTree& tree,
                                                    KnownLookups& known,
                                                    uint32_t target);

// Why a fixed-version search ends.
enum class FixedVersionResult {
  kFound,
  // "The target version of the label does not exist."
  kDoesNotExist,
  // "The target version of the label is expired."
  kExpired,
};

struct FixedVersionOutcome {
  FixedVersionResult result = FixedVersionResult::kFound;
  // Of kFound only.
  SearchOutcome search;
};

// "Fixed-Version Search", "Algorithm".
absl::StatusOr<FixedVersionOutcome> FixedVersionSearch(ProofHandle& handle,
                                                       const ShownTree& tree,
                                                       KnownLookups& known,
                                                       uint32_t target);

// Proof of absence (docs/protocol.md; KEYTRANS rule 23): version 0 is absent
// from every entry that a greatest-version search inspects. Refused (kLadder)
// when it is present in one.
absl::Status AbsenceSearch(ProofHandle& handle, const ShownTree& tree);

// How many of the rightmost distinguished log entries are "recent" (KEYTRANS
// rule 24).
inline constexpr size_t kRecentDistinguished = 10;

// "Walking Distinguished Heads", "Algorithm": the positions of the recent
// distinguished log entries, right to left, at most kRecentDistinguished, none
// of them expired or at or to the left of `stop`.
absl::StatusOr<std::vector<uint64_t>> WalkDistinguished(
    ProofHandle& handle, const ShownTree& tree, std::optional<uint64_t> stop);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_ALGORITHMS_H_
