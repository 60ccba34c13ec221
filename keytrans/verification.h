// What the verifications of all responses share. Internal to the verifier.
#ifndef SEALBOOK_KEYTRANS_VERIFICATION_H_
#define SEALBOOK_KEYTRANS_VERIFICATION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

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
#include "keytrans/verifier.h"

namespace sealbook::keytrans {

// FAILED_PRECONDITION: the label is too long.
absl::Status CheckOwnLabel(absl::string_view label);
// FAILED_PRECONDITION: `last` does not advertise `retained`.
absl::Status CheckAdvertised(std::optional<uint64_t> last,
                             const std::optional<TreeView>& retained);

// The head that a response shows, and the tree that its proof is about ([KT]
// "Full Tree Head Verification", "Auditor Tree Head Signature").
//
//   SEALBOOK_ASSIGN_OR_RETURN(ShownHead head,
//                             ShownHead::Of(keys, response, retained));
//   ProofConsumer consumer = head.Consume(response.search, ladder);
//   ...  // the algorithms
//   SEALBOOK_ASSIGN_OR_RETURN(result.view, head.Accept(consumer, now));
class ShownHead {
 public:
  // What needs no root. All outlive the result. Refused: kTreeSize, kAuditor.
  static absl::StatusOr<ShownHead> Of(const LogKeys& keys,
                                      const FullTreeHead& head,
                                      const std::optional<TreeView>& retained);

  uint64_t size() const { return size_; }

  // All outlive the result.
  ProofConsumer Consume(const CombinedTreeProof& proof,
                        const LadderKeys& keys) const;

  // Finishes `consumer`, and verifies the head with the roots that it leads to:
  // what the user retains from now on. `now`: milliseconds since the Unix
  // epoch. Refused: as ProofConsumer::Finish; kSignature, kAuditor, kStaleHead,
  // kFutureHead. `entries`: as there.
  absl::StatusOr<TreeView> Accept(ProofConsumer& consumer, uint64_t now) const;
  // The same for the head in a credential, which has no auditor's beside it and
  // may be old.
  absl::StatusOr<TreeView> AcceptCredential(ProofConsumer& consumer) const;
  absl::StatusOr<TreeView> Accept(
      ProofConsumer& consumer, uint64_t now,
      std::vector<DistinguishedEntry>& entries) const;

 private:
  ShownHead(const LogKeys& keys, const FullTreeHead& head,
            const TreeView* retained, uint64_t size)
      : keys_(keys), head_(head), retained_(retained), size_(size) {}

  absl::Status CheckAuditorsSize() const;
  absl::Status VerifySignature(const TreeView& view) const;
  absl::Status VerifyAuditor(const TreeView& view,
                             const crypto::Hash& root) const;

  const LogKeys& keys_;
  const FullTreeHead& head_;
  // Null: the user is here for the first time.
  const TreeView* retained_;
  uint64_t size_;
};

// The search key that `proof` proves, without a commitment. Refused: kVrfProof.
absl::StatusOr<merkle::PrefixQuery> VerifyVrf(const crypto::VrfPublicKey& key,
                                              absl::string_view label,
                                              uint32_t version,
                                              const crypto::VrfProof& proof);

// "Update Format", "Commitment": the commitment to a value that is shown. In
// thirdPartyManagement mode the Service Operator's signature over it is
// verified first. Refused: kValueSignature.
absl::StatusOr<crypto::Commitment> VerifyValue(const LogKeys& keys,
                                               absl::string_view label,
                                               uint32_t version,
                                               const crypto::Opening& opening,
                                               absl::string_view value,
                                               const UpdateSuffix& suffix);

// Of the ladder of a greatest-version search: commitments of all versions below
// `target`, and of no other. Refused: kLadder.
absl::Status CheckCommitmentsBelow(uint32_t target,
                                   absl::Span<const uint32_t> versions,
                                   absl::Span<const BinaryLadderStep> steps);

// Of the versions in a binary ladder, in its order: the search key that each
// step proves, with its commitment. Refused: kElementCount, kVrfProof; kLadder
// when a version in `opened` has a commitment, which is computed from what
// opens it.
absl::StatusOr<LadderKeys> VerifySteps(
    const crypto::VrfPublicKey& key, absl::string_view label,
    absl::Span<const uint32_t> versions,
    absl::Span<const BinaryLadderStep> steps,
    const std::map<uint32_t, crypto::Commitment>& opened);

// Whether contacts monitor what they have looked up ("Monitoring the Tree"): in
// the other modes a third party sees that nothing is taken away.
bool ContactsMonitor(const Configuration& configuration);

// What is owed to a version whose search ended at log entry `terminal`; `keys`
// are those of its binary ladder.
MonitoringObligation MakeObligation(absl::string_view label, uint64_t terminal,
                                    uint32_t version,
                                    const crypto::Opening& opening,
                                    const LadderKeys& keys);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_VERIFICATION_H_
