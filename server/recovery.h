// What a writer makes sure of before it extends a stored log (docs: an older
// copy of the data, or a fork, must never be signed on).
//
// A crash between the steps of a commit leaves one of these, all of them sound:
//   the head is ahead of the mark           (crash before the mark advanced)
//   the mark is ahead of the stored signature  (crash before it was stored)
// The mark is never ahead of the head, and the stored signature never ahead of
// the mark: then one of the two places holds an older copy.
#ifndef SEALBOOK_SERVER_RECOVERY_H_
#define SEALBOOK_SERVER_RECOVERY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/types.h"
#include "keytrans/structures.h"
#include "server/clock.h"
#include "server/log_store.h"
#include "server/mark/high_water_mark.h"

namespace sealbook::server {

// The newest tree that the log has signed, from which later entries are
// followed.
struct SignedTree {
  // 0: nothing was signed.
  uint64_t size = 0;
  std::vector<crypto::Hash> full_subtrees;
  uint64_t timestamp_ms = 0;
};

struct RecoveredLog {
  // Absent: the log has no entry yet.
  std::optional<StoredHead> head;
  SignedTree signed_tree;
};

// Checks the head against its entry, its root page and the log nodes; the store
// at the mark's size against the mark; the stored signature against the store.
// Absent mark: not compared.
// FAILED_PRECONDITION: the store or the mark is an older copy, or they belong
// to two different histories. DATA_LOSS: stored records contradict each other.
absl::StatusOr<RecoveredLog> CompareHeads(
    const LogStore& store, const keytrans::Configuration& configuration,
    const std::optional<Mark>& mark);

// The same, before a writer goes on.
// FAILED_PRECONDITION: also when the last entry's timestamp is further ahead of
// the wall clock than max_ahead. UNAVAILABLE: it is further behind than
// max_behind, as after a long pause or with a clock that runs ahead, and the
// clock is not synchronized.
absl::StatusOr<RecoveredLog> RecoverLog(
    const LogStore& store, const keytrans::Configuration& configuration,
    const Mark& mark, const Clock& clock);

// The log root of the first `size` entries, from the stored nodes. Requires:
// the store has that many.
absl::StatusOr<crypto::Hash> StoredRootAt(const LogStore& store, uint64_t size);

// DATA_LOSS unless the stored root page of entry `position` decodes and has the
// hash `prefix_root`.
absl::Status CheckRootPage(const LogStore& store, uint64_t position,
                           const crypto::Hash& prefix_root);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_RECOVERY_H_
