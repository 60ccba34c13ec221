#include "server/services/update_stream.h"

#include <set>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/update_structures.h"
#include "proto/sealbook/v1/key_transparency.pb.h"
#include "server/services/page_stream.h"
#include "server/services/raw_message.h"
#include "server/services/unary_query.h"
#include "smime/types.h"

namespace sealbook::server {
namespace {

class UpdateStream final : public PageStream {
 public:
  UpdateStream(const QueryParts& parts, grpc::CallbackServerContext* context)
      : PageStream(parts, context, "Update") {}

 private:
  absl::Status Begin(const grpc::ByteBuffer& bytes,
                     const SignedHead& head) override {
    v1::UpdateCall call;
    SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, call));
    SEALBOOK_ASSIGN_OR_RETURN(request_,
                              keytrans::UpdateRequest::Parse(call.request()));
    SEALBOOK_RETURN_IF_ERROR(CheckCanonical(request_.label));
    return CheckSeen(request_.last, head);
  }

  absl::StatusOr<bool> MakePage(const SignedHead& head,
                                grpc::ByteBuffer& page) override {
    absl::StatusOr<keytrans::UpdateAnswer> answer = keytrans::AnswerUpdate(
        *parts().log, *parts().configuration, head.TreeHead(), request_);
    if (absl::IsFailedPrecondition(answer.status()) &&
        !request_.values.empty()) {
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
    SEALBOOK_RETURN_IF_ERROR(EncodeInto(message, page));
    return !answer->more;
  }

  const std::string& label() const override { return request_.label; }

  // What the next answer is to.
  keytrans::UpdateRequest request_;
  std::set<smime::CertificateHash> issuers_;
};

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartUpdateStream(
    const QueryParts& parts, grpc::CallbackServerContext* context,
    const grpc::ByteBuffer& call) {
  auto* stream = new UpdateStream(parts, context);
  stream->Start(call);
  return stream;
}

}  // namespace sealbook::server
