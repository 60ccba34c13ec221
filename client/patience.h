// Waiting for a server that limits how much one caller may ask: what lets some
// through lets the rest through later.
//
//   Patience patience({});
//   while (true) {
//     const grpc::Status status = stub->Search(&context, call, &answer);
//     if (status.ok() || RetryHintMs(context) == 0 ||
//         !patience.Wait(RetryHintMs(context))) {
//       return status;
//     }
//   }
#ifndef SEALBOOK_CLIENT_PATIENCE_H_
#define SEALBOOK_CLIENT_PATIENCE_H_

#include <grpcpp/client_context.h>

#include <cstdint>
#include <functional>
#include <limits>

#include "absl/status/status.h"
#include "client/stop.h"

namespace sealbook::client {

// Of a call that has ended: when the server asks to come again, in
// milliseconds; 0: it says nothing.
uint64_t RetryHintMs(const grpc::ClientContext& context);

// The same of a status that says how a call has ended: WithRetryHint puts the
// hint there, as payload.
uint64_t RetryHintMs(const absl::Status& status);
absl::Status WithRetryHint(absl::Status status, uint64_t ms);

struct PatienceOptions {
  // How often in a row it waits without an answer in between.
  int max_waits = 10;
  // Sleeps; absent: really. Injected for tests.
  std::function<void(uint64_t ms)> sleep;
  // Told before it sleeps: how long. May be absent.
  std::function<void(uint64_t ms)> waiting;
  // How long it waits in all, answers or not. Milliseconds.
  uint64_t max_total_ms = std::numeric_limits<uint64_t>::max();
  // Ends a wait, and forbids further ones. May be null; outlives the Patience.
  Stop* stop = nullptr;
};

// Not thread-safe.
class Patience {
 public:
  explicit Patience(PatienceOptions options);

  // Sleeps until the server's hint has passed, and longer each time in a row,
  // so that many are let through at once; a minute at most. False: it has
  // waited max_waits times for nothing, or would wait longer than max_total_ms
  // in all, and has not slept; or it is to stop.
  [[nodiscard]] bool Wait(uint64_t hint_ms);
  // Something was answered: the next wait is the first of a row.
  void Answered() { waits_ = 0; }

 private:
  PatienceOptions options_;
  int waits_ = 0;
  uint64_t waited_ms_ = 0;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_PATIENCE_H_
