// Ends a call whose client stands still: it takes no answer, or sends nothing,
// and would hold its place, and the answers that wait for it, for ever.
//
//   StallGuard guard(context, 60'000);
//   guard.Moved();  // Whenever something was read or written.
//   guard.Over();   // In OnDone: the context goes after it.
//
// Thread-safe.
#ifndef SEALBOOK_SERVER_SERVICES_STALL_GUARD_H_
#define SEALBOOK_SERVER_SERVICES_STALL_GUARD_H_

#include <grpcpp/server_context.h>

#include <cstdint>
#include <memory>

namespace sealbook::server {

class StallGuard {
 public:
  // Cancels the call when nothing has moved for `limit_ms` milliseconds.
  StallGuard(grpc::CallbackServerContext* context, uint64_t limit_ms);
  ~StallGuard() { Over(); }
  StallGuard(const StallGuard&) = delete;
  StallGuard& operator=(const StallGuard&) = delete;

  void Moved();
  // The context is not touched after this.
  void Over();

 private:
  struct State;
  static void Arm(const std::shared_ptr<State>& state, uint64_t ms);
  static void Look(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_STALL_GUARD_H_
