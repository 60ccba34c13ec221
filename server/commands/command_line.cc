#include "server/commands/command_line.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "server/commands/check.h"
#include "server/commands/exit_code.h"
#include "server/commands/init.h"
#include "server/commands/serve.h"
#include "server/commands/version.h"
#include "server/config/config.h"

namespace sealbook::server {
namespace {

constexpr char kFooter[] = R"(
Examples:
  sealbookd init --config /etc/sealbook/sealbookd.textproto
  sealbookd serve --config /etc/sealbook/sealbookd.textproto
  sealbookd serve --help

Exit codes:
  0  done
  1  an error: a file, a port, a disk; the message says which
  2  the command line or the configuration file is wrong
  3  refused for safety: an older copy of the data, a fork, damage, or other
     keys than the log's; a person must look
  4  init was not confirmed; nothing was made
  5  stopped because the outcome of a commit is unknown; start it again
)";

constexpr char kInitFooter[] = R"(
Makes the log's keys (unless both files exist), its high-water mark and its
store. Shows first what will be signed for ever, and asks. Writes
configuration.tls beside the data: clients are configured with it. Never
overwrites anything.

Examples:
  sealbookd init --config sealbookd.textproto         asks: type yes
  sealbookd init --config sealbookd.textproto --yes   in a script
)";

constexpr char kServeFooter[] = R"(
Serves until SIGTERM or SIGINT, then finishes what waits. Prints one line when
it is ready. Refuses to start on an older copy of the data, a fork, or damage
(exit code 3). The store is used by one process at a time.

Examples:
  sealbookd serve --config sealbookd.textproto
  sealbookd serve --config sealbookd.textproto --ready-file /run/sealbook/ready
      for scripts: holds pid, public_port, publisher_port, tree_size and log
      once the ports are open, whichever ports the system chose for port 0
)";

constexpr char kCheckFooter[] = R"(
Recomputes every hash of the store, and compares it with the signed tree head
and the high-water mark. The server must not run. Exit code 3: damage, each one
in a line.

Example:
  sealbookd check --config sealbookd.textproto
)";

constexpr char kVersionFooter[] = R"(
Example:
  sealbookd version
)";

absl::Status RunInit(const std::string& config_file, bool yes) {
  // Keys and stored certificates are nobody else's.
  umask(077);
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  return Init(
      *config,
      {.yes = yes, .terminal = isatty(STDIN_FILENO) == 1, .in = &std::cin},
      std::cout);
}

absl::Status RunCheck(const std::string& config_file) {
  umask(077);
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return WithExitCode(config.status(), ExitCode::kUsage);
  return Check(*config, std::cout, std::cerr);
}

int Report(const absl::Status& status) {
  if (!status.ok()) {
    std::cerr << "sealbookd: " << status.message() << std::endl;
  }
  return static_cast<int>(ExitCodeOf(status));
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CLI::App app("The Sealbook key transparency directory for S/MIME: server",
               "sealbookd");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", VersionText());

  std::string config_file;
  bool yes = false;
  ServeOptions serve_options;
  const auto add_config = [&config_file](CLI::App* command) {
    command
        ->add_option("-c,--config", config_file,
                     "configuration file (protobuf text format)")
        ->required()
        ->type_name("FILE");
  };

  CLI::App* init = app.add_subcommand("init", "Make a new log");
  init->footer(kInitFooter);
  add_config(init);
  init->add_flag("--yes", yes, "do not ask for confirmation");

  CLI::App* serve = app.add_subcommand("serve", "Serve a log");
  serve->footer(kServeFooter);
  add_config(serve);
  serve
      ->add_option("--ready-file", serve_options.ready_file,
                   "written when the ports are open, removed at the end")
      ->type_name("FILE");

  CLI::App* check = app.add_subcommand("check", "Check every byte of a log");
  check->footer(kCheckFooter);
  add_config(check);

  CLI::App* version = app.add_subcommand("version", "Show what this build is");
  version->footer(kVersionFooter);

  // The library throws; nothing of that leaves this function.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  if (init->parsed()) return Report(RunInit(config_file, yes));
  if (check->parsed()) return Report(RunCheck(config_file));
  if (version->parsed()) {
    std::cout << VersionText() << std::endl;
    return static_cast<int>(ExitCode::kOk);
  }
  serve_options.config_file = config_file;
  return Report(Serve(serve_options, std::cout));
}

}  // namespace sealbook::server
