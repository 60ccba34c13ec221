// What the services that answer about addresses share: from a request's bytes
// to an answer message, without gRPC's calls.
#ifndef SEALBOOK_SERVER_SERVICES_QUERY_H_
#define SEALBOOK_SERVER_SERVICES_QUERY_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "keytrans/prover.h"
#include "keytrans/structures.h"
#include "server/services/issuers.h"
#include "server/services/lookup_limits.h"
#include "server/services/task_queue.h"
#include "server/visible_head.h"
#include "smime/types.h"

namespace sealbook::server {

// All outlive the services; `queue` ends after the gRPC server has. Answers are
// computed on its threads.
struct QueryParts {
  keytrans::ProverSource* log = nullptr;
  const keytrans::Configuration* configuration = nullptr;
  const VisibleHead* visible_head = nullptr;
  Issuers* issuers = nullptr;
  TaskQueue* queue = nullptr;
  // Null: the pages of a stream are not counted.
  LookupLimits* limits = nullptr;
  // A stream whose client stands still for so long is ended.
  uint64_t stall_ms = 300'000;
};

// When to come again after RESOURCE_EXHAUSTED from a full queue.
inline constexpr uint64_t kQueueRetryMs = 500;

// INVALID_ARGUMENT unless `label` is a canonical address. Folding here would
// hide from the caller under which label the answer was proved.
absl::Status CheckCanonical(absl::string_view label);

// The newest signed head, which its holder is answered with, whatever is
// published meanwhile. UNAVAILABLE: there is none yet.
absl::StatusOr<std::shared_ptr<const SignedHead>> ReadHead(
    const QueryParts& parts);

// INVALID_ARGUMENT: the caller says that it saw a larger tree, or an empty one.
absl::Status CheckSeen(std::optional<uint64_t> last, const SignedHead& head);

// Adds the issuing certificates that the entry in `value` names and that are
// not in `sent`, and notes them there. DATA_LOSS: the value or one of them is
// damaged.
absl::Status AddIssuers(const QueryParts& parts, absl::string_view value,
                        std::set<smime::CertificateHash>& sent,
                        google::protobuf::RepeatedPtrField<std::string>& out);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_QUERY_H_
