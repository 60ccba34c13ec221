// The log as a prover reads it.
#ifndef SEALBOOK_KEYTRANS_PROOF_SOURCE_H_
#define SEALBOOK_KEYTRANS_PROOF_SOURCE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "crypto/types.h"
#include "keytrans/structures.h"
#include "merkle/log_tree.h"
#include "merkle/page_store.h"

namespace sealbook::keytrans {

// A log that may grow while it is read: everything below a tree size stays as
// it is. Thread-safe.
class ProofSource {
 public:
  virtual ~ProofSource() = default;

  // In the order of `positions`. DATA_LOSS: one is missing or damaged.
  virtual absl::StatusOr<std::vector<LogEntry>> ReadEntries(
      absl::Span<const uint64_t> positions) = 0;
  // Values of log tree nodes, in the order of `nodes`. DATA_LOSS as above.
  virtual absl::StatusOr<std::vector<crypto::Hash>> ReadLogNodes(
      absl::Span<const merkle::LogNode> nodes) = 0;
  // The pages of all its prefix trees.
  virtual merkle::PageStore& pages() = 0;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_PROOF_SOURCE_H_
