// Where mail is submitted to.
#ifndef SEALBOOK_CLIENT_ALARMS_SMTP_URL_H_
#define SEALBOOK_CLIENT_ALARMS_SMTP_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::client {

struct SmtpUrl {
  // "smtps://mail.example.org:465": scheme, host and port.
  std::string text;
  // TLS from the first byte, not by STARTTLS.
  bool smtps = false;
  // The host is "localhost", 127.0.0.0/8 or ::1.
  bool loopback = false;

  // Takes smtp://HOST[:PORT] and smtps://HOST[:PORT]; the port is 587 or 465
  // unless it is given (RFC 8314). INVALID_ARGUMENT: anything else, user and
  // password in it included. Thread-safe.
  static absl::StatusOr<SmtpUrl> Parse(absl::string_view text);
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_SMTP_URL_H_
