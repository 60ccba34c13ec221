// SIGTERM and SIGINT, or a reason of our own, as something to wait for; SIGHUP
// as something to do meanwhile.
//
//   absl::StatusOr<std::unique_ptr<StopSignal>> stop = StopSignal::Install();
//   ... start threads ...
//   (*stop)->Wait([] { ... read the configuration again ... });
#ifndef SEALBOOK_SERVER_COMMANDS_STOP_SIGNAL_H_
#define SEALBOOK_SERVER_COMMANDS_STOP_SIGNAL_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"

namespace sealbook::server {

// Thread-safe.
class StopSignal {
 public:
  // Blocks the signals in this thread and in those that it starts from now on;
  // they stay blocked. Call it before any thread is started.
  static absl::StatusOr<std::unique_ptr<StopSignal>> Install();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Wakes Wait(), which then returns `reason`. The first reason stays.
  void Stop(const absl::Status& reason);

  // Waits for a signal (OK) or Stop (its reason). Returns at once when Stop was
  // called before. Calls `hang_up`, on this thread, for every SIGHUP meanwhile
  // (several that come together count as one).
  absl::Status Wait(const std::function<void()>& hang_up);

 private:
  StopSignal(int signals, int wake) : signals_(signals), wake_(wake) {}

  const int signals_;  // A signalfd.
  const int wake_;     // An eventfd.
  Mutex mutex_;
  absl::Status reason_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_STOP_SIGNAL_H_
