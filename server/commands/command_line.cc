#include "server/commands/command_line.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "server/clock.h"
#include "server/commands/backup.h"
#include "server/commands/check.h"
#include "server/commands/daemon.h"
#include "server/commands/exit_code.h"
#include "server/commands/init.h"
#include "server/commands/migrate.h"
#include "server/commands/new_mark.h"
#include "server/commands/restore.h"
#include "server/commands/serve.h"
#include "server/commands/status.h"
#include "server/commands/version.h"
#include "server/config/config.h"

namespace sealbook::server {
namespace {

constexpr char kStandardConfigFile[] = "/etc/sealbook/sealbookd.textproto";

constexpr char kFooter[] = R"(
Examples:
  sealbookd init --config /etc/sealbook/sealbookd.textproto
  sealbookd serve --config /etc/sealbook/sealbookd.textproto
  sealbookd backup --config /etc/sealbook/sealbookd.textproto --to /backup/1
  sealbookd serve --help

Exit codes:
  0  done
  1  an error: a file, a port, a disk; the message says which
  2  the command line or the configuration file is wrong
  3  refused for safety: an older copy of the data, a fork, damage, or other
     keys than the log's; a person must look
  4  init was not confirmed; no log was made
  5  stopped because the outcome of a commit is unknown; start it again
  6  status: the server answers but is not ready
)";

constexpr char kInitFooter[] = R"(
Makes the log's keys (unless both files exist), its high-water mark and its
store. Shows first what will be signed for ever, and asks. Writes
configuration.tls beside the data: clients are configured with it. Never
overwrites anything. Shows where the keys are, and makes no log before a copy of
them is confirmed: in a script, run it with --yes, copy the keys, run it again
with --keys-backed-up.

Examples:
  sealbookd init --config sealbookd.textproto         asks: type yes, copied
  sealbookd init --config sealbookd.textproto --yes --keys-backed-up
)";

constexpr char kServeFooter[] = R"(
Serves until SIGTERM or SIGINT, then finishes what waits. Prints one line when
it is ready. SIGHUP makes it read publishers, TLS files, look-up limits and the
log level again; a configuration with problems is refused with a log line, and
nothing changes. Refuses to start on an older copy of the data, a fork, or damage
(exit code 3). The store is used by one process at a time.

After a pause longer than max_behind it starts only if the kernel has its clock
from NTP: an entry with a wrong time could never be taken back.

Examples:
  sealbookd serve --config sealbookd.textproto
  sealbookd serve --config sealbookd.textproto --ready-file /run/sealbook/ready
      for scripts: holds pid, public_port, publisher_port, admin_port (if there
      is one), tree_size and log once the ports are open, whichever ports the
      system chose for port 0
  sealbookd serve --config sealbookd.textproto --clock-is-right
      after a long pause on a machine without NTP, if its time is right
)";

constexpr char kCheckFooter[] = R"(
Recomputes every hash of the store, and compares it with the signed tree head
and the high-water mark, on all processors. The server must not run. Exit code 3:
damage, each one in a line.

Examples:
  sealbookd check --config sealbookd.textproto
  sealbookd check --config sealbookd.textproto --json | tail -1
  sealbookd check --backup /backup/2027-01-31
      a backup, which has no mark
)";

constexpr char kBackupFooter[] = R"(
Makes a folder that holds the log as of one moment: of the running server, or of
the data directory if none runs. It has its name only once it is whole; nothing is
left after an interruption (Ctrl-C). It holds neither the keys nor the mark, and
never becomes the same log again: see restore.

Examples:
  sealbookd backup --config sealbookd.textproto --to /backup/2027-01-31
  sealbookd backup --config sealbookd.textproto --to /backup/now --mb-per-second 0
      as fast as it goes, at the cost of look-ups
)";

constexpr char kRestoreFooter[] = R"(
Checks a backup and publishes every version in it, in order and with its value,
in a NEW log: make one with init first, with keys of its own. Revocations and
compromised keys come over. Its entries carry today's time; when a version was
first published, only the backup says. If it is interrupted, run it again; the log
is not served before it has ended. Exit code 3: the log is the one that the backup
was made of, has one of its keys, or holds addresses already; the backup is
damaged.

Examples:
  sealbookd init --config new-log.textproto
  sealbookd restore --config new-log.textproto --from /backup/2027-01-31
)";

constexpr char kMigrateFooter[] = R"(
Brings the data of a server that does not run to the newest storage format. The
new data are written beside the old ones, which are kept as data_dir.format-N.
Exit code 3: a format that this program does not know.

Examples:
  sealbookd migrate --config sealbookd.textproto --dry-run
  sealbookd migrate --config sealbookd.textproto
)";

constexpr char kNewMarkFooter[] = R"(
Makes the high-water mark of a log whose mark file is lost or damaged (move it
away then), while the server does not run. The mark would have told whether the
data are the newest; instead, give the newest tree head that you find outside of
this machine: what `sealbook status` shows as verified on a client that has looked
something up lately. The newer it is, the more it proves. Exit code 3: the data do
not hold that tree; they are an older copy or a fork.

