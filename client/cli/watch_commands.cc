// The commands for owners, and for comparing.
#include "client/cli/commands.h"
#include "client/cli/gossip.h"
#include "client/cli/watch.h"

namespace sealbook::client {

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
      ->check(CLI::Range(uint64_t{10}, uint64_t{7} * 86400))
      ->capture_default_str();
  command->add_flag("--list", watch_.list,
                    "Show what is watched and which alarms are open");
  command->add_flag("--accept", watch_.accept,
                    "Confirm the versions that are known, and close their "
                    "alarms");
  command
      ->add_option("--version", watch_.version,
                   "With --accept: confirm no later version than this one")
      ->type_name("N");
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

void CommandLine::AddGossip() {
  CLI::App* command = app_.add_subcommand(
      "gossip", "Notices that the log shows different people different things");
  command->require_subcommand(1);
  command->footer(std::string("Examples:\n  sealbook gossip show\n") +
                  "  sealbook gossip compare mail.txt\n"
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
  CLI::Option* qr = command->add_flag(
      "--qr", gossip_show_.qr, "Print a QR code, too (the 4 newest heads)");
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
  qr->excludes(command->get_option("--json"));
}

void CommandLine::AddGossipCompare(CLI::App& gossip) {
  CLI::App* command = AddBelow(
      gossip, "compare",
      "Compares somebody else's heads with what is seen here",
      [this] { return RunGossipCompare(gossip_compare_, terminal_); },
      "  sealbook gossip compare mail.txt\n"
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

}  // namespace sealbook::client
