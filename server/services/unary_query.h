// Unary calls that are answered on the query queue.
#ifndef SEALBOOK_SERVER_SERVICES_UNARY_QUERY_H_
#define SEALBOOK_SERVER_SERVICES_UNARY_QUERY_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/services/query.h"

namespace sealbook::server {

// Takes `addresses` from the caller's bucket, runs `work` on a thread of the
// queue and finishes the call with its status. `label` is for the log.
grpc::ServerUnaryReactor* AnswerOnQueue(
    const QueryParts& parts, absl::string_view rpc, const std::string& label,
    uint64_t addresses, grpc::CallbackServerContext* context,
    std::function<absl::Status(const SignedHead& head, grpc::ByteBuffer& out)>
        work,
    grpc::ByteBuffer* answer);

// Finishes the call at once.
grpc::ServerUnaryReactor* FinishWith(grpc::CallbackServerContext* context,
                                     const absl::Status& status);

// `message` into `out`. INTERNAL: it is too large.
absl::Status EncodeInto(const google::protobuf::MessageLite& message,
                        grpc::ByteBuffer& out);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_UNARY_QUERY_H_
