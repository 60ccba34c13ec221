// What is counted while the server runs, as Prometheus reads it.
//
//   Metrics metrics;
//   RpcServer::Start({..., .observer = &metrics});
//   std::string page = metrics.Page(status);
#ifndef SEALBOOK_SERVER_ADMIN_METRICS_H_
#define SEALBOOK_SERVER_ADMIN_METRICS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "server/admin/server_status.h"
#include "server/sequencer.h"
#include "server/services/call_observer.h"

namespace sealbook::server {

// Thread-safe. docs/operations.md lists the metrics.
class Metrics final : public CallObserver {
 public:
  Metrics();
  ~Metrics() override;

  void CallBegan() override;
  void CallGone() override;
  void CallEnded(absl::string_view method, grpc::StatusCode code,
                 uint64_t microseconds) override;
  void BatchEnded(const BatchReport& report);
  void HeartbeatEnded(bool written);
  void ConfigurationReloaded(bool taken);

  // Prometheus's text format, version 0.0.4: what was counted, and `now`.
  std::string Page(const ServerStatus& now) const;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_ADMIN_METRICS_H_
