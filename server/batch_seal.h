// Turns a plan into what the log takes: values, openings, commitments, search
// keys, records.
#ifndef SEALBOOK_SERVER_BATCH_SEAL_H_
#define SEALBOOK_SERVER_BATCH_SEAL_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "crypto/random.h"
#include "crypto/types.h"
#include "crypto/vrf.h"
#include "merkle/prefix_tree.h"
#include "server/batch_plan.h"
#include "server/log_writer.h"
#include "smime/types.h"

namespace sealbook::server {

struct SealedBatch {
  LogBatch batch;
  // Of BatchPlan::versions, in their order.
  std::vector<crypto::Commitment> commitments;
  // Issuing certificates that `batch` stores.
  std::vector<smime::CertificateHash> new_issuers;
};

// `first_position` is that of the batch's first log entry. `known_issuers` are
// not stored again. INTERNAL: the random generator or the VRF failed.
absl::StatusOr<SealedBatch> SealBatch(
    const BatchPlan& plan, uint64_t first_position,
    const absl::flat_hash_set<smime::CertificateHash>& known_issuers,
    const crypto::VrfPrivateKey& vrf_key, crypto::RandomSource& random,
    const merkle::ParallelFor& parallel);

// Adds padding leaves to each entry that has fewer than `leaves`: random bytes,
// which nobody can tell from a search key and a commitment.
absl::Status AddPadding(size_t leaves, crypto::RandomSource& random,
                        LogBatch& batch);

// One entry with `leaves` padding leaves.
absl::StatusOr<LogBatch> PaddingBatch(crypto::RandomSource& random,
                                      size_t leaves = 1);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_BATCH_SEAL_H_
