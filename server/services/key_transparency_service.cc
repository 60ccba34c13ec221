#include "server/services/key_transparency_service.h"

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/prover.h"
#include "server/services/monitor_answer.h"
#include "server/services/raw_message.h"
#include "server/services/search_answer.h"
#include "server/services/search_batch.h"
#include "server/services/unary_query.h"
#include "server/services/update_stream.h"

namespace sealbook::server {
namespace {

absl::StatusOr<keytrans::DistinguishedRequest> ReadDistinguishedCall(
    const grpc::ByteBuffer& bytes) {
  v1::DistinguishedCall call;
  SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, call));
  return keytrans::DistinguishedRequest::Parse(call.request());
}

}  // namespace

grpc::ServerUnaryReactor* KeyTransparencyService::Search(
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
KeyTransparencyService::SearchBatch(grpc::CallbackServerContext* context) {
  return StartSearchBatch(parts_, context);
}

grpc::ServerUnaryReactor* KeyTransparencyService::Distinguished(
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

grpc::ServerUnaryReactor* KeyTransparencyService::ContactMonitor(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* call,
    grpc::ByteBuffer* answer) {
  absl::StatusOr<ContactMonitorQuery> query = ReadContactMonitorCall(*call);
  if (!query.ok()) return FinishWith(context, query.status());
  const std::string label = query->request.label;
  const uint64_t addresses = query->openings.empty() ? 1 : 0;
  return AnswerOnQueue(
      parts_, "ContactMonitor", label, addresses, context,
      [this, query = *std::move(query)](const SignedHead& head,
                                        grpc::ByteBuffer& out) {
        SEALBOOK_ASSIGN_OR_RETURN(v1::ContactMonitorAnswer message,
                                  AnswerContactMonitor(parts_, head, query));
        return EncodeInto(message, out);
      },
      answer);
}

grpc::ServerUnaryReactor* KeyTransparencyService::OwnerInit(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* call,
    grpc::ByteBuffer* answer) {
  absl::StatusOr<keytrans::OwnerInitRequest> request = ReadOwnerInitCall(*call);
  if (!request.ok()) return FinishWith(context, request.status());
  const std::string label = request->label;
  return AnswerOnQueue(
      parts_, "OwnerInit", label, /*addresses=*/1, context,
      [this, request = *std::move(request)](const SignedHead& head,
                                            grpc::ByteBuffer& out) {
        SEALBOOK_ASSIGN_OR_RETURN(v1::OwnerInitAnswer message,
                                  AnswerOwnerInit(parts_, head, request));
        return EncodeInto(message, out);
      },
      answer);
}

grpc::ServerUnaryReactor* KeyTransparencyService::OwnerMonitor(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* call,
    grpc::ByteBuffer* answer) {
  absl::StatusOr<keytrans::OwnerMonitorRequest> request =
      ReadOwnerMonitorCall(*call);
  if (!request.ok()) return FinishWith(context, request.status());
  const std::string label = request->label;
  return AnswerOnQueue(
      parts_, "OwnerMonitor", label, /*addresses=*/1, context,
      [this, request = *std::move(request)](const SignedHead& head,
                                            grpc::ByteBuffer& out) {
        SEALBOOK_ASSIGN_OR_RETURN(v1::OwnerMonitorAnswer message,
                                  AnswerOwnerMonitor(parts_, head, request));
        return EncodeInto(message, out);
      },
      answer);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* KeyTransparencyService::Update(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* call) {
  auto* stream = new UpdateStream(parts_, context);
  stream->Start(*call);
  return stream;
}

}  // namespace sealbook::server
