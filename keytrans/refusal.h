// Why a proof was refused: a typed reason beside the message.
//
//   return Refuse(RefusalReason::kRootMismatch, "log entry 11: ...");
//   if (RefusalOf(status) == RefusalReason::kStaleHead) ...
#ifndef SEALBOOK_KEYTRANS_REFUSAL_H_
#define SEALBOOK_KEYTRANS_REFUSAL_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sealbook::keytrans {

enum class RefusalReason {
  // The bytes are not an encoding of the structure.
  kMalformed,
  // More or fewer elements than the algorithm asks for.
  kElementCount,
  // A VRF proof does not hold.
  kVrfProof,
  // Lookups contradict the claimed version, or one another.
  kLadder,
  // A prefix proof that no tree can have.
  kPrefixProof,
  // Two roots that must be equal are not: of one log entry, of a retained entry
  // or of a retained subtree.
  kRootMismatch,
  // Timestamps run backwards.
  kTimestampOrder,
  // The newest log entry is older than max_behind: a replayed head, or a dead
  // log.
  kStaleHead,
  // The newest log entry is ahead of the clock by more than max_ahead.
  kFutureHead,
  // An updated head that is not larger, or `same` where nothing was advertised.
  kTreeSize,
  // The signature does not verify over the computed root.
  kSignature,
  // In thirdPartyManagement mode: the Service Operator has not signed a value.
  kValueSignature,
  // The auditor's head: too far behind, of a tree that is not the one shown, or
  // not signed by the auditor.
  kAuditor,
  // Two signed roots of one tree size. Keep both: it is evidence.
  kFork,
  // The proof needs a log entry that is older than the log's maximum lifetime.
  kExpired,
  // A log that only adds leaves is said to have taken one away.
  kRemoval,
};

// Stable, lower-case with dashes, for scripts: "root-mismatch".
absl::string_view RefusalName(RefusalReason reason);

// INVALID_ARGUMENT with `reason` as payload.
absl::Status Refuse(RefusalReason reason, absl::string_view message);
// `status` with `reason` as payload, keeping its message; OK stays OK.
absl::Status RefuseIfError(RefusalReason reason, const absl::Status& status);

// Absent when `status` is not a refusal.
std::optional<RefusalReason> RefusalOf(const absl::Status& status);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_REFUSAL_H_
