// Mail by submission to a mail server (RFC 6409).
#ifndef SEALBOOK_CLIENT_ALARMS_SMTP_H_
#define SEALBOOK_CLIENT_ALARMS_SMTP_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "client/alarms/mail_channel.h"
#include "client/alarms/smtp_url.h"

namespace sealbook::client {

// Empty texts: none.
struct SmtpOptions {
  // As SmtpUrl::Parse takes it.
  std::string url;
  std::string user;
  // The password is its first line. Private, as crypto::ReadKeyFile wants it.
  std::string password_file;
  // PEM certificates that the server's must lead to, in place of the system's.
  std::string ca_file;
  // Of the whole conversation up to the server's taking the message. Looking up
  // the host cannot be broken off, and may take as long as the system's
  // resolver tries.
  uint64_t time_limit_ms = 60'000;
};

// A conversation of its own for each message. It is encrypted and the server's
// certificate checked, or nothing is sent: from the beginning with smtps://, by
// STARTTLS with smtp://. A server on loopback is spoken to in the clear with
// smtp:// unless a CA file is given. No proxy is used.
class Smtp : public MailTransport {
 public:
  // Checks the options and reads the files, but does not ask the server.
  // INVALID_ARGUMENT: options that cannot be meant. FAILED_PRECONDITION or
  // NOT_FOUND: a file that cannot be used.
  static absl::StatusOr<std::unique_ptr<Smtp>> Open(const SmtpOptions& options);

  // The password file is read anew, so that a new password needs no restart.
  // Errors tell what the server answered.
  absl::Status Send(const MailAddress& from, const MailAddress& to,
                    const std::string& message) const override;

 private:
  Smtp(SmtpOptions options, SmtpUrl url)
      : options_(std::move(options)), url_(std::move(url)) {}

  SmtpOptions options_;
  SmtpUrl url_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_SMTP_H_
