#include "server/services/search_service.h"

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/prover.h"
#include "server/services/raw_message.h"
#include "server/services/search_answer.h"
#include "server/services/search_batch.h"
#include "server/services/unary_query.h"

namespace sealbook::server {
namespace {

absl::StatusOr<keytrans::DistinguishedRequest> ReadDistinguishedCall(
    const grpc::ByteBuffer& bytes) {
  v1::DistinguishedCall call;
  SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, call));
  return keytrans::DistinguishedRequest::Parse(call.request());
}

}  // namespace

grpc::ServerUnaryReactor* SearchService::Search(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* call,
    grpc::ByteBuffer* answer) {
  absl::StatusOr<keytrans::SearchRequest> request = ReadSearchCall(*call);
  if (!request.ok()) return FinishWith(context, request.status());
  const std::string label = request->label;
  return AnswerOnQueue(
      parts_, "Search", label, /*addresses=*/1, context,
      [this, request = *std::move(request)](const SignedHead& head,
                                            grpc::ByteBuffer& out) {
        v1::SearchAnswer message;
        SEALBOOK_RETURN_IF_ERROR(
            AnswerSearchCall(parts_, head, request, message));
        return EncodeInto(message, out);
      },
      answer);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
SearchService::SearchBatch(grpc::CallbackServerContext* context) {
  return StartSearchBatch(parts_, context);
}

grpc::ServerUnaryReactor* SearchService::Distinguished(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* call,
    grpc::ByteBuffer* answer) {
  absl::StatusOr<keytrans::DistinguishedRequest> request =
      ReadDistinguishedCall(*call);
  if (!request.ok()) return FinishWith(context, request.status());
  return AnswerOnQueue(
      parts_, "Distinguished", /*label=*/"", /*addresses=*/0, context,
      [this, request = *request](const SignedHead& head,
                                 grpc::ByteBuffer& out) {
        SEALBOOK_RETURN_IF_ERROR(CheckSeen(request.last, head));
        v1::DistinguishedAnswer message;
        SEALBOOK_ASSIGN_OR_RETURN(
            *message.mutable_response(),
            keytrans::AnswerDistinguished(*parts_.log, *parts_.configuration,
                                          head.TreeHead(), request));
        return EncodeInto(message, out);
      },
      answer);
}

}  // namespace sealbook::server
