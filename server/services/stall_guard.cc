#include "server/services/stall_guard.h"

#include <grpcpp/alarm.h>

#include <chrono>
#include <utility>

#include "base/mutex.h"

namespace sealbook::server {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

struct StallGuard::State {
  State(grpc::CallbackServerContext* call, uint64_t ms)
      : limit(ms), context(call), moved(Clock::now()) {}

  const std::chrono::milliseconds limit;
  Mutex mutex;
  // Null: the call is over.
  grpc::CallbackServerContext* context ABSL_GUARDED_BY(mutex);
  Clock::time_point moved ABSL_GUARDED_BY(mutex);
  // It keeps this state; Over() breaks the circle.
  std::unique_ptr<grpc::Alarm> alarm ABSL_GUARDED_BY(mutex);
};

StallGuard::StallGuard(grpc::CallbackServerContext* context, uint64_t limit_ms)
    : state_(std::make_shared<State>(context, limit_ms)) {
  MutexLock lock(state_->mutex);
  Arm(state_, limit_ms);
}

void StallGuard::Arm(const std::shared_ptr<State>& state, uint64_t ms)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(state->mutex) {
  state->alarm = std::make_unique<grpc::Alarm>();
  state->alarm->Set(
      std::chrono::system_clock::now() + std::chrono::milliseconds(ms),
      [state](bool expired) {
        if (expired) Look(state);
      });
}

void StallGuard::Look(const std::shared_ptr<State>& state) {
  MutexLock lock(state->mutex);
  if (state->context == nullptr) return;
  const auto still = std::chrono::duration_cast<std::chrono::milliseconds>(
      Clock::now() - state->moved);
  if (still >= state->limit) {
    // gRPC reacts to it from another stack: nobody comes back here meanwhile.
    state->context->TryCancel();
    return;
  }
  Arm(state, static_cast<uint64_t>((state->limit - still).count()) + 1);
}

void StallGuard::Moved() {
  MutexLock lock(state_->mutex);
  state_->moved = Clock::now();
}

void StallGuard::Over() {
  std::unique_ptr<grpc::Alarm> alarm;
  MutexLock lock(state_->mutex);
  state_->context = nullptr;
  alarm.swap(state_->alarm);
}

}  // namespace sealbook::server
