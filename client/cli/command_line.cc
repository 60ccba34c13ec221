#include "client/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>

#include "base/version.h"
#include "client/cli/completion.h"
#include "client/cli/configure.h"
#include "client/cli/gossip.h"
#include "client/cli/history.h"
#include "client/cli/lookup.h"
#include "client/cli/options.h"
#include "client/cli/publish.h"
#include "client/cli/revoke.h"
#include "client/cli/status.h"
#include "client/cli/verify.h"
#include "client/cli/watch.h"
#include "client/crl_reason.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

constexpr char kExitCodes[] = R"(Exit codes:
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
      ->check(CLI::IsMember({"search", "history", "as-of", "distinguished",
                             "contact-monitor", "owner-init", "owner-monitor",
                             "update"}));
  command
      ->add_option("--owner", verify_.owner_file,
                   "The OwnerState that an owner-monitor or update request "
                   "advertised")
      ->type_name("FILE");
  command
      ->add_option("--keys", verify_.keys_file,
                   "The keys that were retained, for contact-monitor")
      ->type_name("FILE");
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

void CommandLine::AddWatch() {
  CLI::App* command = Add(
      "watch", "Watches your own addresses, and raises alarms",
      [this] { return RunWatch(watch_, terminal_); },
      "  # Again and again, until it is stopped:\n"
      "  sealbook watch alice@example.org --notify\n"
      "  # From cron, all addresses watched so far; prints alarms only:\n"
      "  sealbook watch --once --quiet --mail alice@example.org\n"
      "  # What is open, and that a change was expected:\n"
      "  sealbook watch --list\n"
      "  sealbook watch --accept alice@example.org\n");
  command->add_option("ADDRESS", watch_.addresses,
                      "Your e-mail addresses [default: those watched before]");
  command->add_flag("--once", watch_.once, "Check once, as for cron");
  command
      ->add_option("--every", watch_.every_s,
                   "Seconds from one check to the next")
      ->check(CLI::Range(uint64_t{10}, uint64_t{7 * 86400}))
      ->capture_default_str();
  command->add_flag("--list", watch_.list,
                    "Show what is watched and which alarms are open");
  command->add_flag("--accept", watch_.accept,
                    "Confirm the versions that are known, and close their "
                    "alarms");
  command
      ->add_option("--dismiss", watch_.dismiss,
                   "Close alarms by their numbers in --list")
      ->type_name("ID");
  command->add_flag("--forget", watch_.forget,
                    "Stop watching, and forget what is known");
  command
      ->add_option("--expiring", watch_.expiring_days,
                   "Announce the end of a certificate so many days ahead")
      ->check(CLI::Range(uint32_t{0}, uint32_t{3660}))
      ->type_name("DAYS")
      ->capture_default_str();
  command
      ->add_option("--via", watch_.via,
                   "Second channel: socks5://HOST:PORT, or another server of "
                   "the same log")
      ->type_name("WAY");
  command
      ->add_option("--via-ca", watch_.via_ca_file,
                   "PEM bundle of the CAs of that server [default: those of "
                   "the log's]")
      ->type_name("FILE");
  AddWatchChannels(command);
  command->add_flag("--quiet", watch_.quiet, "Print alarms and errors only");
  AddState(command, watch_.state);
  AddCommon(command, watch_.timeout_s, watch_.json);
  command->callback([this] {
    watch_.channels.json = watch_.json;
    run_ = [this] { return RunWatch(watch_, terminal_); };
  });
}