Example:
  sealbookd new-mark --config sealbookd.textproto --tree-size 4711 \
      --log-root 0a1b2c...
)";

constexpr char kStatusFooter[] = R"(
Asks the administration port of a running server (admin in the configuration).
Exit code 0: ready; 6: it answers but is not ready, with the reason; 1: no
answer.

Examples:
  sealbookd status --config sealbookd.textproto
  sealbookd status --address 127.0.0.1:9443 --json
)";

constexpr char kCheckConfigFooter[] = R"(
Reads a configuration and the TLS files and trust anchors that it names, as a
start or a reload would; touches neither keys nor data, and may be run beside
the server. Exit code 2: a problem, each one in a line; 1: a file.

Example:
  sealbookd check-config --config sealbookd.textproto
)";

constexpr char kVersionFooter[] = R"(
Example:
  sealbookd version
)";

absl::Status RunInit(const std::string& config_file, bool yes,
                     bool keys_backed_up) {
  // Keys and stored certificates are nobody else's.
  umask(077);
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  return Init(*config,
              {.yes = yes,
               .keys_backed_up = keys_backed_up,
               .terminal = isatty(STDIN_FILENO) == 1,
               .in = &std::cin},
              std::cout);
}

bool ProgressOnTerminal() { return isatty(STDERR_FILENO) == 1; }

absl::Status RunCheck(const std::string& config_file, const std::string& backup,
                      bool json) {
  umask(077);
  const CheckOptions options = {.json = json,
                                .progress_on_terminal = ProgressOnTerminal()};
  if (!backup.empty()) {
    return CheckBackup(backup, options, SystemClock(), std::cout, std::cerr);
  }
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  return Check(*config, options, SystemClock(), std::cout, std::cerr);
}

// From now on SIGINT and SIGTERM do not end the process; the function tells
// whether one has come.
std::function<bool()> CancelBySignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return [] {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGINT) == 1 ||
           sigismember(&pending, SIGTERM) == 1;
  };
}

absl::Status RunBackup(const std::string& config_file, BackupOptions options,
                       uint64_t megabytes_per_second) {
  umask(077);
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  options.bytes_per_second = megabytes_per_second * 1'000'000;
  options.progress_on_terminal = ProgressOnTerminal();
  options.cancelled = CancelBySignal();
  return Backup(*config, options, SystemClock(), std::cout, std::cerr);
}

absl::Status RunRestore(const std::string& config_file,
                        RestoreOptions options) {
  umask(077);
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  options.progress_on_terminal = ProgressOnTerminal();
  options.cancelled = CancelBySignal();
  return Restore(*config, options, SystemClock(), std::cout, std::cerr);
}

absl::Status RunMigrate(const std::string& config_file, bool dry_run) {
  umask(077);
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  return MigrateData(*config, dry_run, std::cout);
}

absl::Status RunNewMark(const std::string& config_file,
                        const NewMarkOptions& options) {
  umask(077);
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  return MakeNewMark(*config, options, std::cout);
}

absl::Status RunStatus(const std::string& config_file, StatusOptions options) {
  if (options.address.empty()) {
    absl::StatusOr<Config> config =
        LoadConfig(config_file.empty() ? kStandardConfigFile : config_file);
    if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
    options.address = config->admin_address;
  }
  return ShowStatus(options, std::cout);
}

absl::Status RunCheckConfig(const std::string& config_file) {
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  SEALBOOK_RETURN_IF_ERROR(Daemon::CheckFiles(*config));
  std::cout << config->file << ": no problems; " << config->publishers.size()
            << " publishers" << std::endl;
  return absl::OkStatus();
}

int Report(const absl::Status& status) {
  if (!status.ok()) {
    std::cerr << "sealbookd: " << status.message() << std::endl;
  }
  return static_cast<int>(ExitCodeOf(status));
}

// The commands and what is given to them.
class CommandLine {
 public:
  CommandLine() {
    app_.footer(kFooter);
    app_.require_subcommand(1);
    app_.set_version_flag("--version", VersionText());
    AddInit();
    AddServe();
    AddCheck();
    AddBackup();
    AddRestore();
    AddMigrate();
    AddNewMark();
    AddCheckConfig();
    AddStatus();
    Add("version", "Show what this build is", kVersionFooter, [] {
      std::cout << VersionText() << std::endl;
      return absl::OkStatus();
    });
  }

