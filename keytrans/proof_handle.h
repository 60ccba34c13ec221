// The two sides of a CombinedTreeProof behind one face ([KT] "Combined Tree"
// under "Tree Proofs", and its implementation appendix). Each algorithm is
// written once against it: the prover runs it with a recorder (prover.h), the
// verifier with a consumer (proof_consumer.h).
//
//   handle.Timestamp(position);
//   handle.BeginProof(position);
//   handle.Lookup(0);  // true: version 0 is in that entry's prefix tree
//   handle.Lookup(1);
//   handle.EndProof();
#ifndef SEALBOOK_KEYTRANS_PROOF_HANDLE_H_
#define SEALBOOK_KEYTRANS_PROOF_HANDLE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sealbook::keytrans {

// Not thread-safe: one handle, one run of the algorithms.
class ProofHandle {
 public:
  virtual ~ProofHandle() = default;

  // The timestamp of a log entry, in milliseconds since the Unix epoch. Only
  // the first request for an entry that the verifier does not retain is part of
  // the proof.
  virtual absl::StatusOr<uint64_t> Timestamp(uint64_t position) = 0;

  // Begins the next PrefixProof: a series of lookups in one entry's prefix
  // tree.
  virtual absl::Status BeginProof(uint64_t position) = 0;
  // Whether `version` of the label is in the tree. Between BeginProof and
  // EndProof only.
  virtual absl::StatusOr<bool> Lookup(uint32_t version) = 0;
  // Ends the series; a verifier checks the proof here.
  virtual absl::Status EndProof() = 0;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_PROOF_HANDLE_H_
