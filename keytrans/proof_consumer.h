// The verifier's side of a CombinedTreeProof ([KT] "Combined Tree" under "Tree
// Proofs"): consumes its fields as queues while the algorithms run, and
// computes the log root at the end.
#ifndef SEALBOOK_KEYTRANS_PROOF_CONSUMER_H_
#define SEALBOOK_KEYTRANS_PROOF_CONSUMER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/types.h"
#include "keytrans/ladder_keys.h"
#include "keytrans/proof_handle.h"
#include "keytrans/structures.h"
#include "keytrans/tree_view.h"
#include "keytrans/verified.h"
#include "merkle/log_tree.h"
#include "merkle/prefix_proof.h"

namespace sealbook::keytrans {

class ProofConsumer : public ProofHandle {
 public:
  // All outlive this. `retained` may be null. `auditor_size`: of the auditor's
  // head that came with the proof. Requires: size >= 1, retained->size() <=
  // size, 1 <= auditor_size <= size.
  ProofConsumer(const CombinedTreeProof& proof, const LadderKeys& keys,
                uint64_t size, const TreeView* retained,
                std::optional<uint64_t> auditor_size = std::nullopt);

  // Refusals: kElementCount when a queue runs out, kTimestampOrder, kLadder for
  // an inclusion of a version that has no commitment, kPrefixProof,
  // kRootMismatch.
  absl::StatusOr<uint64_t> Timestamp(uint64_t position) override;
  absl::Status BeginProof(uint64_t position) override;
  absl::StatusOr<bool> Lookup(uint32_t version) override;
  absl::Status EndProof() override;

  // Whether every PrefixProof has been consumed: an owner's stop condition
  // ("Owner Algorithm", step 4).
  bool ProofsConsumed() const {
    return next_proof_ == proof_.prefix_proofs.size();
  }

  // To be called once, after all algorithms: checks that every queue is used
  // up, and computes what the user would retain, with an empty signature. The
  // root is a candidate until a signature over it has been verified.
  absl::StatusOr<TreeView> Finish();

  // The same. Also fills `entries`, whose positions are distinguished log
  // entries that the algorithms have inspected or that are retained.
  absl::StatusOr<TreeView> Finish(std::vector<DistinguishedEntry>& entries);

  // After Finish: the prefix root of a log entry that was inspected.
  const crypto::Hash& PrefixRootOf(uint64_t position) const {
    return prefix_roots_.at(position);
  }
  // After Finish: the candidate root of the auditor's tree, where there is one.
  const std::optional<crypto::Hash>& auditor_root() const {
    return auditor_root_;
  }

 private:
  // The retained log entry at `position`; null when it is not retained.
  const LogEntry* Retained(uint64_t position) const;
  absl::Status CheckMonotonic(uint64_t position, uint64_t timestamp) const;
  absl::Status SetPrefixRoot(uint64_t position, const crypto::Hash& root);
  // Gives the entries that have a timestamp from the proof, but no prefix root
  // yet, theirs from prefix_roots.
  absl::Status ConsumePrefixRoots();
  absl::StatusOr<merkle::LogProofResult> EvaluateInclusion(
      std::vector<uint64_t> earlier_sizes) const;
  // Retained or provided. Requires: ConsumePrefixRoots has run.
  LogEntry EntryAt(uint64_t position) const;

  const CombinedTreeProof& proof_;
  const LadderKeys& keys_;
  const uint64_t size_;
  const TreeView* const retained_;
  const std::optional<uint64_t> auditor_size_;

  size_t next_timestamp_ = 0;
  size_t next_proof_ = 0;
  // Within the proof begun last.
  uint64_t proof_position_ = 0;
  std::vector<merkle::PrefixQuery> queries_;

  std::map<uint64_t, LogEntry> retained_entries_;
  // All timestamps seen, retained ones included, by position.
  std::map<uint64_t, uint64_t> timestamps_;
  // Entries whose timestamp came from the proof.
  std::map<uint64_t, uint64_t> provided_;
  std::map<uint64_t, crypto::Hash> prefix_roots_;
  std::optional<crypto::Hash> auditor_root_;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_PROOF_CONSUMER_H_
