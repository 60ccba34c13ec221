// The running server: an open log and its ports.
//
//   absl::StatusOr<std::unique_ptr<Daemon>> daemon =
//       Daemon::Start(config, SystemClock(), on_stopped);
//   ... (*daemon)->public_server().address() ...
//   (*daemon)->Drain(std::chrono::seconds(20));
#ifndef SEALBOOK_SERVER_COMMANDS_DAEMON_H_
#define SEALBOOK_SERVER_COMMANDS_DAEMON_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/admin/http.h"
#include "server/admin/metrics.h"
#include "server/admin/server_status.h"
#include "server/backup/control_socket.h"
#include "server/clock.h"
#include "server/commands/open_log.h"
#include "server/config/config.h"
#include "server/services/directory_service.h"
#include "server/services/history_service.h"
#include "server/services/issuers.h"
#include "server/services/key_transparency_service.h"
#include "server/services/lookup_limits.h"
#include "server/services/publisher_registry.h"
#include "server/services/publisher_service.h"
#include "server/services/rpc_server.h"
#include "server/services/task_queue.h"
#include "server/services/tls_credentials.h"
#include "smime/admission.h"

namespace sealbook::server {

class Daemon {
 public:
  // Reads and checks every file that `config` names before it opens the log,
  // and opens the log before it opens a port. Messages name the file or port.
  // Errors of the log as OpenLog::Open. `clock` outlives this. `stopped` is
  // called, once and from another thread, when the writer has stopped for good;
  // the caller then ends the process (it must not destroy this from within the
  // call). `log_opened`, if given, is called when no other process can have the
  // log any more and no port is open yet.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(
      const Config& config, const Clock& clock,
      std::function<void(const absl::Status&)> stopped,
      const std::function<void()>& log_opened = nullptr);

  // Reads and checks every file that `config` names, but opens no log and no
  // port. Messages name the file.
  static absl::Status CheckFiles(const Config& config);

  // Takes what may change while it runs from `next`: publishers, TLS
  // certificates and keys (also of files that were named before), look-up
  // limits. Calls that run go on. An error of `next` itself is returned (and
  // counted). FAILED_PRECONDITION: something else differs; the message names
  // it. Other errors: as Start, a file is wrong. On any error everything stays
  // as it was. Not from two threads at once.
  absl::Status Reload(const absl::StatusOr<Config>& next);

  // As Drain() without patience.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  const RpcServer& public_server() const { return *public_server_; }
  const RpcServer& publisher_server() const { return *publisher_server_; }
  OpenLog& log() { return *log_; }
  // Null: not configured.
  const HttpServer* admin_server() const { return admin_server_.get(); }
  // From any thread.
  ServerStatus Status() const;

  // Reports NOT_SERVING to health checks; goes on answering.
  void StopServing();

  // Reports NOT_SERVING, finishes the calls that run and the publications that
  // wait, and closes the ports. Look-ups are answered until publishing has
  // ended. Calls still running after `patience` (for each port) are cancelled.
  void Drain(std::chrono::milliseconds patience);

 private:
  struct Files;

  Daemon(Config config, const Clock& clock)
      : config_(std::move(config)),
        clock_(clock),
        started_ms_(clock.WallMs()) {}
  static absl::StatusOr<Files> ReadFiles(const Config& config);
  void MakeServices(const Files& files);
  absl::Status OpenPorts(Files files);
  absl::Status OpenAdminPort();
  void OpenControlSocket();
  absl::Status TakeOver(const Config& next);

  // What is in force. Reload's thread alone uses it after the start.
  Config config_;
  const Clock& clock_;
  const uint64_t started_ms_;
  // Contents of trust_anchors_file at the start.
  std::string trust_anchors_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> unknown_publishers_ = 0;

  // Each works with those above it. The queues are gone before the services,
  // whose calls have ended then: what they still have to run, as a helper that
  // came too late, asks a service.
  Metrics metrics_;
  std::unique_ptr<OpenLog> log_;
  // Null: it could not be made, and there are no backups while this runs.
  std::unique_ptr<ControlSocket> control_;
  std::unique_ptr<smime::Admission> admission_;
  std::unique_ptr<PublisherRegistry> publishers_;
  std::unique_ptr<LookupLimits> lookup_limits_;
  std::unique_ptr<Issuers> issuers_;
  std::unique_ptr<KeyTransparencyService> key_transparency_service_;
  std::unique_ptr<HistoryService> history_service_;
  std::unique_ptr<DirectoryService> directory_service_;
  std::unique_ptr<PublisherService> publisher_service_;
  std::unique_ptr<TaskQueue> search_queue_;
  std::unique_ptr<TaskQueue> publish_queue_;
  std::shared_ptr<TlsCredentials> public_tls_;
  std::shared_ptr<TlsCredentials> publisher_tls_;
  std::unique_ptr<RpcServer> public_server_;
  std::unique_ptr<RpcServer> publisher_server_;
  std::unique_ptr<HttpServer> admin_server_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_DAEMON_H_
