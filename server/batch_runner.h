// Publishes one batch of requests: reads what the labels have, plans, seals,
// appends.
#ifndef SEALBOOK_SERVER_BATCH_RUNNER_H_
#define SEALBOOK_SERVER_BATCH_RUNNER_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "crypto/random.h"
#include "crypto/vrf.h"
#include "merkle/prefix_tree.h"
#include "server/batch_plan.h"
#include "server/batch_seal.h"
#include "server/clock.h"
#include "server/log_writer.h"
#include "server/publication.h"
#include "smime/types.h"

namespace sealbook::server {

// What the runner works with; all of it outlives the runner.
struct BatchRunnerParts {
  LogWriter* writer = nullptr;
  const crypto::VrfPrivateKey* vrf_key = nullptr;
  crypto::RandomSource* random = nullptr;
  const Clock* clock = nullptr;
  merkle::ParallelFor parallel;
};

// Not thread-safe.
class BatchRunner {
 public:
  explicit BatchRunner(BatchRunnerParts parts) : parts_(std::move(parts)) {}

  // The outcome of each request. A batch in which nothing is new writes
  // nothing. Errors as LogWriter::Append; all requests share them.
  absl::StatusOr<std::vector<PublishOutcome>> Run(
      absl::Span<const PublishRequest* const> requests);

  // Appends one entry with one padding leaf.
  absl::Status AppendHeartbeat();

 private:
  absl::Status AppendPlan(const BatchPlan& plan, SealedBatch& sealed);

  const BatchRunnerParts parts_;
  // Issuing certificates known to be stored, so that they are not written with
  // every batch.
  absl::flat_hash_set<smime::CertificateHash> known_issuers_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_BATCH_RUNNER_H_
