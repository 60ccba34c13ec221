#include "server/services/page_stream.h"

#include <cstdint>
#include <optional>

#include "base/status_macros.h"
#include "server/services/grpc_status.h"
#include "server/services/run_after.h"

namespace sealbook::server {

PageStream::PageStream(const QueryParts& parts,
                       grpc::CallbackServerContext* context,
                       absl::string_view rpc)
    : parts_(parts),
      context_(context),
      rpc_(rpc),
      caller_(CallerOf(*context)) {}

void PageStream::Start(const grpc::ByteBuffer& call) {
  guard_.emplace(context_, parts_.stall_ms);
  const absl::Status status = ReadHeadAndBegin(call);
  if (!status.ok()) {
    Finish(ToGrpcStatus(status));
    return;
  }
  NextPage();
}

void PageStream::Refuse(const absl::Status& status, uint64_t retry_ms) {
  LogFailure(rpc_, "", status);
  if (retry_ms > 0) AddRetryHint(*context_, retry_ms);
  Finish(ToGrpcStatus(status));
}

absl::Status PageStream::ReadHeadAndBegin(const grpc::ByteBuffer& call) {
  SEALBOOK_ASSIGN_OR_RETURN(head_, ReadHead(parts_));
  return Begin(call, *head_);
}

void PageStream::OnWriteDone(bool ok) {
  guard_->Moved();
  if (!ok) {
    Finish(grpc::Status::CANCELLED);
  } else if (last_page_) {
    Finish(grpc::Status::OK);
  } else {
    NextPage();
  }
}

void PageStream::OnDone() {
  if (guard_.has_value()) guard_->Over();
  delete this;
}

void PageStream::NextPage() {
  const std::optional<uint64_t> wait =
      parts_.limits == nullptr ? std::nullopt : parts_.limits->Take(caller_, 1);
  if (wait.has_value()) {
    Finish(Overloaded(*context_, "too many addresses were looked up from here",
                      *wait));
    return;
  }
  if (parts_.queue->TryPost([this] { RunTask(); })) return;
  if (parts_.limits == nullptr) {
    // What was created is to be shown, however busy the server is.
    RunAfter(kQueueRetryMs, [this] { NextPage(); });
    return;
  }
  Finish(Overloaded(*context_, "too many look-ups are waiting", kQueueRetryMs));
}

void PageStream::RunTask() {
  if (context_->IsCancelled()) {
    Finish(grpc::Status::CANCELLED);
    return;
  }
  page_.Clear();
  const absl::StatusOr<bool> last = MakePage(*head_, page_);
  if (!last.ok()) {
    LogFailure(rpc_, label(), last.status());
    Finish(ToGrpcStatus(last.status()));
    return;
  }
  last_page_ = *last;
  StartWrite(&page_);
}

}  // namespace sealbook::server
