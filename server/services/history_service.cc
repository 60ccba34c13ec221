#include "server/services/history_service.h"

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "keytrans/history_prover.h"
#include "keytrans/history_structures.h"
#include "server/services/page_stream.h"
#include "server/services/raw_message.h"
#include "server/services/unary_query.h"

namespace sealbook::server {
namespace {

class HistoryReader final : public PageStream {
 public:
  HistoryReader(const QueryParts& parts, grpc::CallbackServerContext* context)
      : PageStream(parts, context, "ReadHistory") {}

 private:
  absl::Status Begin(const grpc::ByteBuffer& bytes,
                     const SignedHead& head) override {
    v1::HistoryCall call;
    SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, call));
    SEALBOOK_ASSIGN_OR_RETURN(request_,
                              keytrans::HistoryRequest::Parse(call.request()));
    SEALBOOK_RETURN_IF_ERROR(CheckCanonical(request_.label));
    if (call.max_versions() != 0) left_ = call.max_versions();
    return CheckSeen(request_.last, head);
  }

  absl::StatusOr<bool> MakePage(const SignedHead& head,
                                grpc::ByteBuffer& page) override {
    SEALBOOK_ASSIGN_OR_RETURN(
        keytrans::HistoryAnswer answer,
        keytrans::AnswerHistory(*parts().log, *parts().configuration,
                                head.TreeHead(), request_, left_));
    v1::HistoryPage message;
    bool last = true;
    switch (answer.kind) {
      case keytrans::SearchAnswer::Kind::kAbsent:
        *message.mutable_absence() = std::move(answer.bytes);
        break;
      case keytrans::SearchAnswer::Kind::kGreatest:
        *message.mutable_greatest() = std::move(answer.bytes);
        break;
      case keytrans::SearchAnswer::Kind::kFound:
        *message.mutable_response() = std::move(answer.bytes);
        left_ -= answer.values.size();
        last = answer.oldest == 0 || left_ == 0;
        if (!last) request_.newest = answer.oldest - 1;
        request_.last = head.tree_size;
        break;
    }
    for (const std::string& value : answer.values) {
      SEALBOOK_RETURN_IF_ERROR(
          AddIssuers(parts(), value, issuers_, *message.mutable_issuers()));
    }
    SEALBOOK_RETURN_IF_ERROR(EncodeInto(message, page));
    return last;
  }

  const std::string& label() const override { return request_.label; }

  // What the next page answers.
  keytrans::HistoryRequest request_;
  size_t left_ = std::numeric_limits<size_t>::max();
  std::set<smime::CertificateHash> issuers_;
};

absl::StatusOr<keytrans::AsOfRequest> ReadAsOfCall(
    const grpc::ByteBuffer& bytes) {
  v1::AsOfCall call;
  SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, call));
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::AsOfRequest request,
                            keytrans::AsOfRequest::Parse(call.request()));
  SEALBOOK_RETURN_IF_ERROR(CheckCanonical(request.label));
  return request;
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* HistoryService::ReadHistory(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* call) {
  auto* reader = new HistoryReader(parts_, context);
  reader->Start(*call);
  return reader;
}

grpc::ServerUnaryReactor* HistoryService::ReadAsOf(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* call,
    grpc::ByteBuffer* answer) {
  absl::StatusOr<keytrans::AsOfRequest> request = ReadAsOfCall(*call);
  if (!request.ok()) return FinishWith(context, request.status());
  const std::string label = request->label;
  return AnswerOnQueue(
      parts_, "ReadAsOf", label, /*addresses=*/1, context,
      [this, request = *std::move(request)](const SignedHead& head,
                                            grpc::ByteBuffer& out) {
        SEALBOOK_RETURN_IF_ERROR(CheckSeen(request.last, head));
        SEALBOOK_ASSIGN_OR_RETURN(
            keytrans::AsOfAnswer found,
            keytrans::AnswerAsOf(*parts_.log, *parts_.configuration,
                                 head.TreeHead(), request));
        v1::AsOfAnswer message;
        *message.mutable_response() = std::move(found.bytes);
        std::set<smime::CertificateHash> sent;
        if (found.value.has_value()) {
          SEALBOOK_RETURN_IF_ERROR(AddIssuers(parts_, *found.value, sent,
                                              *message.mutable_issuers()));
        }
        return EncodeInto(message, out);
      },
      answer);
}

}  // namespace sealbook::server
