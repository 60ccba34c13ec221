// One call of sealbook.v1.Publisher.Revoke, without gRPC.
#ifndef SEALBOOK_SERVER_SERVICES_REVOKE_CALL_H_
#define SEALBOOK_SERVER_SERVICES_REVOKE_CALL_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/sealbook/v1/publisher.pb.h"
#include "server/log_store.h"
#include "server/sequencer.h"
#include "server/services/submitter.h"
#include "server/services/task_queue.h"
#include "smime/admission.h"

namespace sealbook::server {

// INVALID_ARGUMENT naming the limit: more than 1,000 items, or none.
absl::Status CheckRevokeLimits(const v1::RevokeRequest& request);

struct RevokeParts {
  const LogStore* records = nullptr;
  const smime::Admission* admission = nullptr;
  Sequencer* sequencer = nullptr;
  Submitter* submitter = nullptr;
  TaskQueue* queue = nullptr;
};

struct RevokeJob {
  v1::RevokeRequest request;
  std::shared_ptr<const smime::PublisherPolicy> publisher;
  // Milliseconds since the Unix epoch, at which a certificate that is to be
  // brought back is judged.
  uint64_t now_ms = 0;
  // That nobody waits for the answer any more.
  std::function<bool()> abandoned;
  // Called exactly once, on any thread; what concerns one item is its result.
  // Errors, of all items together, as Sequencer::Submit.
  std::function<void(const absl::StatusOr<v1::RevokeResponse>&)> done;
};

// Finds each certificate, checks that the publisher speaks for its issuing key,
// and hands the revocations to the submitter. What is not found is looked for
// once more behind everything that was in the sequencer's queue. All that
// `parts` names outlives the job. Reads from the store: not for gRPC's threads.
void RevokeAll(const RevokeParts& parts, RevokeJob job);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_REVOKE_CALL_H_
