// What the verifications of all responses share. Internal to the verifier.
#ifndef SEALBOOK_KEYTRANS_VERIFICATION_H_
#define SEALBOOK_KEYTRANS_VERIFICATION_H_

#include <cstdint>
#include <map>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/signature.h"
#include "crypto/vrf.h"
#include "keytrans/proof_consumer.h"
#include "keytrans/structures.h"
#include "keytrans/tree_view.h"
#include "keytrans/verified.h"

namespace sealbook::keytrans {

// FAILED_PRECONDITION: the label is too long.
absl::Status CheckOwnLabel(absl::string_view label);
// FAILED_PRECONDITION: `last` does not advertise `retained`.
absl::Status CheckAdvertised(std::optional<uint64_t> last,
                             const std::optional<TreeView>& retained);

// "Full Tree Head Verification", the parts that need no root: the tree size
// that the answer is about. Refused: kTreeSize.
absl::StatusOr<uint64_t> ShownTreeSize(const FullTreeHead& head,
                                       const std::optional<TreeView>& retained);

// "Full Tree Head Verification" with the candidate root in `view`. Puts the
// verified tree head into it. Refused: kSignature, kStaleHead, kFutureHead.
absl::Status VerifyFullTreeHead(const Configuration& configuration,
                                const crypto::SignaturePublicKey& key,
                                const FullTreeHead& head,
                                const std::optional<TreeView>& retained,
                                uint64_t now, TreeView& view);

// The search key that `proof` proves, without a commitment. Refused: kVrfProof.
absl::StatusOr<merkle::PrefixQuery> VerifyVrf(const crypto::VrfPublicKey& key,
                                              absl::string_view label,
                                              uint32_t version,
                                              const crypto::VrfProof& proof);

// Of the versions in a binary ladder, in its order: the search key that each
// step proves, with its commitment. Refused: kElementCount, kVrfProof; kLadder
// when a version in `opened` has a commitment, which is computed from what
// opens it.
absl::StatusOr<LadderKeys> VerifySteps(
    const crypto::VrfPublicKey& key, absl::string_view label,
    absl::Span<const uint32_t> versions,
    absl::Span<const BinaryLadderStep> steps,
    const std::map<uint32_t, crypto::Commitment>& opened);

// What is owed to a version whose search ended at log entry `terminal`; `keys`
// are those of its binary ladder.
MonitoringObligation MakeObligation(absl::string_view label, uint64_t terminal,
                                    uint32_t version,
                                    const crypto::Opening& opening,
                                    const LadderKeys& keys);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_VERIFICATION_H_
