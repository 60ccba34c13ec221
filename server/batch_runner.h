// Publishes one batch of requests: reads what the labels have, plans, seals,
// appends.
#ifndef SEALBOOK_SERVER_BATCH_RUNNER_H_
#define SEALBOOK_SERVER_BATCH_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
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
#include "server/padding.h"
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
  Padding padding;
};

// A request, and how far it has come.
struct BatchWork {
  // Outlives the run.
  const PublishRequest* request = nullptr;
  // Of a revocation: the last certificate that earlier batches have done with.
  std::optional<smime::CertificateHash> done;
};

struct BatchOutcome {
  PublishOutcome outcome;
  // Of a revocation: the rest has to go into a further batch, with `done` as it
  // is now in its BatchWork.
  bool more = false;
};

// Not thread-safe.
class BatchRunner {
 public:
  explicit BatchRunner(BatchRunnerParts parts) : parts_(std::move(parts)) {}

  // The outcome of each request; at most one revocation of a serial number. A
  // batch in which nothing is new writes nothing, or an entry of padding.
  // Revocations change at most
  // `room` addresses beside those that are published, but always those of one
  // certificate: it is taken out of all its addresses in one commit. Errors as
  // LogWriter::Append; all requests share them, and `work` is as it was.
  absl::StatusOr<std::vector<BatchOutcome>> Run(absl::Span<BatchWork> work,
                                                size_t room);

  // Appends one entry of padding: one leaf, or as many as each entry has.
  absl::Status AppendHeartbeat();

 private:
  struct Expansion;

  absl::StatusOr<Expansion> Expand(absl::Span<const BatchWork> work,
                                   size_t room) const;
  absl::StatusOr<BatchPlan> Plan(const Expansion& expansion) const;
  absl::Status AppendPlan(const BatchPlan& plan,
                          std::optional<uint64_t> timestamp_ms,
                          SealedBatch& sealed);
  absl::Status AppendPadding(std::optional<uint64_t> timestamp_ms);
  // With padding: that of an entry which is begun now.
  std::optional<uint64_t> Timestamp() const;

  const BatchRunnerParts parts_;
  // Issuing certificates known to be stored, so that they are not written with
  // every batch.
  absl::flat_hash_set<smime::CertificateHash> known_issuers_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_BATCH_RUNNER_H_
