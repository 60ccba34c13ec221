#include "client/alarms/smtp.h"

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "client/alarms/smtp_conversation.h"
#include "client/files.h"
#include "client/words.h"
#include "crypto/key_file.h"
#include "crypto/secret_text.h"

namespace sealbook::client {
namespace {

// The first line of the file; nothing without a file.
absl::StatusOr<crypto::SecretText> ReadPassword(const std::string& path) {
  if (path.empty()) return crypto::SecretText();
  absl::StatusOr<crypto::SecretText> contents = crypto::ReadKeyFile(path);
  if (!contents.ok()) {
    return absl::Status(contents.status().code(),
                        absl::StrCat("the password of the mail server: ",
                                     contents.status().message()));
  }
  absl::string_view line = contents->view();
  line = line.substr(0, line.find_first_of("\r\n"));
  if (line.empty() || absl::StrContains(line, absl::string_view("\0", 1))) {
    return absl::FailedPreconditionError(absl::StrCat(
        Printable(path),
        ": the password of the mail server must stand in its first line"));
  }
  return crypto::SecretText(std::string(line));
}

absl::Status CheckCaFile(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  SEALBOOK_ASSIGN_OR_RETURN(const std::string pem, ReadFile(path));
  if (absl::StrContains(pem, "-----BEGIN CERTIFICATE-----")) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      Printable(path),
      ": holds no certificate; --smtp-ca wants CA certificates in PEM"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Smtp>> Smtp::Open(const SmtpOptions& options) {
  SEALBOOK_ASSIGN_OR_RETURN(SmtpUrl url, SmtpUrl::Parse(options.url));
  if (options.user.empty() != options.password_file.empty()) {
    return absl::InvalidArgumentError(
        "--smtp-user and --smtp-password-file belong together: give both, or "
        "none for a server that lets this machine send without them");
  }
  SEALBOOK_RETURN_IF_ERROR(ReadPassword(options.password_file).status());
  SEALBOOK_RETURN_IF_ERROR(CheckCaFile(options.ca_file));
  return absl::WrapUnique(new Smtp(options, std::move(url)));
}

absl::Status Smtp::Send(const MailAddress& from, const MailAddress& to,
                        const std::string& message) const {
  SEALBOOK_ASSIGN_OR_RETURN(crypto::SecretText password,
                            ReadPassword(options_.password_file));
  return HoldConversation({.url = url_,
                           .user = options_.user,
                           .password = std::move(password),
                           .ca_file = options_.ca_file,
                           .time_limit_ms = options_.time_limit_ms,
                           .from = from.text(),
                           .to = to.text(),
                           .message = message});
}

}  // namespace sealbook::client
