#include "client/stop.h"

#include <chrono>

namespace sealbook::client {

void Stop::Request() {
  MutexLock lock(mutex_);
  requested_ = true;
  // Under the lock: no context goes meanwhile.
  for (grpc::ClientContext* call : calls_) call->TryCancel();
  changed_.NotifyAll();
}

bool Stop::requested() const {
  MutexLock lock(mutex_);
  return requested_;
}

bool Stop::Sleep(uint64_t ms) {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + std::chrono::milliseconds(ms);
  MutexLock lock(mutex_);
  while (!requested_) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) return true;
    changed_.WaitFor(mutex_, left);
  }
  return false;
}

void Stop::Add(grpc::ClientContext& context) {
  MutexLock lock(mutex_);
  calls_.insert(&context);
  if (requested_) context.TryCancel();
}

void Stop::Remove(grpc::ClientContext& context) {
  MutexLock lock(mutex_);
  calls_.erase(&context);
}

StoppableCall::StoppableCall(Stop* stop, grpc::ClientContext& context)
    : stop_(stop), context_(context) {
  if (stop_ != nullptr) stop_->Add(context_);
}

StoppableCall::~StoppableCall() {
  if (stop_ != nullptr) stop_->Remove(context_);
}

}  // namespace sealbook::client
