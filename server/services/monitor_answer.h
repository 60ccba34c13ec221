// Requests of contacts and owners, and their answers as messages.
#ifndef SEALBOOK_SERVER_SERVICES_MONITOR_ANSWER_H_
#define SEALBOOK_SERVER_SERVICES_MONITOR_ANSWER_H_

#include <grpcpp/support/byte_buffer.h>

#include <vector>

#include "absl/status/statusor.h"
#include "crypto/types.h"
#include "keytrans/monitor_structures.h"
#include "proto/sealbook/v1/key_transparency.pb.h"
#include "server/services/query.h"

namespace sealbook::server {

struct ContactMonitorQuery {
  keytrans::ContactMonitorRequest request;
  // Of the versions in request.entries, in their order; or none.
  std::vector<crypto::Opening> openings;
};

// What is in a call. INVALID_ARGUMENT: malformed bytes, or a label that is not
// canonical; also a number of openings other than none and that of entries.
absl::StatusOr<ContactMonitorQuery> ReadContactMonitorCall(
    const grpc::ByteBuffer& bytes);
absl::StatusOr<keytrans::OwnerInitRequest> ReadOwnerInitCall(
    const grpc::ByteBuffer& bytes);
absl::StatusOr<keytrans::OwnerMonitorRequest> ReadOwnerMonitorCall(
    const grpc::ByteBuffer& bytes);

// Answers in the tree of `head`. Errors: as keytrans/monitor_prover.h, and
// INVALID_ARGUMENT as CheckSeen. PERMISSION_DENIED: an opening is not that of
// its version, or there is no such version.
absl::StatusOr<v1::ContactMonitorAnswer> AnswerContactMonitor(
    const QueryParts& parts, const SignedHead& head,
    const ContactMonitorQuery& query);
absl::StatusOr<v1::OwnerInitAnswer> AnswerOwnerInit(
    const QueryParts& parts, const SignedHead& head,
    const keytrans::OwnerInitRequest& request);
absl::StatusOr<v1::OwnerMonitorAnswer> AnswerOwnerMonitor(
    const QueryParts& parts, const SignedHead& head,
    const keytrans::OwnerMonitorRequest& request);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_MONITOR_ANSWER_H_
