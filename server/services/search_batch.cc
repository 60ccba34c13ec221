#include "server/services/search_batch.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "server/services/grpc_status.h"
#include "server/services/search_answer.h"
#include "server/services/stall_guard.h"
#include "server/services/unary_query.h"

namespace sealbook::server {
namespace {

using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

// The answer to one request, in the place that the request had in the stream.
struct Slot {
  bool ready = false;
  // Not OK: the stream ends here.
  grpc::Status status;
  grpc::ByteBuffer answer;
};

// gRPC's reactions come one at a time for reads and for writes, answers from
// the queue's threads at any time; mutex_ orders them. Operations are started
// outside of it.
class SearchBatch final : public Reactor,
                          public std::enable_shared_from_this<SearchBatch> {
 public:
  SearchBatch(const QueryParts& parts, grpc::CallbackServerContext* context)
      : parts_(parts),
        context_(context),
        caller_(CallerOf(*context)),
        guard_(context, parts.stall_ms) {}

  void Start() {
    // Held until gRPC is done with it; tasks hold it as well.
    self_ = shared_from_this();
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    guard_.Moved();
    if (!ok) {
      {
        MutexLock lock(mutex_);
        reading_ = false;
        reads_done_ = true;
      }
      Proceed();
      return;
    }
    const std::shared_ptr<Slot> slot = std::make_shared<Slot>();
    {
      MutexLock lock(mutex_);
      slots_.push_back(slot);
      // Until request_ has been taken nobody reads into it, and nobody finishes
      // the call whose context says when to come again.
      ++starting_;
    }
    const grpc::Status refused = Take(slot);
    {
      MutexLock lock(mutex_);
      --starting_;
      reading_ = false;
      if (!refused.ok()) {
        slot->status = refused;
        slot->ready = true;
        reads_done_ = true;
      }
    }
    Proceed();
  }

  void OnWriteDone(bool ok) override {
    guard_.Moved();
    {
      MutexLock lock(mutex_);
      writing_ = false;
      slots_.pop_front();
      if (!ok) Abandon();
    }
    Proceed();
  }

  void OnCancel() override {
    {
      MutexLock lock(mutex_);
      Abandon();
    }
    Proceed();
  }

  void OnDone() override {
    guard_.Over();
    self_.reset();
  }

 private:
  // Has the request that was read answered on the queue.
  grpc::Status Take(const std::shared_ptr<Slot>& slot) {
    absl::StatusOr<keytrans::SearchRequest> request = ReadSearchCall(request_);
    if (!request.ok()) return ToGrpcStatus(request.status());
    if (head_ == nullptr) {
      absl::StatusOr<std::shared_ptr<const SignedHead>> head = ReadHead(parts_);
      if (!head.ok()) return ToGrpcStatus(head.status());
      head_ = *std::move(head);
    }
    if (const std::optional<uint64_t> wait = parts_.limits->Take(caller_, 1);
        wait.has_value()) {
      return Overloaded(*context_,
                        "too many addresses were looked up from here", *wait);
    }
    auto task = [self = shared_from_this(), slot, head = head_,
                 request = *std::move(request)] {
      self->Answer(*head, request, *slot);
    };
    if (!parts_.queue->TryPost(std::move(task))) {
      return Overloaded(*context_, "too many look-ups are waiting",
                        kQueueRetryMs);
    }
    return grpc::Status::OK;
  }

  // On a thread of the queue.
  void Answer(const SignedHead& head, const keytrans::SearchRequest& request,
              Slot& slot) {
    bool abandoned;
    {
      MutexLock lock(mutex_);
      abandoned = abandoned_;
    }
    grpc::ByteBuffer bytes;
    absl::Status status;
    if (!abandoned) {
      v1::SearchAnswer message;
      status = AnswerSearchCall(parts_, head, request, message);
      if (status.ok()) status = EncodeInto(message, bytes);
      if (!status.ok()) LogFailure("SearchBatch", request.label, status);
    }
    {
      MutexLock lock(mutex_);
      slot.answer.Swap(&bytes);
      slot.status = ToGrpcStatus(status);
      slot.ready = true;
    }
    Proceed();
  }

  // Nobody takes the answers any more.
  void Abandon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    abandoned_ = true;
    reads_done_ = true;
  }

  // What Proceed has to do next.
  struct Step {
    bool read = false;
    const grpc::ByteBuffer* write = nullptr;
    std::optional<grpc::Status> finish;

    bool nothing() const {
      return !read && write == nullptr && !finish.has_value();
    }
  };

  Step NextStep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Step step;
    if (finished_) return step;
    if (!writing_) {
      const bool ready = !slots_.empty() && slots_.front()->ready;
      if (abandoned_) {
        step.finish = grpc::Status::CANCELLED;
      } else if (ready && slots_.front()->status.ok()) {
        step.write = &slots_.front()->answer;
      } else if (ready) {
        step.finish = slots_.front()->status;
      } else if (slots_.empty() && reads_done_) {
        step.finish = grpc::Status::OK;
      }
    }
    if (step.finish.has_value()) {
      // gRPC may be done with the call as soon as it is finished: whoever is
      // about to start an operation finishes after that.
      if (starting_ > 0) return {};
      finished_ = true;
      abandoned_ = true;
      return step;
    }
    if (step.write != nullptr) writing_ = true;
    step.read = !reading_ && !reads_done_ && slots_.size() < kMaxBatchUnderWay;
    if (step.read) reading_ = true;
    if (!step.nothing()) ++starting_;
    return step;
  }

  // Starts what can be started.
  void Proceed() {
    while (true) {
      Step step;
      {
        MutexLock lock(mutex_);
        step = NextStep();
      }
      if (step.nothing()) return;
      if (step.finish.has_value()) {
        Finish(*step.finish);
        return;
      }
      if (step.write != nullptr) StartWrite(step.write);
      if (step.read) StartRead(&request_);
      MutexLock lock(mutex_);
      --starting_;
    }
  }

  const QueryParts parts_;
  grpc::CallbackServerContext* const context_;
  const std::string caller_;
  StallGuard guard_;
  std::shared_ptr<SearchBatch> self_;
  // Of the one read under way; and the tree of all answers, chosen by the first
  // read.
  grpc::ByteBuffer request_;
  std::shared_ptr<const SignedHead> head_;

  Mutex mutex_;
  // In the order of the requests. Shared with the tasks that fill them.
  std::deque<std::shared_ptr<Slot>> slots_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = true;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool reads_done_ ABSL_GUARDED_BY(mutex_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // Threads between deciding to start an operation and having started it, or
  // still at what was read.
  int starting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

Reactor* StartSearchBatch(const QueryParts& parts,
                          grpc::CallbackServerContext* context) {
  auto batch = std::make_shared<SearchBatch>(parts, context);
  batch->Start();
  return batch.get();
}

}  // namespace sealbook::server
