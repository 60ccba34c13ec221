#include "server/services/history_service.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "keytrans/history_prover.h"
#include "keytrans/history_structures.h"
#include "server/services/grpc_status.h"
#include "server/services/raw_message.h"
#include "server/services/stall_guard.h"
#include "server/services/unary_query.h"

namespace sealbook::server {
namespace {

// Reads one history, page after page. At any time one thing is under way: a
// task on the queue, a write, or the end.
class HistoryReader final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  HistoryReader(const QueryParts& parts, grpc::CallbackServerContext* context)
      : parts_(parts),
        context_(context),
        caller_(CallerOf(*context)),
        guard_(context, parts.stall_ms) {}

  void Start(const grpc::ByteBuffer& call) {
    const absl::Status status = Begin(call);
    if (!status.ok()) {
      Finish(ToGrpcStatus(status));
      return;
    }
    NextPage();
  }

  void OnWriteDone(bool ok) override {
    guard_.Moved();
    if (!ok) {
      Finish(grpc::Status::CANCELLED);
    } else if (last_page_) {
      Finish(grpc::Status::OK);
    } else {
      NextPage();
    }
  }

  void OnDone() override {
    guard_.Over();
    delete this;
  }

 private:
  absl::Status Begin(const grpc::ByteBuffer& bytes) {
    v1::HistoryCall call;
    SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, call));
    SEALBOOK_ASSIGN_OR_RETURN(request_,
                              keytrans::HistoryRequest::Parse(call.request()));
    SEALBOOK_RETURN_IF_ERROR(CheckCanonical(request_.label));
    if (call.max_versions() != 0) left_ = call.max_versions();
    SEALBOOK_ASSIGN_OR_RETURN(head_, ReadHead(parts_));
    return CheckSeen(request_.last, *head_);
  }

  void NextPage() {
    if (const std::optional<uint64_t> wait = parts_.limits->Take(caller_, 1);
        wait.has_value()) {
      Finish(Overloaded(*context_,
                        "too many addresses were looked up from here", *wait));
      return;
    }
    auto task = [this] {
      if (context_->IsCancelled()) {
        Finish(grpc::Status::CANCELLED);
        return;
      }
      const absl::Status status = MakePage();
      if (!status.ok()) {
        LogFailure("ReadHistory", request_.label, status);
        Finish(ToGrpcStatus(status));
        return;
      }
      StartWrite(&page_);
    };
    if (!parts_.queue->TryPost(std::move(task))) {
      Finish(Overloaded(*context_, "too many look-ups are waiting",
                        kQueueRetryMs));
    }
  }

  // On a thread of the queue.
  absl::Status MakePage() {
    SEALBOOK_ASSIGN_OR_RETURN(
        keytrans::HistoryAnswer answer,
        keytrans::AnswerHistory(*parts_.log, *parts_.configuration,
                                head_->TreeHead(), request_, left_));
    v1::HistoryPage message;
    last_page_ = true;
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
        last_page_ = answer.oldest == 0 || left_ == 0;
        if (!last_page_) request_.newest = answer.oldest - 1;
        request_.last = head_->tree_size;
        break;
    }
    for (const std::string& value : answer.values) {
      SEALBOOK_RETURN_IF_ERROR(
          AddIssuers(parts_, value, issuers_, *message.mutable_issuers()));
    }
    page_.Clear();
    return EncodeInto(message, page_);
  }

  const QueryParts parts_;
  grpc::CallbackServerContext* const context_;
  const std::string caller_;
  StallGuard guard_;
  std::shared_ptr<const SignedHead> head_;
  // What the next page answers.
  keytrans::HistoryRequest request_;
  size_t left_ = std::numeric_limits<size_t>::max();
  std::set<smime::CertificateHash> issuers_;
  grpc::ByteBuffer page_;
  bool last_page_ = false;
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
