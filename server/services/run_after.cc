#include "server/services/run_after.h"

#include <grpcpp/alarm.h>

#include <chrono>
#include <memory>
#include <utility>

namespace sealbook::server {

void RunAfter(uint64_t ms, std::function<void()> then) {
  // An alarm keeps what it calls: it must not keep itself.
  auto alarm = std::make_shared<grpc::Alarm>();
  auto box = std::make_shared<std::shared_ptr<grpc::Alarm>>(alarm);
  alarm->Set(std::chrono::system_clock::now() + std::chrono::milliseconds(ms),
             [box, then = std::move(then)](bool) {
               const std::shared_ptr<grpc::Alarm> mine = std::move(*box);
               then();
             });
}

}  // namespace sealbook::server
