#include "server/services/search_answer.h"

#include <set>
#include <utility>

#include "base/status_macros.h"
#include "keytrans/prover.h"
#include "server/services/raw_message.h"

namespace sealbook::server {

absl::StatusOr<keytrans::SearchRequest> ReadSearchCall(
    const grpc::ByteBuffer& bytes) {
  v1::SearchCall call;
  SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, call));
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::SearchRequest request,
                            keytrans::SearchRequest::Parse(call.request()));
  SEALBOOK_RETURN_IF_ERROR(CheckCanonical(request.label));
  return request;
}

absl::Status AnswerSearchCall(const QueryParts& parts, const SignedHead& head,
                              const keytrans::SearchRequest& request,
                              v1::SearchAnswer& answer) {
  SEALBOOK_RETURN_IF_ERROR(CheckSeen(request.last, head));
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::SearchAnswer found,
      keytrans::AnswerSearch(*parts.log, *parts.configuration, head.TreeHead(),
                             request));
  switch (found.kind) {
    case keytrans::SearchAnswer::Kind::kAbsent:
      *answer.mutable_absence() = std::move(found.bytes);
      return absl::OkStatus();
    case keytrans::SearchAnswer::Kind::kGreatest:
      *answer.mutable_greatest() = std::move(found.bytes);
      break;
    case keytrans::SearchAnswer::Kind::kFound:
      *answer.mutable_response() = std::move(found.bytes);
      break;
  }
  std::set<smime::CertificateHash> sent;
  return AddIssuers(parts, found.value, sent, *answer.mutable_issuers());
}

}  // namespace sealbook::server
