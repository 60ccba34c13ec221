#include "server/commands/serve.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "server/clock.h"
#include "server/commands/daemon.h"
#include "server/commands/exit_code.h"
#include "server/commands/logging.h"
#include "server/commands/new_file.h"
#include "server/commands/stop_signal.h"
#include "server/config/config.h"

namespace sealbook::server {
namespace {

// Shorter than systemd's default patience with us, 90 s.
constexpr std::chrono::seconds kDrainPatience(30);

void SetUpProcess() {
  // What is stored holds personal data.
  umask(077);
  // A reader of our output that goes away must not end the server.
  signal(SIGPIPE, SIG_IGN);
  // Every connection and every table file takes a descriptor.
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

absl::Status AnnounceReady(const ServeOptions& options, Daemon& daemon,
                           std::ostream& out) {
  const std::string log = daemon.log().configuration().Fingerprint().ToHex();
  const uint64_t tree_size = daemon.log().visible_head().Get()->tree_size;
  if (!options.ready_file.empty()) {
    SEALBOOK_RETURN_IF_ERROR(ReplaceFile(
        options.ready_file,
        absl::StrCat("pid=", getpid(),
                     "\npublic_port=", daemon.public_server().port(),
                     "\npublisher_port=", daemon.publisher_server().port(),
                     "\ntree_size=", tree_size, "\nlog=", log, "\n")));
  }
  out << "sealbookd is ready: public " << daemon.public_server().address()
      << ", publisher " << daemon.publisher_server().address() << ", tree size "
      << tree_size << ", log " << log << std::endl;
  return absl::OkStatus();
}

}  // namespace

absl::Status Serve(const ServeOptions& options, std::ostream& out) {
  // Before any thread: they inherit which signals are blocked.
  SEALBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<StopSignal> stop,
                            StopSignal::Install());
  SetUpProcess();
  absl::StatusOr<Config> config = LoadConfig(options.config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  SetUpLogging(config->log_level);
  spdlog::info("sealbookd {} starts with {}", kSealbookVersion, config->file);
  // A file of an earlier run would promise what is not there yet.
  if (!options.ready_file.empty()) unlink(options.ready_file.c_str());
  if (config->publishers.empty()) {
    spdlog::warn("no publishers are configured: this log can only be read");
  }

  SEALBOOK_ASSIGN_OR_RETURN(
      const std::unique_ptr<Daemon> daemon,
      Daemon::Start(*config, SystemClock(), [&stop](const absl::Status& why) {
        stop->Stop(WithExitCode(why, ExitCode::kStopped));
      }));
  SEALBOOK_RETURN_IF_ERROR(AnnounceReady(options, *daemon, out));

  const absl::Status reason = stop->Wait();
  spdlog::info("stopping: finishing {} publications that wait",
               daemon->log().sequencer().queue_depth());
  daemon->Drain(kDrainPatience);
  if (!options.ready_file.empty()) unlink(options.ready_file.c_str());
  spdlog::info("stopped");
  return reason;
}

}  // namespace sealbook::server
