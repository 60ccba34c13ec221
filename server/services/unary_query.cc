#include "server/services/unary_query.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "server/services/grpc_status.h"
#include "server/services/raw_message.h"

namespace sealbook::server {

grpc::ServerUnaryReactor* FinishWith(grpc::CallbackServerContext* context,
                                     const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

absl::Status EncodeInto(const google::protobuf::MessageLite& message,
                        grpc::ByteBuffer& out) {
  const grpc::Status status = WriteMessage(message, out);
  if (status.ok()) return absl::OkStatus();
  return absl::InternalError(status.error_message());
}

grpc::ServerUnaryReactor* AnswerOnQueue(
    const QueryParts& parts, absl::string_view rpc, const std::string& label,
    uint64_t addresses, grpc::CallbackServerContext* context,
    std::function<absl::Status(const SignedHead& head, grpc::ByteBuffer& out)>
        work,
    grpc::ByteBuffer* answer) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const std::optional<uint64_t> wait =
          parts.limits->Take(CallerOf(*context), addresses);
      wait.has_value()) {
    reactor->Finish(Overloaded(
        *context, "too many addresses were looked up from here", *wait));
    return reactor;
  }
  auto task = [parts, rpc, label, context, reactor, answer,
               work = std::move(work)] {
    // Nobody waits for the answer any more: the deadline passed in the queue.
    if (context->IsCancelled()) {
      reactor->Finish(grpc::Status::CANCELLED);
      return;
    }
    const absl::Status status = [&] {
      SEALBOOK_ASSIGN_OR_RETURN(const std::shared_ptr<const SignedHead> head,
                                ReadHead(parts));
      return work(*head, *answer);
    }();
    if (!status.ok()) LogFailure(rpc, label, status);
    reactor->Finish(ToGrpcStatus(status));
  };
  if (!parts.queue->TryRun(std::move(task))) {
    reactor->Finish(
        Overloaded(*context, "too many look-ups are waiting", kQueueRetryMs));
  }
  return reactor;
}

}  // namespace sealbook::server
