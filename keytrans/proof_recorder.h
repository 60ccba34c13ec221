// The prover's side of a CombinedTreeProof ([KT] "Combined Tree" under "Tree
// Proofs"): answers the algorithms from what the log knows of a label's
// versions, without reading its prefix trees, and records what was asked for.
// Only then, the pages are read, for all lookups together.
#ifndef SEALBOOK_KEYTRANS_PROOF_RECORDER_H_
#define SEALBOOK_KEYTRANS_PROOF_RECORDER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/types.h"
#include "keytrans/proof_handle.h"
#include "keytrans/proof_source.h"
#include "keytrans/structures.h"

namespace sealbook::keytrans {

// The prover's knowledge of one version of the label, existing or not.
struct LadderVersion {
  crypto::VrfOutput search_key;
  // The log entry that added it; absent when it does not exist in the tree
  // shown.
  std::optional<uint64_t> position;
};

// A CombinedTreeProof counts the elements of each of its vectors in one byte.
inline constexpr size_t kMaxProofElements = 255;

class ProofRecorder : public ProofHandle {
 public:
  // The first two outlive this. `last` is the tree size that the user
  // advertised. The search keys of `versions` are not looked at before Finish.
  // Requires: 1 <= last <= head.size().
  ProofRecorder(ProofSource& log,
                const std::map<uint32_t, LadderVersion>& versions,
                const LogHead& head, std::optional<uint64_t> last);

  // RESOURCE_EXHAUSTED: with it, the proof would have more than
  // kMaxProofElements of a kind. So a proof that cannot be encoded costs no
  // page and no hash.
  absl::StatusOr<uint64_t> Timestamp(uint64_t position) override;
  absl::Status BeginProof(uint64_t position) override;
  absl::StatusOr<bool> Lookup(uint32_t version) override;
  absl::Status EndProof() override;

  // The length of the longest vector that Finish will give, as it stands.
  size_t MostElements() const {
    return std::max(provided_.size(), series_.size());
  }

  // To be called once, after all algorithms.
  absl::StatusOr<CombinedTreeProof> Finish();

 private:
  struct Series {
    uint64_t position;
    // Looked up there, in this order.
    std::vector<uint32_t> versions;
  };

  absl::StatusOr<LogEntry> Entry(uint64_t position);

  ProofSource& log_;
  const std::map<uint32_t, LadderVersion>& versions_;
  const uint64_t size_;
  const std::optional<uint64_t> last_;
  // Of the auditor's head that comes with the proof.
  std::optional<uint64_t> auditor_size_;

  // Entries read so far.
  std::map<uint64_t, LogEntry> entries_;
  // Entries whose data the user retains.
  std::vector<uint64_t> retained_;
  // Entries whose timestamp is in the proof, in the order of first request.
  std::vector<uint64_t> provided_;
  std::vector<Series> series_;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_PROOF_RECORDER_H_
