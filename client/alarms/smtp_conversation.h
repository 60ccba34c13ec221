// One conversation with a mail server, by libcurl. For Smtp only.
#ifndef SEALBOOK_CLIENT_ALARMS_SMTP_CONVERSATION_H_
#define SEALBOOK_CLIENT_ALARMS_SMTP_CONVERSATION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/alarms/smtp_url.h"
#include "crypto/secret_text.h"

namespace sealbook::client {

struct SmtpConversation {
  SmtpUrl url;
  // Empty: nobody logs in.
  std::string user;
  crypto::SecretText password;
  // Empty: the system's certificates.
  std::string ca_file;
  uint64_t time_limit_ms = 0;
  std::string from;
  std::string to;
  // Valid until HoldConversation returns.
  absl::string_view message;
};

// OK: the server has taken the message. Errors as AlarmChannel::Deliver.
// Thread-safe; raises no SIGPIPE.
absl::Status HoldConversation(const SmtpConversation& conversation);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_SMTP_CONVERSATION_H_
