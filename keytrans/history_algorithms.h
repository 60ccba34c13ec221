// The algorithms of our extensions (docs/protocol.md, "History" and "The state
// as of a time"; KEYTRANS rule 25), over a ProofHandle on which UpdateView was
// run. `made`: the lookups of the whole response.
#ifndef SEALBOOK_KEYTRANS_HISTORY_ALGORITHMS_H_
#define SEALBOOK_KEYTRANS_HISTORY_ALGORITHMS_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "keytrans/algorithms.h"
#include "keytrans/proof_handle.h"
#include "keytrans/search_ladder.h"
#include "keytrans/shown_tree.h"

namespace sealbook::keytrans {

// "First appearance": `version` is absent from the log entry before `position`
// and from the nearest distinguished one to its left, and present in the one at
// `position` and in the nearest distinguished one from there on. Returns the
// timestamp of `position`, milliseconds since the Unix epoch. Refused: kLadder
// when a lookup shows otherwise; kExpired when an entry is needed that is
// expired.
// Requires: position < tree.size.
absl::StatusOr<uint64_t> FirstAppearance(ProofHandle& handle,
                                         const ShownTree& tree,
                                         MadeLookups& made, uint32_t version,
                                         uint64_t position);

// The state that a label is said to have had at a time.
struct StateAsOf {
  // Milliseconds since the Unix epoch.
  uint64_t time = 0;
  // The rightmost log entry that is not later; absent when the log began later.
  std::optional<uint64_t> position;
  // The greatest version there.
  std::optional<uint32_t> version;
};

// Verifies `state`. Returns the outcome of the fixed-version search for its
// version, when it has one. Refused: kTimestampOrder when `position` is not the
// rightmost entry that is not later than the time; kLadder when another version
// is the greatest there; kExpired as above.
// Requires: position < tree.size; a version only with a position.
absl::StatusOr<std::optional<SearchOutcome>> VerifyStateAsOf(
    ProofHandle& handle, const ShownTree& tree, MadeLookups& made,
    const StateAsOf& state);

// A fixed-version search that must find `version`. Refused otherwise: kLadder,
// or kExpired.
absl::StatusOr<SearchOutcome> FindVersion(ProofHandle& handle,
                                          const ShownTree& tree,
                                          KnownLookups& known,
                                          uint32_t version);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_HISTORY_ALGORITHMS_H_
