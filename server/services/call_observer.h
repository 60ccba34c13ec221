// What a port reports about its calls, to whoever counts them.
#ifndef SEALBOOK_SERVER_SERVICES_CALL_OBSERVER_H_
#define SEALBOOK_SERVER_SERVICES_CALL_OBSERVER_H_

#include <grpcpp/support/status_code_enum.h>

#include <cstdint>

#include "absl/strings/string_view.h"

namespace sealbook::server {

class CallObserver {
 public:
  virtual ~CallObserver() = default;
  // A call has arrived; and gRPC has done with it, whatever became of it. Each
  // is called once, from any thread; neither waits.
  virtual void CallBegan() = 0;
  virtual void CallGone() = 0;
  // A call of `method` ("package.Service/Method") was answered with `code`,
  // `microseconds` after it had arrived. Called from any thread; does not wait.
  virtual void CallEnded(absl::string_view method, grpc::StatusCode code,
                         uint64_t microseconds) = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_CALL_OBSERVER_H_
