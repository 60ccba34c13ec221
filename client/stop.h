// Ends what is under way once somebody says so: sleeps, and calls to a server.
//
//   Stop stop;
//   std::thread signals([&] { ... stop.Request(); });
//   ...
//   grpc::ClientContext context;
//   const StoppableCall stoppable(&stop, context);
//   stub->Search(&context, call, &answer);  // CANCELLED
#ifndef SEALBOOK_CLIENT_STOP_H_
#define SEALBOOK_CLIENT_STOP_H_

#include <grpcpp/client_context.h>

#include <cstdint>
#include <set>

#include "base/mutex.h"

namespace sealbook::client {

// Thread-safe.
class Stop {
 public:
  Stop() = default;
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;

  // For good. Cancels every StoppableCall, those to come as well.
  void Request();
  bool requested() const;

  // True: so many milliseconds have passed. False: it was requested before.
  bool Sleep(uint64_t ms);

 private:
  friend class StoppableCall;
  void Add(grpc::ClientContext& context);
  void Remove(grpc::ClientContext& context);

  mutable Mutex mutex_;
  CondVar changed_;
  bool requested_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mutex_);
};

// To be made before the call is begun, and to go before its context does.
class StoppableCall {
 public:
  // `stop`: may be null, then nothing stops the call.
  StoppableCall(Stop* stop, grpc::ClientContext& context);
  ~StoppableCall();
  StoppableCall(const StoppableCall&) = delete;
  StoppableCall& operator=(const StoppableCall&) = delete;

 private:
  Stop* const stop_;
  grpc::ClientContext& context_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_STOP_H_
