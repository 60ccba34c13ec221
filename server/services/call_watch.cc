#include "server/services/call_watch.h"

#include <grpcpp/support/interceptor.h>

#include <chrono>

#include "absl/strings/strip.h"

namespace sealbook::server {
namespace {

using grpc::experimental::InterceptionHookPoints;
using Clock = std::chrono::steady_clock;

class Watch final : public grpc::experimental::Interceptor {
 public:
  // `method` is gRPC's and lives as long as the server.
  Watch(CallObserver& observer, absl::string_view method)
      : observer_(observer), method_(method), began_(Clock::now()) {
    absl::ConsumePrefix(&method_, "/");
    observer_.CallBegan();
  }
  ~Watch() override { observer_.CallGone(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(
          Clock::now() - began_);
      observer_.CallEnded(method_, batch->GetSendStatus().error_code(),
                          static_cast<uint64_t>(passed.count()));
    }
    batch->Proceed();
  }

 private:
  CallObserver& observer_;
  absl::string_view method_;
  const Clock::time_point began_;
};

class Factory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(CallObserver& observer) : observer_(observer) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    // gRPC takes it over.
    return new Watch(observer_, info->method());
  }

 private:
  CallObserver& observer_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
MakeCallWatch(CallObserver& observer) {
  return std::make_unique<Factory>(observer);
}

}  // namespace sealbook::server
