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

// The machine's clocks, for which the operator vouches.
class VouchedClock final : public Clock {
 public:
  uint64_t WallMs() const override { return SystemClock().WallMs(); }
  uint64_t MonotonicMs() const override { return SystemClock().MonotonicMs(); }
  bool Synchronized() const override { return true; }
};

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
        absl::StrCat(
            "pid=", getpid(), "\npublic_port=", daemon.public_server().port(),
            "\npublisher_port=", daemon.publisher_server().port(),
            daemon.admin_server() == nullptr
                ? ""
                : absl::StrCat("\nadmin_port=", daemon.admin_server()->port()),
            "\ntree_size=", tree_size, "\nlog=", log, "\n")));
  }
  out << "sealbookd is ready: public " << daemon.public_server().address()
      << ", publisher " << daemon.publisher_server().address() << ", tree size "
      << tree_size << ", log " << log << std::endl;
  return absl::OkStatus();
}

void Reload(const std::string& config_file, Daemon& daemon) {
  const absl::StatusOr<Config> next = LoadConfig(config_file);
  if (const absl::Status status = daemon.Reload(next); !status.ok()) {
    spdlog::error("the configuration was not taken: {}", status.ToString());
    return;
  }
  SetLogLevel(next->log_level);
  spdlog::info("took the configuration anew: {} publishers",
               next->publishers.size());
}

}  // namespace

absl::Status Serve(const ServeOptions& options, std::ostream& out) {
  // Before any thread: they inherit which signals are blocked.
  SEALBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<StopSignal> stop,
                            StopSignal::Install());
  SetUpProcess();
  absl::StatusOr<Config> config = LoadConfig(options.config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  SetUpLogging(config->log_level, config->log_format);
  spdlog::info("sealbookd {} starts with {}", kSealbookVersion, config->file);
  if (config->publishers.empty()) {
    spdlog::warn("no publishers are configured: this log can only be read");
  }

  const VouchedClock vouched;
  const Clock& clock = options.clock_is_right ? vouched : SystemClock();
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::unique_ptr<Daemon> daemon,
      Daemon::Start(
          *config, clock,
          [&stop](const absl::Status& why) {
            stop->Stop(WithExitCode(why, ExitCode::kStopped));
          },
          [&options] {
            // A file of an earlier run would promise what is not there yet;
            // before the log is ours, it may be that of a running server.
            if (!options.ready_file.empty()) {
              unlink(options.ready_file.c_str());
            }
          }));
  SEALBOOK_RETURN_IF_ERROR(AnnounceReady(options, *daemon, out));

  const absl::Status reason =
      stop->Wait([&] { Reload(options.config_file, *daemon); });
  spdlog::info("stopping: finishing {} publications that wait",
               daemon->log().sequencer().queue_depth());
  daemon->Drain(kDrainPatience);
  if (!options.ready_file.empty()) unlink(options.ready_file.c_str());
  spdlog::info("stopped");
  return reason;
}

}  // namespace sealbook::server