  int Run(int argc, char** argv) {
    // The library throws; nothing of that leaves this function.
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      const int code = app_.exit(error);
      return code == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
    }
    return Report(run_());
  }

 private:
  using Work = std::function<absl::Status()>;

  CLI::App* Add(const char* name, const char* what, const char* footer,
                Work run) {
    CLI::App* command = app_.add_subcommand(name, what);
    command->footer(footer);
    command->callback([this, run = std::move(run)] { run_ = run; });
    return command;
  }
  CLI::Option* AddConfig(CLI::App* command) {
    return command
        ->add_option("-c,--config", config_file_,
                     "configuration file (protobuf text format)")
        ->type_name("FILE");
  }

  void AddInit() {
    CLI::App* init = Add("init", "Make a new log", kInitFooter, [this] {
      return RunInit(config_file_, yes_, keys_backed_up_);
    });
    AddConfig(init)->required();
    init->add_flag("--yes", yes_, "do not ask for confirmation");
    init->add_flag("--keys-backed-up", keys_backed_up_,
                   "a copy of the log's keys is kept elsewhere");
  }

  void AddServe() {
    CLI::App* serve = Add("serve", "Serve a log", kServeFooter, [this] {
      serve_options_.config_file = config_file_;
      return Serve(serve_options_, std::cout);
    });
    AddConfig(serve)->required();
    serve
        ->add_option("--ready-file", serve_options_.ready_file,
                     "written when the ports are open, removed at the end")
        ->type_name("FILE");
    serve->add_flag("--clock-is-right", serve_options_.clock_is_right,
                    "start after a long pause although nothing vouches for "
                    "this machine's clock");
  }

  void AddCheck() {
    CLI::App* check = Add(
        "check", "Check every byte of a log", kCheckFooter,
        [this] { return RunCheck(config_file_, check_backup_, check_json_); });
    CLI::Option_group* checked = check->add_option_group("what");
    AddConfig(checked);
    checked->add_option("--backup", check_backup_, "a backup's folder")
        ->type_name("DIR");
    checked->require_option(1);
    check->add_flag("--json", check_json_,
                    "print JSON: an object a line, the last one the result");
  }

  void AddBackup() {
    CLI::App* backup =
        Add("backup", "Copy a log's data", kBackupFooter, [this] {
          return RunBackup(config_file_, backup_options_, backup_rate_);
        });
    AddConfig(backup)->required();
    backup->add_option("--to", backup_options_.to, "folder to be made")
        ->required()
        ->type_name("DIR");
    backup
        ->add_option("--mb-per-second", backup_rate_,
                     "how fast a running server's records are read; 0: as "
                     "fast as it goes")
        ->type_name("N")
        ->capture_default_str();
  }

  void AddRestore() {
    CLI::App* restore =
        Add("restore", "Publish a backup in a new log", kRestoreFooter,
            [this] { return RunRestore(config_file_, restore_options_); });
    AddConfig(restore)->required();
    restore->add_option("--from", restore_options_.from, "a backup's folder")
        ->required()
        ->type_name("DIR");
  }

  void AddMigrate() {
    CLI::App* migrate =
        Add("migrate", "Bring data to the newest format", kMigrateFooter,
            [this] { return RunMigrate(config_file_, dry_run_); });
    AddConfig(migrate)->required();
    migrate->add_flag("--dry-run", dry_run_, "only say what would be done");
  }

  void AddNewMark() {
    CLI::App* new_mark =
        Add("new-mark", "Make the mark of a log that lost it", kNewMarkFooter,
            [this] { return RunNewMark(config_file_, new_mark_options_); });
    AddConfig(new_mark)->required();
    new_mark
        ->add_option("--tree-size", new_mark_options_.tree_size,
                     "log entries in a tree head that a client has verified")
        ->required()
        ->type_name("N");
    new_mark
        ->add_option("--log-root", new_mark_options_.log_root, "its log root")
        ->required()
        ->type_name("HEX");
  }

  void AddCheckConfig() {
    AddConfig(Add("check-config",
                  "Check a configuration and the files that it names",
                  kCheckConfigFooter,
                  [this] { return RunCheckConfig(config_file_); }))
        ->required();
  }

  void AddStatus() {
    CLI::App* status =
        Add("status", "Ask how a server is doing", kStatusFooter,
            [this] { return RunStatus(config_file_, status_options_); });
    CLI::Option* config = AddConfig(status);
    status
        ->add_option("--address", status_options_.address,
                     "the administration port's address")
        ->type_name("HOST:PORT")
        ->excludes(config);
    status->add_flag("--json", status_options_.json, "print JSON");
  }

  CLI::App app_{"The Sealbook key transparency directory for S/MIME: server",
                "sealbookd"};
  Work run_;
  std::string config_file_;
  bool yes_ = false;
  bool keys_backed_up_ = false;
  ServeOptions serve_options_;
  bool check_json_ = false;
  std::string check_backup_;
  BackupOptions backup_options_;
  // Megabytes.
  uint64_t backup_rate_ = 50;
  RestoreOptions restore_options_;
  bool dry_run_ = false;
  NewMarkOptions new_mark_options_;
  StatusOptions status_options_;
};

}  // namespace

int RunCommandLine(int argc, char** argv) {
  return CommandLine().Run(argc, argv);
}

}  // namespace sealbook::server
