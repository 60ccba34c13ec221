#include "client/cli/command_line.h"

#include "client/cli/commands.h"
#include "client/cli/completion.h"
#include "client/cli/configure.h"
#include "client/cli/history.h"
#include "client/cli/ldap.h"
#include "client/cli/lookup.h"
#include "client/cli/status.h"

namespace sealbook::client {

void CommandLine::AddConfigure() {
  CLI::App* command = Add(
      "configure", "Says which log to trust, and where it is served",
      [this] { return RunConfigure(configure_, terminal_); },
      "  sealbook configure --server directory.example.org:8443 \\\n"
      "      --configuration configuration.tls\n"
      "  sealbook configure --server localhost:8443 --ca ca.pem \\\n"
      "      --fingerprint 5b1c...e9\n"
      "  # Shows the fingerprint that the server claims, and trusts nothing:\n"
      "  sealbook configure --server localhost:8443 --ca ca.pem\n");
  command->add_option("--server", configure_.server, "The directory's server")
      ->required()
      ->type_name("HOST:PORT");
  command
      ->add_option("--ca", configure_.ca_file,
                   "PEM bundle of the CAs of the server's TLS certificate "
                   "[default: those of this system]")
      ->type_name("FILE");
  command
      ->add_option("--configuration", configure_.configuration_file,
                   "The log's configuration (configuration.tls)")
      ->type_name("FILE");
  command
      ->add_option("--fingerprint", configure_.fingerprint,
                   "SHA-256 of the configuration, from the operator; the "
                   "configuration is then fetched from the server")
      ->type_name("HEX");
  AddState(command, configure_.state);
  AddCommon(command, configure_.timeout_s, configure_.json);
}

void CommandLine::AddLookup() {
  CLI::App* command = Add(
      "lookup", "Looks addresses up and verifies the answers",
      [this] { return RunLookup(lookup_, terminal_); },
      "  sealbook lookup alice@example.org\n"
      "  sealbook lookup --json alice@example.org bob@example.org\n"
      "  sealbook lookup --pem alice@example.org > alice.pem\n"
      "  sealbook lookup --at 2026-08-18 alice@example.org\n"
      "  # Keeps the exact bytes, so that anybody can verify them:\n"
      "  sealbook lookup --export answer alice@example.org\n"
      "  sealbook verify --from answer\n");
  command->add_option("ADDRESS", lookup_.addresses, "E-mail addresses")
      ->required();
  CLI::Option* pem = command->add_flag(
      "--pem", lookup_.pem,
      "Print the usable certificates, each followed by its issuers, as PEM");
  command->add_flag("--exact", lookup_.exact,
                    "Leave out certificates whose address differs in upper and "
                    "lower case");
  CLI::Option* version =
      command
          ->add_option("--version", lookup_.version,
                       "Look this version up instead of the greatest")
          ->type_name("N");
  command
      ->add_option("--at", lookup_.at,
                   "Show what was in force at this time, such as 2026-08-18 or "
                   "\"2026-08-18 09:30\" (UTC), and judge it as of then")
      ->type_name("TIME")
      ->excludes(version);
  command
      ->add_option("--export", lookup_.export_folder,
                   "Write question and answer to a new folder (one address)")
      ->type_name("DIR");
  AddState(command, lookup_.state);
  AddCommon(command, lookup_.timeout_s, lookup_.json);
  pem->excludes(command->get_option("--json"));
}

void CommandLine::AddHistory() {
  CLI::App* command = Add(
      "history",
      "Shows every version of an address: since when, by whom, what changed",
      [this] { return RunHistory(history_, terminal_); },
      "  sealbook history alice@example.org\n"
      "  sealbook history alice@example.org --since 2026-01-01 --json\n"
      "  sealbook history alice@example.org --version 3\n");
  command->add_option("ADDRESS", history_.address, "E-mail address")
      ->required();
  command
      ->add_option("--since", history_.since,
                   "Nothing older than what was in force at this time, such as "
                   "2026-08-18 or \"2026-08-18 09:30\" (UTC)")
      ->type_name("TIME");
  command
      ->add_option("--until", history_.until,
                   "Nothing that appeared after this time")
      ->type_name("TIME");
  command->add_option("--version", history_.version, "This version only")
      ->type_name("N");
  AddState(command, history_.state);
  AddCommon(command, history_.timeout_s, history_.json);
}

void CommandLine::AddLdap() {
  CLI::App* command = Add(
      "ldap", "Answers mail clients on this machine over LDAP, verified",
      [this] { return RunLdap(ldap_, terminal_); },
      "  sealbook ldap\n"
      "  ldapsearch -x -H ldap://127.0.0.1:1389 '(mail=alice@example.org)'\n"
      "  # Two directories: one for a mail domain, the other for the rest.\n"
      "  sealbook ldap --state example.org=/srv/org-log --state /srv/log\n"
      "  sealbook ldap --certificate localhost.pem --key localhost-key.pem\n");
  command->add_option("--listen", ldap_.address, "Address to listen on")
      ->type_name("IP")
      ->capture_default_str();
  command
      ->add_option("--port", ldap_.port,
                   "Port to listen on; 0: one that is free [default: 1389, "
                   "with a certificate 1636]")
      ->type_name("N");
  command->add_flag("--allow-remote", ldap_.allow_remote,
                    "Listen on an address that other machines reach. What they "
                    "are told, they cannot verify");
  CLI::Option* certificate =
      command
          ->add_option("--certificate", ldap_.certificate_file,
                       "TLS certificate, PEM, followed by its issuers: ldaps")
          ->type_name("FILE");
  CLI::Option* key = command
                         ->add_option("--key", ldap_.key_file,
                                      "Private key of the certificate, PEM")
                         ->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  command
      ->add_option("--state", ldap_.states,
                   "Folder of what is remembered of a log, or of the log to "
                   "ask about one mail domain (may be repeated) [default: as "
                   "for lookup]")
      ->type_name("[DOMAIN=]DIR")
      ->take_all()
      ->expected(1);
  command
      ->add_option("--cache", ldap_.cache_s,
                   "Seconds that an answer is kept; never one that the log "
                   "itself would call too old")
      ->check(CLI::Range(uint64_t{0}, uint64_t{86400}))
      ->capture_default_str();
  command
      ->add_option("--timeout", ldap_.timeout_s,
                   "Seconds that the directory may take")
      ->check(CLI::Range(uint64_t{1}, uint64_t{300}))
      ->capture_default_str();
  command->add_flag("--quiet", ldap_.quiet,
                    "Print nothing but what goes wrong");
}

void CommandLine::AddStatus() {
  CLI::App* command = Add(
      "status", "Shows what is known of the log, and what its server says",
      [this] { return RunStatus(status_, terminal_); },
      "  sealbook status\n"
      "  sealbook status --offline --json\n");
  AddState(command, status_.state);
  command->add_flag("--offline", status_.offline, "Do not ask the server");
  AddCommon(command, status_.timeout_s, status_.json);
}

void CommandLine::AddCompletion() {
  CLI::App* command = Add(
      "completion", "Prints a completion script for a shell",
      [this] {
        terminal_.out << BashCompletion(Words());
        return ExitCode::kOk;
      },
      "  source <(sealbook completion bash)\n");
  command->add_option("SHELL", shell_, "The shell")
      ->required()
      ->check(CLI::IsMember({"bash"}));
}

void CommandLine::AddOptions(const CLI::App& command,
                             std::vector<std::string>& options) {
  for (const CLI::Option* option : command.get_options(nullptr)) {
    for (const std::string& name : option->get_lnames()) {
      const std::string word = "--" + name;
      if (std::find(options.begin(), options.end(), word) == options.end()) {
        options.push_back(word);
      }
    }
  }
}

std::vector<CommandWords> CommandLine::Words() {
  std::vector<CommandWords> commands;
  for (const CLI::App* command : app_.get_subcommands(nullptr)) {
    CommandWords words{.name = command->get_name(), .below = {}, .options = {}};
    AddOptions(*command, words.options);
    for (const CLI::App* below : command->get_subcommands(nullptr)) {
      words.below.push_back(below->get_name());
      AddOptions(*below, words.options);
    }
    commands.push_back(std::move(words));
  }
  return commands;
}

int RunCommandLine(const std::vector<std::string>& arguments,
                   Terminal& terminal) {
  return CommandLine(terminal).Run(arguments);
}

}  // namespace sealbook::client
