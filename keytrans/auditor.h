// A Third-Party Auditor ([KT] "Auditing"): follows a log entry by entry, and
// signs what it has followed.
//
//   AuditorState state;  // Of a log without entries.
//   SEALBOOK_ASSIGN_OR_RETURN(auto update, AuditorUpdate::Parse(bytes));
//   SEALBOOK_RETURN_IF_ERROR(Audit(update, state));
//   auto head = SignAuditorTreeHead(configuration, key, state);
#ifndef SEALBOOK_KEYTRANS_AUDITOR_H_
#define SEALBOOK_KEYTRANS_AUDITOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/signature.h"
#include "crypto/types.h"
#include "keytrans/audit_structures.h"
#include "keytrans/structures.h"
#include "keytrans/tree_view.h"

namespace sealbook::keytrans {

// What an auditor retains of a log.
struct AuditorState {
  // Log entries.
  uint64_t size = 0;
  // Of the last one, milliseconds since the Unix epoch; 0 without one.
  uint64_t timestamp = 0;
  // The root of its prefix tree; 32 zero bytes without one.
  crypto::Hash prefix_root;
  // Values of the log tree's full subtrees, left to right.
  std::vector<crypto::Hash> full_subtrees;

  // Of an auditor who begins at a later position, with a tree that it has
  // verified as a user does.
  static AuditorState At(const TreeView& view);

  // The log root. Requires: size >= 1.
  crypto::Hash Root() const;

  // Our own encoding, for storing it (docs/formats.md): uint8 format = 1;
  // uint64 size; uint64 timestamp; HashValue prefix_root;
  // HashValue full_subtrees<0..2^8-1>.
  std::string Encode() const;
  // INVALID_ARGUMENT: also when the counts do not fit the size.
  static absl::StatusOr<AuditorState> Parse(absl::string_view bytes);

  friend bool operator==(const AuditorState&, const AuditorState&) = default;
};

// Steps 1 to 7 of the auditor: verifies the log entry after those of `state`,
// and takes it in. A refusal changes nothing; its reason is kTimestampOrder;
// kMalformed for leaves in disorder, or the same one twice; kRemoval, since
// leaves are only added to our logs; kPrefixProof for a proof that no tree can
// have, and for an added leaf that is there already; kRootMismatch for one of
// another tree.
absl::Status Audit(const AuditorUpdate& update, AuditorState& state);

// Step 8: the head of the tree that `state` has. Requires: state.size >= 1.
// Errors of the key.
absl::StatusOr<AuditorTreeHead> SignAuditorTreeHead(
    const Configuration& configuration, const crypto::SignaturePrivateKey& key,
    const AuditorState& state);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_AUDITOR_H_
