// How an owner verifies that new versions of its label were inserted correctly
// ([KT] "Updating a Label"), over a ProofHandle on which UpdateView was run.
#ifndef SEALBOOK_KEYTRANS_UPDATE_ALGORITHM_H_
#define SEALBOOK_KEYTRANS_UPDATE_ALGORITHM_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "keytrans/proof_handle.h"
#include "keytrans/shown_tree.h"

namespace sealbook::keytrans {

// One log entry takes at most so many new versions of a label, so that
// UpdateResponse.binary_ladder holds their proofs (KEYTRANS rule 13).
inline constexpr uint32_t kMaxNewVersions = 128;

// The new versions of a label that one log entry is said to have added.
struct NewVersions {
  // The log entry.
  uint64_t position = 0;
  // The greatest version before; absent: there was none.
  std::optional<uint32_t> previous;
  // The greatest of them, from `first()` on without gaps.
  uint32_t greatest = 0;
  // The log entry that inserted `previous`, and the owner's starting position;
  // absent where not known to be right of the latter.
  std::optional<uint64_t> previous_position;
  std::optional<uint64_t> start;
  // How many of the first ones are skipped ([KT] "Management").
  uint32_t skipped = 0;

  uint32_t first() const { return previous.has_value() ? *previous + 1 : 0; }
};

// The versions whose VRF proofs come with `update`, ascending.
std::vector<uint32_t> UpdateLadder(const NewVersions& update);

// Whether a log entry up to previous_position contains a version up to
// `previous`, as the owner, or the log, knows already.
using KnownInclusion =
    std::function<absl::StatusOr<bool>(uint32_t version, uint64_t position)>;

// "Algorithm" under "Updating a Label". True: the log entry is distinguished,
// so that no entry of the contact monitoring map is due (steps 3 and 4).
// Refused: kLadder. Requires: update.position < tree.size.
absl::StatusOr<bool> VerifyNewVersions(ProofHandle& handle,
                                       const ShownTree& tree,
                                       const NewVersions& update,
                                       const KnownInclusion& known_inclusion);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_UPDATE_ALGORITHM_H_
