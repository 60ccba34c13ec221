// The running server: an open log and its two ports.
//
//   absl::StatusOr<std::unique_ptr<Daemon>> daemon =
//       Daemon::Start(config, SystemClock(), on_stopped);
//   ... (*daemon)->public_server().address() ...
//   (*daemon)->Drain(std::chrono::seconds(20));
#ifndef SEALBOOK_SERVER_COMMANDS_DAEMON_H_
#define SEALBOOK_SERVER_COMMANDS_DAEMON_H_

#include <chrono>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/clock.h"
#include "server/commands/open_log.h"
#include "server/config/config.h"
#include "server/services/directory_service.h"
#include "server/services/issuers.h"
#include "server/services/publisher_registry.h"
#include "server/services/publisher_service.h"
#include "server/services/rpc_server.h"
#include "server/services/search_service.h"
#include "server/services/task_queue.h"
#include "server/services/tls_files.h"
#include "smime/admission.h"

namespace sealbook::server {

class Daemon {
 public:
  // Reads and checks every file that `config` names before it opens the log,
  // and opens the log before it opens a port. Messages name the file or port.
  // Errors of the log as OpenLog::Open. `clock` outlives this. `stopped` is
  // called, once and from another thread, when the writer has stopped for good;
  // the caller then ends the process (it must not destroy this from within the
  // call).
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(
      const Config& config, const Clock& clock,
      std::function<void(const absl::Status&)> stopped);

  // As Drain() without patience.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  const RpcServer& public_server() const { return *public_server_; }
  const RpcServer& publisher_server() const { return *publisher_server_; }
  OpenLog& log() { return *log_; }

  // Reports NOT_SERVING to health checks; goes on answering.
  void StopServing();

  // Reports NOT_SERVING, finishes the calls that run and the publications that
  // wait, and closes the ports. Look-ups are answered until publishing has
  // ended. Calls still running after `patience` (for each port) are cancelled.
  void Drain(std::chrono::milliseconds patience);

 private:
  struct Files;

  Daemon() = default;
  static absl::StatusOr<Files> ReadFiles(const Config& config);
  void MakeServices(const Config& config, const Files& files,
                    const Clock& clock);
  absl::Status OpenPorts(const Config& config, const Files& files);

  // In the order in which they are made: each works with those above it.
  std::unique_ptr<OpenLog> log_;
  std::unique_ptr<smime::Admission> admission_;
  std::shared_ptr<const PublisherRegistry> publishers_;
  std::unique_ptr<Issuers> issuers_;
  std::unique_ptr<TaskQueue> search_queue_;
  std::unique_ptr<TaskQueue> publish_queue_;
  std::unique_ptr<SearchService> search_service_;
  std::unique_ptr<DirectoryService> directory_service_;
  std::unique_ptr<PublisherService> publisher_service_;
  std::unique_ptr<RpcServer> public_server_;
  std::unique_ptr<RpcServer> publisher_server_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_DAEMON_H_
