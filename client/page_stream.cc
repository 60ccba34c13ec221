#include "client/page_stream.h"

#include "absl/strings/str_cat.h"
#include "client/patience.h"

namespace sealbook::client {

// One operation is under way at a time, so that its tag need not name it.
PageStream::PageStream(v1::History::StubInterface& stub,
                       const v1::HistoryCall& call, uint64_t timeout_ms)
    : timeout_ms_(timeout_ms),
      reader_(stub.AsyncReadHistory(&context_, call, &queue_, this)) {}

PageStream::~PageStream() {
  if (!finished_) {
    context_.TryCancel();
    if (starting_) Await(Deadline::max());
    Finish();
  }
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool PageStream::Await(Deadline deadline) {
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok, deadline) !=
      grpc::CompletionQueue::NextStatus::TIMEOUT) {
    return ok;
  }
  late_ = true;
  context_.TryCancel();
  queue_.Next(&tag, &ok);
  return false;
}

bool PageStream::Read(v1::HistoryPage& page) {
  const Deadline deadline =
      std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms_);
  if (starting_) {
    const bool started = Await(deadline);
    starting_ = false;
    if (!started) return false;
  }
  reader_->Read(&page, this);
  return Await(deadline);
}

grpc::Status PageStream::Finish() {
  grpc::Status status;
  reader_->Finish(&status, this);
  void* tag = nullptr;
  bool ok = false;
  queue_.Next(&tag, &ok);
  finished_ = true;
  if (!late_) return status;
  return grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED,
                      absl::StrCat("no page came for ", timeout_ms_, " ms"));
}

uint64_t PageStream::retry_hint_ms() const { return RetryHintMs(context_); }

}  // namespace sealbook::client
