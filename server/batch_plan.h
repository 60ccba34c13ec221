// Decides what a batch of requests adds to the log: which versions, in which
// log entries. Pure: states in, plan out.
//
// One log entry takes at most 255 prefix leaves (KT: PrefixProof.results counts
// in one byte) and at most 128 new versions of one label (more would overflow
// UpdateResponse.binary_ladder and strand the label's owner), whose values have
// at most 8 MiB. One request's versions of one label share one log entry, those
// of a proposal with no other version of the label. Versions of a label that
// come in different requests follow each other in order of arrival.
#ifndef SEALBOOK_SERVER_BATCH_PLAN_H_
#define SEALBOOK_SERVER_BATCH_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/entry_placer.h"
#include "server/label_state.h"
#include "server/log_store.h"
#include "server/publication.h"
#include "server/revocation_state.h"

namespace sealbook::server {

struct PlannedVersion {
  // Of the request; it outlives the plan.
  const Submission* submission = nullptr;
  LabelVersion key;
  // Index of its log entry among those of the batch.
  size_t entry = 0;
  // Certificates that stay in force, beside the new one if there is one.
  std::vector<std::shared_ptr<const CertificateState>> in_force;
  // Of a revocation: the reason that is recorded, which is the first one's when
  // another one only adds what it left out.
  v1::CrlReason reason = v1::CRL_REASON_UNSPECIFIED;
};

// The value of `version`: a serialized DirectoryEntry.
std::string ValueOf(const PlannedVersion& version);

// A certificate whose standing changes.
struct PlannedRevocation {
  // Of the request; it outlives the plan.
  const Submission* submission = nullptr;
  v1::RevocationRecord record;
  // How all certificates with its serial number stand.
  v1::CrlReason serial_reason = v1::CRL_REASON_UNSPECIFIED;
};

// What becomes of one submission.
struct PlannedResult {
  // A refusal; or a publication that is in the log; or one that is in the plan.
  std::variant<absl::Status, Publication, size_t> outcome;
  // For an index into BatchPlan::versions: an earlier submission of the batch
  // made that version.
  bool repeated = false;
};

struct BatchPlan {
  // Ascending by entry.
  std::vector<PlannedVersion> versions;
  size_t entries = 0;
  // At most one a certificate.
  std::vector<PlannedRevocation> revocations;
  // By request, then by submission.
  std::vector<std::vector<PlannedResult>> results;
};

// What must be known to plan `requests`: each label once, in order of
// appearance.
std::vector<LabelQuery> QueriesOf(
    absl::Span<const PublishRequest* const> requests);

// `states` are those of `queries` == QueriesOf(requests), `revocations` that of
// the same requests. `now_ms`: milliseconds since the Unix epoch; certificates
// that have expired by then are dropped from new versions.
//
// A revocation is expanded (server/revocation_state.h) and the only one of its
// serial number in the batch. `announced`: the revocations of the batch as they
// were asked for, also those that must wait for the next one. They count from
// the batch's beginning: what would publish one of their certificates, or a key
// that they say is compromised, is refused even if it came a moment before.
BatchPlan PlanBatch(absl::Span<const PublishRequest* const> requests,
                    absl::Span<const PublishRequest* const> announced,
                    absl::Span<const LabelQuery> queries,
                    std::vector<LabelState> states,
                    const RevocationState& revocations, int64_t now_ms,
                    size_t leaves_per_entry = kMaxLeavesPerEntry);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_BATCH_PLAN_H_
