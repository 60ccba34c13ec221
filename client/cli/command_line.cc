#include "client/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <functional>

#include "base/version.h"
#include "client/cli/completion.h"
#include "client/cli/configure.h"
#include "client/cli/history.h"
#include "client/cli/ldap.h"
#include "client/cli/lookup.h"
#include "client/cli/options.h"
#include "client/cli/publish.h"
#include "client/cli/revoke.h"
#include "client/cli/status.h"
#include "client/cli/verify.h"
#include "client/crl_reason.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

constexpr char kExitCodes[] = R"(Exit codes:
  0  done; what was asked for is verified
  1  an error: network, file, state; the message says what to do
  2  the command line is wrong
  3  REFUSED: an answer is not proven (the typed reason is shown), or a
     configuration does not have the fingerprint that was named
  4  verified: the address has no certificate (lookup; verify of an absence)
  5  the server refused some of the certificates (publish, revoke)
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
    AddStatus();
    AddCompletion();
  }

  int Run(const std::vector<std::string>& arguments) {
    // CLI11 would only say that there is no command.
    if (arguments.size() > 1 && !arguments[1].empty() &&
        arguments[1][0] != '-' && !IsCommand(arguments[1])) {
      terminal_.err << "There is no command \"" << Printable(arguments[1])
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
  bool IsCommand(const std::string& name) {
    return !app_.get_subcommands([&](const CLI::App* command) {
                  return command->get_name() == name;
                })
                .empty();
  }

  CLI::App* Add(const std::string& name, const std::string& what,
                std::function<ExitCode()> run, const std::string& examples) {
    CLI::App* command = app_.add_subcommand(name, what);
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
  void AddStatus();
  void AddCompletion();
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
  StatusOptions status_;
  std::string shell_;
};

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

void CommandLine::AddConnection(CLI::App* command,
                                PublisherConnection& connection, bool& json) {
  command
      ->add_option("--server", connection.server,
                   "The directory's server for publishers")
      ->required()
      ->type_name("HOST:PORT");
  command
      ->add_option("--ca", connection.ca_file,
                   "PEM bundle of the CAs of the server's TLS certificate "
                   "[default: those of this system]")
      ->type_name("FILE");
  command
      ->add_option("--cert", connection.certificate_file,
                   "The publisher's TLS certificate, PEM")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--key", connection.key_file,
                   "Its private key, PEM, readable by nobody else")
      ->required()
      ->type_name("FILE");
  AddCommon(command, connection.timeout_s, json);
}

void CommandLine::AddPublish() {
  CLI::App* command = Add(
      "publish", "Publishes certificates (for certificate authorities)",
      [this] { return RunPublish(publish_, terminal_); },
      "  sealbook publish alice.pem --server directory.example.org:8444 \\\n"
      "      --cert publisher.pem --key publisher-key.pem --basis contract\n"
      "  # A whole folder; what is refused goes to a file. Interrupted, the "
      "same\n"
      "  # command goes on where it stopped. A rerun is always safe.\n"
      "  sealbook publish issued/ --report refused.jsonl \\\n"
      "      --server localhost:8444 --ca ca.pem --cert p.pem --key "
      "p-key.pem\n"
      "  # What would be refused? Nothing is written.\n"
      "  sealbook publish issuing-ca.pem leaves.p7b --dry-run --json \\\n"
      "      --server localhost:8444 --ca ca.pem --cert p.pem --key "
      "p-key.pem\n");
  command
      ->add_option("FILE", publish_.files,
                   "Certificates: PEM, DER, PKCS#7 without signatures, or "
                   "folders of them; those that issued others of them go "
                   "along as intermediates")
      ->required();
  command->add_option("--reason", publish_.reason, "Why: issued or renewed")
      ->check(CLI::IsMember({"issued", "renewed"}))
      ->default_str("issued");
  command->add_option("--basis", publish_.basis, "On what ground")
      ->check(CLI::IsMember(
          {"consent", "contract", "organization-policy", "already-public"}));
  command
      ->add_option("--address", publish_.addresses,
                   "Publish under this address only (of one certificate; may "
                   "be repeated) [default: all of the certificate's]")
      ->type_name("ADDRESS")
      ->take_all()
      ->expected(1);
  command->add_flag("--dry-run", publish_.dry_run,
                    "Have everything judged, and write nothing");
  command
      ->add_option("--journal", publish_.journal_file,
                   "Do not send what FILE says was acknowledged, and add to "
                   "it. It may always be removed: the server knows what it "
                   "has [default: from 1,000 certificates on a file in the "
                   "state's folder, removed when everything was answered]")
      ->type_name("FILE");
  command
      ->add_option("--report", publish_.report_file,
                   "Write what was not published and why to a new file, as "
                   "JSON lines")
      ->type_name("FILE");
  command->add_flag("--list", publish_.list,
                    "Print a line for each address even if there are more than "
                    "100 certificates");
  AddConnection(command, publish_.connection, publish_.json);
}

void CommandLine::AddRevoke() {
  CLI::App* command = Add(
      "revoke", "Revokes published certificates (for certificate authorities)",
      [this] { return RunRevoke(revoke_, terminal_); },
      "  sealbook revoke alice.pem --reason keyCompromise \\\n"
      "      --server directory.example.org:8444 \\\n"
      "      --cert publisher.pem --key publisher-key.pem\n"
      "  # As it stands in the CA's list:\n"
      "  sealbook revoke --serial 4f:00:1c --issuer issuing-ca.pem \\\n"
      "      --reason certificateHold --server localhost:8444 --ca ca.pem \\\n"
      "      --cert p.pem --key p-key.pem\n"
      "  # A hold is lifted by `--reason removeFromCRL`.\n");
  command->add_option("FILE", revoke_.files,
                      "Certificates: PEM, DER, PKCS#7 without signatures, or "
                      "folders of them");
  command
      ->add_option("--sha256", revoke_.sha256,
                   "SHA-256 of a certificate (may be repeated)")
      ->type_name("HEX")
      ->take_all()
      ->expected(1);
  command
      ->add_option("--serial", revoke_.serials,
                   "Serial number of a certificate (may be repeated)")
      ->type_name("HEX")
      ->take_all()
      ->expected(1);
  command
      ->add_option("--issuer", revoke_.issuer_file,
                   "Certificate of the CA that issued the serial numbers")
      ->type_name("FILE");
  command
      ->add_option("--reason", revoke_.reason,
                   "Why (RFC 5280, 5.3.1). A key that is revoked for "
                   "keyCompromise never comes back; only certificateHold can "
                   "be lifted, by removeFromCRL")
      ->required()
      ->check(CLI::IsMember(CrlReasonNames()));
  AddConnection(command, revoke_.connection, revoke_.json);
}

void CommandLine::AddVerify() {
  CLI::App* command = Add(
      "verify", "Verifies an answer from files, without a network",
      [this] { return RunVerify(verify_, terminal_); },
      "  # Of the log that this user's state trusts:\n"
      "  sealbook verify --from answer --entry\n"
      "  sealbook verify --from answer --configuration configuration.tls\n"
      "  sealbook verify --configuration configuration.tls --operation search "
      "\\\n"
      "      --request request.tls --response response.tls --now "
      "1767225600000\n"
      "  # The request advertised a tree: the view of it is needed, too.\n"
      "  sealbook verify --configuration configuration.tls --operation search "
      "\\\n"
      "      --request request.tls --response absence.tls --absence \\\n"
      "      --view view.tls --now \"$(cat time)\"\n");
  AddVerifyFiles(command);
  command
      ->add_option("--now", verify_.now_ms,
                   "The time to verify at, milliseconds since the Unix epoch "
                   "[default: with --from its file `time`, else the clock]")
      ->type_name("MS");
  command->add_flag("--entry", verify_.entry,
                    "Decode the value as a DirectoryEntry of Sealbook");
  command->add_flag("--json", verify_.json, "Print one JSON document");
}

void CommandLine::AddVerifyFiles(CLI::App* command) {
  command
      ->add_option(
          "--from", verify_.from,
          "A folder that `lookup --export` wrote, or evidence: request and "
          "response. Its configuration counts if a state trusts it, its "
          "view.tls only as --view")
      ->type_name("DIR");
  command
      ->add_option("--configuration", verify_.configuration_file,
                   "The Configuration of the log that is trusted, TLS-encoded")
      ->type_name("FILE");
  command->add_option("--operation", verify_.operation, "What was asked for")
      ->check(CLI::IsMember({"search", "history", "as-of"}));
  command
      ->add_option("--request", verify_.request_file,
                   "The SearchRequest, TLS-encoded")
      ->type_name("FILE");
  command
      ->add_option("--response", verify_.response_file,
                   "The SearchResponse, TLS-encoded; with --absence an "
                   "AbsenceResponse")
      ->type_name("FILE");
  command->add_flag("--absence", verify_.absence,
                    "The response is an AbsenceResponse");
  command
      ->add_option("--view", verify_.view_file,
                   "The TreeView that the request advertised (view.tls of an "
                   "export)")
      ->type_name("FILE");
  command
      ->add_option("--state", verify_.state,
                   "A folder with that view: as view.tls, or a client's state. "
                   "With --from the client's state that trusts the log "
                   "[default: as for lookup]")
      ->type_name("DIR");
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

std::vector<CommandWords> CommandLine::Words() {
  std::vector<CommandWords> commands;
  for (const CLI::App* command : app_.get_subcommands(nullptr)) {
    CommandWords words{.name = command->get_name(), .options = {}};
    for (const CLI::Option* option : command->get_options(nullptr)) {
      for (const std::string& name : option->get_lnames()) {
        words.options.push_back("--" + name);
      }
    }
    commands.push_back(std::move(words));
  }
  return commands;
}

}  // namespace

int RunCommandLine(const std::vector<std::string>& arguments,
                   Terminal& terminal) {
  return CommandLine(terminal).Run(arguments);
}

}  // namespace sealbook::client