void CommandLine::AddWatchChannels(CLI::App* command) {
  AlarmChannelOptions& channels = watch_.channels;
  command
      ->add_option(
          "--exec", channels.exec,
          "Run this for each alarm, by /bin/sh, with the alarm as JSON "
          "on its standard input; tried again until it ends with 0")
      ->type_name("COMMAND");
  command
      ->add_option("--mail", channels.mail_to,
                   "Send alarms to this address; may be repeated")
      ->type_name("ADDRESS");
  command
      ->add_option("--mail-from", channels.mail_from,
                   "Sender of the mails [default: the first --mail]")
      ->type_name("ADDRESS");
  command
      ->add_option("--sendmail", channels.sendmail,
                   "Program that sends mail [default: /usr/sbin/sendmail]")
      ->type_name("FILE");
  command
      ->add_option("--smtp", channels.smtp_url,
                   "Mail server for submission, smtps://HOST or smtp://HOST "
                   "(with STARTTLS), instead of sendmail")
      ->type_name("URL");
  command
      ->add_option("--smtp-user", channels.smtp_user, "User at the mail server")
      ->type_name("NAME");
  command
      ->add_option("--smtp-password-file", channels.smtp_password_file,
                   "File with the password, readable by you alone")
      ->type_name("FILE");
  command
      ->add_option("--smtp-ca", channels.smtp_ca_file,
                   "PEM bundle of the CAs of the mail server's certificate")
      ->type_name("FILE");
  command->add_flag("--notify", channels.notify,
                    "Show alarms on the desktop (notify-send)");
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

void CommandLine::AddGossip() {
  CLI::App* command = app_.add_subcommand(
      "gossip", "Notices that the log shows different people different things");
  command->require_subcommand(1);
  command->footer(std::string("Examples:\n") +
                  "  sealbook gossip show\n"
                  "  sealbook gossip compare theirs.txt\n"
                  "  sealbook gossip check --via socks5://127.0.0.1:9050\n\n" +
                  kExitCodes);
  AddGossipShow(*command);
  AddGossipCompare(*command);
  AddGossipCheck(*command);
}

void CommandLine::AddGossipShow(CLI::App& gossip) {
  CLI::App* command = AddBelow(
      gossip, "show", "Shows the heads of the log as seen here, to be compared",
      [this] { return RunGossipShow(gossip_show_, terminal_); },
      "  sealbook gossip show > heads.txt\n"
      "  sealbook gossip show --qr\n"
      "  # Signed by the log, to prove a fork to others:\n"
      "  sealbook gossip show --export answer\n");
  command->add_flag("--qr", gossip_show_.qr,
                    "Print a QR code, too (the 4 newest heads)");
  command
      ->add_option("--png", gossip_show_.png_file,
                   "Write the QR code to a new PNG file")
      ->type_name("FILE");
  command
      ->add_option("--svg", gossip_show_.svg_file,
                   "Write the QR code to a new SVG file")
      ->type_name("FILE");
  command
      ->add_option("--heads", gossip_show_.heads,
                   "The newest N heads only, in text and QR code")
      ->type_name("N")
      ->check(CLI::Range(uint32_t{1}, uint32_t{255}));
  command
      ->add_option("--tls", gossip_show_.tls_file,
                   "Write the draft's DistinguishedHead to a new file")
      ->type_name("FILE");
  command
      ->add_option("--export", gossip_show_.export_folder,
                   "Write the log's signed answer, which everybody can verify, "
                   "to a new folder")
      ->type_name("DIR");
  AddState(command, gossip_show_.state);
  AddCommon(command, gossip_show_.timeout_s, gossip_show_.json);
}

void CommandLine::AddGossipCompare(CLI::App& gossip) {
  CLI::App* command = AddBelow(
      gossip, "compare",
      "Compares somebody else's heads with what is seen here",
      [this] { return RunGossipCompare(gossip_compare_, terminal_); },
      "  sealbook gossip compare theirs.txt\n"
      "  zbarcam --raw --oneshot | sealbook gossip compare -\n"
      "  # A folder of `gossip show --export`:\n"
      "  sealbook gossip compare answer\n");
  command
      ->add_option("FILE", gossip_compare_.file,
                   "A text that `gossip show` printed, with whatever stands "
                   "around it; - for standard input; or a folder of its "
                   "--export")
      ->required();
  command->add_flag("--tls", gossip_compare_.tls,
                    "FILE is the draft's DistinguishedHead");
  AddState(command, gossip_compare_.state);
  AddCommon(command, gossip_compare_.timeout_s, gossip_compare_.json);
}

void CommandLine::AddGossipCheck(CLI::App& gossip) {
  CLI::App* command = AddBelow(
      gossip, "check",
      "Asks the log a second time by another way, unknown, and compares",
      [this] { return RunGossipCheck(gossip_check_, terminal_); },
      "  # Through Tor, which makes a circuit of its own for each check:\n"
      "  sealbook gossip check --via socks5://127.0.0.1:9050\n"
      "  # Another server of the same log:\n"
      "  sealbook gossip check --via mirror.example.net:8443\n");
  command
      ->add_option("--via", gossip_check_.via,
                   "A SOCKS5 proxy, as socks5://HOST:PORT, or another server "
                   "of the log")
      ->required()
      ->type_name("URL|HOST:PORT");
  command
      ->add_option("--ca", gossip_check_.ca_file,
                   "PEM bundle of the CAs of that server's TLS certificate "
                   "[default: as for the log's server]")
      ->type_name("FILE");
  AddState(command, gossip_check_.state);
  AddCommon(command, gossip_check_.timeout_s, gossip_check_.json);
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

}  // namespace

int RunCommandLine(const std::vector<std::string>& arguments,
                   Terminal& terminal) {
  return CommandLine(terminal).Run(arguments);
}

}  // namespace sealbook::client
