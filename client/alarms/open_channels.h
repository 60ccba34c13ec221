// The channels that a user asked for.
//
//   SEALBOOK_ASSIGN_OR_RETURN(auto channels,
//                             OpenChannels(options, &terminal.out));
#ifndef SEALBOOK_CLIENT_ALARMS_OPEN_CHANNELS_H_
#define SEALBOOK_CLIENT_ALARMS_OPEN_CHANNELS_H_

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/alarms/alarm_channel.h"

namespace sealbook::client {

// Each with the name that messages call it by. Empty texts stand for options
// that were not given.
struct AlarmChannelOptions {
  // --json: JSON instead of text on standard output.
  bool json = false;
  // --exec: a command for the shell.
  std::string exec;
  // --mail, may be repeated: addresses, or users of this machine with sendmail.
  std::vector<std::string> mail_to;
  // --mail-from; not given: the first of `mail_to`.
  std::string mail_from;
  // --sendmail: a program; not given: /usr/sbin/sendmail, unless there is a
  // mail server.
  std::string sendmail;
  // --smtp, --smtp-user, --smtp-password-file, --smtp-ca: see SmtpOptions.
  std::string smtp_url;
  std::string smtp_user;
  std::string smtp_password_file;
  std::string smtp_ca_file;
  // --notify: the desktop.
  bool notify = false;
  // Of one delivery by one channel.
  uint64_t time_limit_ms = 60'000;
};

// Standard output first, unless `out` is null; then exec, one for each
// different address of --mail, desktop. `out` outlives them.
//
// Checks what can be checked without delivering anything. INVALID_ARGUMENT:
// options that cannot be meant. FAILED_PRECONDITION, NOT_FOUND or UNAVAILABLE:
// what they need is not there. Messages say what to do.
absl::StatusOr<std::vector<std::unique_ptr<AlarmChannel>>> OpenChannels(
    const AlarmChannelOptions& options, std::ostream* out);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_OPEN_CHANNELS_H_
