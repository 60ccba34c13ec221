#include "server/services/update_stream.h"

#include <utility>

#include "base/status_macros.h"
#include "keytrans/monitor_prover.h"
#include "proto/sealbook/v1/key_transparency.pb.h"
#include "server/services/raw_message.h"
#include "server/services/unary_query.h"

namespace sealbook::server {

absl::StatusOr<keytrans::UpdateRequest> ParseUpdateRequest(
    const std::string& bytes) {
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::UpdateRequest request,
                            keytrans::UpdateRequest::Parse(bytes));
  SEALBOOK_RETURN_IF_ERROR(CheckCanonical(request.label));
  return request;
}

void UpdateStream::Answer(keytrans::UpdateRequest request, bool created) {
  request_ = std::move(request);
  read_ = true;
  created_ = created;
  Start({});
}

absl::Status UpdateStream::Begin(const grpc::ByteBuffer& bytes,
                                 const SignedHead& head) {
  if (!read_) {
    v1::UpdateCall call;
    SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, call));
    SEALBOOK_ASSIGN_OR_RETURN(request_, ParseUpdateRequest(call.request()));
  }
  return CheckSeen(request_.last, head);
}

absl::StatusOr<bool> UpdateStream::MakePage(const SignedHead& head,
                                            grpc::ByteBuffer& page) {
  absl::StatusOr<keytrans::UpdateAnswer> answer =
      keytrans::AnswerUpdate(*parts().log, *parts().configuration,
                             head.TreeHead(), request_, created_);
  if (absl::IsFailedPrecondition(answer.status()) && !request_.values.empty() &&
      !created_) {
    return absl::PermissionDeniedError(
        "new versions are added by publishers, over the service Publisher");
  }
  SEALBOOK_RETURN_IF_ERROR(answer.status());
  v1::UpdateAnswer message;
  *message.mutable_response() = std::move(answer->bytes);
  for (const std::string& value : answer->values) {
    SEALBOOK_RETURN_IF_ERROR(
        AddIssuers(parts(), value, issuers_, *message.mutable_issuers()));
  }
  // "as if an UpdateRequest with the following parameters had been sent".
  request_.last = head.tree_size;
  request_.greatest_version = answer->greatest;
  if (created_) request_.values.clear();
  created_ = false;
  SEALBOOK_RETURN_IF_ERROR(EncodeInto(message, page));
  return !answer->more;
}

}  // namespace sealbook::server
