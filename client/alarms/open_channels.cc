#include "client/alarms/open_channels.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/alarms/desktop_channel.h"
#include "client/alarms/exec_channel.h"
#include "client/alarms/mail_address.h"
#include "client/alarms/mail_channel.h"
#include "client/alarms/sendmail.h"
#include "client/alarms/smtp.h"
#include "client/alarms/stream_channel.h"

namespace sealbook::client {
namespace {

using Channels = std::vector<std::unique_ptr<AlarmChannel>>;

constexpr char kSendmail[] = "/usr/sbin/sendmail";

// Options for mail that would have no effect are mistakes: whoever gave them
// believes to be told by mail.
absl::Status CheckMailOptions(const AlarmChannelOptions& options) {
  const bool of_smtp = !options.smtp_user.empty() ||
                       !options.smtp_password_file.empty() ||
                       !options.smtp_ca_file.empty();
  if (of_smtp && options.smtp_url.empty()) {
    return absl::InvalidArgumentError(
        "--smtp-user, --smtp-password-file and --smtp-ca need --smtp, such as "
        "--smtp smtps://mail.example.org");
  }
  if (!options.smtp_url.empty() && !options.sendmail.empty()) {
    return absl::InvalidArgumentError(
        "--smtp and --sendmail are two ways to send mail; give one of them");
  }
  const bool of_mail = !options.mail_from.empty() ||
                       !options.smtp_url.empty() || !options.sendmail.empty();
  if (of_mail && options.mail_to.empty()) {
    return absl::InvalidArgumentError(
        "nobody is to get mail; name an address with --mail");
  }
  return absl::OkStatus();
}

absl::StatusOr<MailAddress> ParseAddress(const AlarmChannelOptions& options,
                                         const std::string& text) {
  SEALBOOK_ASSIGN_OR_RETURN(MailAddress address, MailAddress::Parse(text));
  if (address.domain().empty() && !options.smtp_url.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text,
        "\" is a user of this machine, whom a mail server does not know; give "
        "a whole address, such as ",
        text, "@example.org"));
  }
  return address;
}

// Those of --mail, each once.
absl::StatusOr<std::vector<MailAddress>> Recipients(
    const AlarmChannelOptions& options) {
  std::vector<MailAddress> recipients;
  for (const std::string& text : options.mail_to) {
    SEALBOOK_ASSIGN_OR_RETURN(MailAddress to, ParseAddress(options, text));
    if (std::find(recipients.begin(), recipients.end(), to) ==
        recipients.end()) {
      recipients.push_back(std::move(to));
    }
  }
  return recipients;
}

absl::StatusOr<std::shared_ptr<const MailTransport>> OpenTransport(
    const AlarmChannelOptions& options) {
  if (options.smtp_url.empty()) {
    return Sendmail::Open(
        options.sendmail.empty() ? kSendmail : options.sendmail,
        options.time_limit_ms);
  }
  return Smtp::Open({.url = options.smtp_url,
                     .user = options.smtp_user,
                     .password_file = options.smtp_password_file,
                     .ca_file = options.smtp_ca_file,
                     .time_limit_ms = options.time_limit_ms});
}

absl::Status AddMail(const AlarmChannelOptions& options, Channels& channels) {
  SEALBOOK_RETURN_IF_ERROR(CheckMailOptions(options));
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<MailAddress> recipients,
                            Recipients(options));
  if (recipients.empty()) return absl::OkStatus();
  MailAddress from = recipients.front();
  if (!options.mail_from.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(from, ParseAddress(options, options.mail_from));
  }
  SEALBOOK_ASSIGN_OR_RETURN(const std::shared_ptr<const MailTransport> mail,
                            OpenTransport(options));
  for (const MailAddress& to : recipients) {
    channels.push_back(std::make_unique<MailChannel>(from, to, mail));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Channels> OpenChannels(const AlarmChannelOptions& options,
                                      std::ostream* out) {
  Channels channels;
  if (out != nullptr) {
    channels.push_back(std::make_unique<StreamChannel>(*out, options.json));
  }
  if (!options.exec.empty()) {
    if (absl::StripAsciiWhitespace(options.exec).empty()) {
      return absl::InvalidArgumentError(
          "--exec: give a command for the shell, such as --exec "
          "/usr/local/bin/on-alarm");
    }
    channels.push_back(
        std::make_unique<ExecChannel>(options.exec, options.time_limit_ms));
  }
  SEALBOOK_RETURN_IF_ERROR(AddMail(options, channels));
  if (options.notify) {
    SEALBOOK_RETURN_IF_ERROR(DesktopChannel::Check());
    channels.push_back(std::make_unique<DesktopChannel>(options.time_limit_ms));
  }
  return channels;
}

}  // namespace sealbook::client
