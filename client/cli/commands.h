// Everything that the command line can ask for. Internal: command_line.h runs
// it; the commands are described in command_line.cc, publisher_commands.cc and
// watch_commands.cc.
#ifndef SEALBOOK_CLIENT_CLI_COMMANDS_H_
#define SEALBOOK_CLIENT_CLI_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/version.h"
#include "client/cli/completion.h"
#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"
#include "client/words.h"

namespace sealbook::client {

inline constexpr char kExitCodes[] = R"(Exit codes:
  0  done; what was asked for is verified
  1  an error: network, file, state; the message says what to do. Or two lists
     of heads that cannot be compared (gossip)
  2  the command line is wrong
  3  REFUSED: an answer is not proven (the typed reason is shown), two answers
     contradict each other, or a configuration does not have the fingerprint
     that was named
  4  verified: the address has no certificate (lookup; verify of an absence)
  5  the server refused some of the certificates (publish, revoke)
  6  alarms are open: sealbook watch --list shows them (watch)
)";

// Everything that the command line can ask for, with what asks for it.
class CommandLine {
 public:
  explicit CommandLine(Terminal& terminal) : terminal_(terminal) {
    app_.name("sealbook");
    app_.require_subcommand(1);
    app_.set_version_flag("--version",
                          std::string("sealbook ") + kSealbookVersion +
                              " (draft-ietf-keytrans-protocol, commit " +
                              kDraftCommit + ")");
    app_.footer(kExitCodes);
    AddConfigure();
    AddLookup();
    AddHistory();
    AddLdap();
    AddPublish();
    AddRevoke();
    AddVerify();
    AddWatch();
    AddStatus();
    AddGossip();
    AddCompletion();
  }

  int Run(const std::vector<std::string>& arguments) {
    if (const std::string unknown = UnknownCommand(arguments);
        !unknown.empty()) {
      terminal_.err << "There is no command \"" << Printable(unknown)
                    << "\".\nRun with --help for more information.\n";
      return static_cast<int>(ExitCode::kUsage);
    }
    std::vector<const char*> argv;
    argv.reserve(arguments.size());
    for (const std::string& argument : arguments) {
      argv.push_back(argument.c_str());
    }
    try {
      app_.parse(static_cast<int>(argv.size()), argv.data());
    } catch (const CLI::ParseError& error) {
      // --help and --version arrive here, too, with exit code 0.
      int code = app_.exit(error, terminal_.out, terminal_.err);
      return code == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
    }
    return static_cast<int>(run_());
  }

 private:
  // Of which CLI11 would only say that there is no command. Empty: all are
  // known.
  std::string UnknownCommand(const std::vector<std::string>& arguments) {
    CLI::App* at = &app_;
    for (size_t i = 1; i < arguments.size(); ++i) {
      const auto below = at->get_subcommands([](CLI::App*) { return true; });
      const std::string& name = arguments[i];
      if (below.empty() || name.empty() || name[0] == '-') break;
      const auto found = std::find_if(
          below.begin(), below.end(),
          [&](const CLI::App* command) { return command->get_name() == name; });
      if (found == below.end()) return name;
      at = *found;
    }
    return "";
  }

  CLI::App* Add(const std::string& name, const std::string& what,
                std::function<ExitCode()> run, const std::string& examples) {
    return AddBelow(app_, name, what, std::move(run), examples);
  }

  CLI::App* AddBelow(CLI::App& parent, const std::string& name,
                     const std::string& what, std::function<ExitCode()> run,
                     const std::string& examples) {
    CLI::App* command = parent.add_subcommand(name, what);
    command->callback([this, run = std::move(run)] { run_ = run; });
    command->footer("Examples:\n" + examples + "\n" + kExitCodes);
    return command;
  }

  static void AddCommon(CLI::App* command, uint64_t& timeout_s, bool& json) {
    command
        ->add_option("--timeout", timeout_s,
                     "Seconds that a call, or a part of a long one, may take")
        ->check(CLI::Range(uint64_t{1}, uint64_t{3600}))
        ->capture_default_str();
    command->add_flag("--json", json, "Print one JSON document");
  }

  static void AddState(CLI::App* command, std::string& state) {
    command
        ->add_option("--state", state,
                     "Folder of what is remembered of the log [default: "
                     "$XDG_STATE_HOME/sealbook or "
                     "~/.local/state/sealbook]")
        ->type_name("DIR");
  }

  void AddConfigure();
  void AddLookup();
  void AddHistory();
  void AddLdap();
  static void AddConnection(CLI::App* command, PublisherConnection& connection,
                            bool& json);
  void AddPublish();
  void AddRevoke();
  void AddVerify();
  void AddVerifyFiles(CLI::App* command);
  void AddWatch();
  void AddWatchChannels(CLI::App* command);
  void AddStatus();
  void AddGossip();
  void AddGossipShow(CLI::App& gossip);
  void AddGossipCompare(CLI::App& gossip);
  void AddGossipCheck(CLI::App& gossip);
  void AddCompletion();
  static void AddOptions(const CLI::App& command,
                         std::vector<std::string>& options);
  std::vector<CommandWords> Words();

  Terminal& terminal_;
  CLI::App app_{
      "Looks up the S/MIME certificates of e-mail addresses in a key "
      "transparency log,\nand believes nothing that the log does not prove."};
  std::function<ExitCode()> run_;
  ConfigureOptions configure_;
  LookupCommandOptions lookup_;
  HistoryCommandOptions history_;
  LdapOptions ldap_;
  PublishOptions publish_;
  RevokeOptions revoke_;
  VerifyOptions verify_;
  WatchCommandOptions watch_;
  StatusOptions status_;
  GossipShowOptions gossip_show_;
  GossipCompareOptions gossip_compare_;
  GossipCheckOptions gossip_check_;
  std::string shell_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_COMMANDS_H_
