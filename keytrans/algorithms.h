// The draft's algorithms over a ProofHandle, each written once for prover and
// verifier.
#ifndef SEALBOOK_KEYTRANS_ALGORITHMS_H_
#define SEALBOOK_KEYTRANS_ALGORITHMS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "keytrans/proof_handle.h"

namespace sealbook::keytrans {

// "Updating Views of the Tree": requests the timestamps that lead from a view
// of `last` entries (absent: none) to `size`.
absl::Status UpdateView(ProofHandle& handle, uint64_t size,
                        std::optional<uint64_t> last);

// "Reasonable Monitoring Window": the rightmost distinguished log entry, absent
// when there is none. It always lies on the frontier, whose timestamps are
// known after UpdateView. `window` in milliseconds.
absl::StatusOr<std::optional<uint64_t>> RightmostDistinguished(
    ProofHandle& handle, uint64_t size, uint64_t window);

// How the greatest version in one log entry compares with the target version.
enum class LadderOutcome { kLess, kEqual, kGreater };

// Search binary ladders of one response ("Greatest-Version Search", "Binary
// Ladder"), which remembers what was looked up where, so that redundant lookups
// are left out.
class SearchLadder {
 public:
  // `handle` outlives this.
  SearchLadder(ProofHandle& handle, uint32_t target);

  // Obtains a ladder from the entry at `position` as one PrefixProof. It ends
  // after the first lookup that disagrees with the target being the greatest.
  absl::StatusOr<LadderOutcome> Obtain(uint64_t position);

 private:
  // Absent: the lookup is not redundant.
  std::optional<bool> KnownFromElsewhere(uint32_t version,
                                         uint64_t position) const;

  ProofHandle& handle_;
  uint32_t target_;
  std::vector<uint32_t> versions_;
  // The leftmost entry with an inclusion proof, and the rightmost with a
  // non-inclusion proof, by version.
  std::map<uint32_t, uint64_t> leftmost_inclusion_;
  std::map<uint32_t, uint64_t> rightmost_non_inclusion_;
};

struct SearchOutcome {
  // The leftmost inspected entry that contains the target version.
  uint64_t terminal = 0;
  std::optional<uint64_t> rightmost_distinguished;

  // Contact Monitoring: the user must monitor the label ("Algorithm" under
  // "Greatest-Version Search").
  bool MustMonitor() const {
    return !rightmost_distinguished.has_value() ||
           terminal > *rightmost_distinguished;
  }
};

// "Greatest-Version Search", "Algorithm". Refused (RefusalReason::kLadder) when
// a ladder is not consistent with `target` being the greatest version.
// Requires: UpdateView was run on `handle`.
absl::StatusOr<SearchOutcome> GreatestVersionSearch(ProofHandle& handle,
                                                    uint64_t size,
                                                    uint64_t window,
                                                    uint32_t target);

// Proof of absence (docs/protocol.md; KEYTRANS rule 23): version 0 is absent
// from every entry that a greatest-version search inspects. Refused (kLadder)
// when it is present in one. Requires: UpdateView was run on `handle`.
absl::Status AbsenceSearch(ProofHandle& handle, uint64_t size, uint64_t window);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_ALGORITHMS_H_
