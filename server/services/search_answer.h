// Search requests and their answers as messages, for one call or many.
#ifndef SEALBOOK_SERVER_SERVICES_SEARCH_ANSWER_H_
#define SEALBOOK_SERVER_SERVICES_SEARCH_ANSWER_H_

#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "keytrans/structures.h"
#include "proto/sealbook/v1/key_transparency.pb.h"
#include "server/services/query.h"

namespace sealbook::server {

// The SearchRequest in a SearchCall. INVALID_ARGUMENT: malformed bytes, or a
// label that is not canonical.
absl::StatusOr<keytrans::SearchRequest> ReadSearchCall(
    const grpc::ByteBuffer& bytes);

// Answers in the tree of `head`. Errors: as keytrans::AnswerSearch, and
// INVALID_ARGUMENT as CheckSeen.
absl::Status AnswerSearchCall(const QueryParts& parts, const SignedHead& head,
                              const keytrans::SearchRequest& request,
                              v1::SearchAnswer& answer);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_SEARCH_ANSWER_H_
