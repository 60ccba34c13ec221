// An address that alarms are mailed to or from, as mail transport takes it.
#ifndef SEALBOOK_CLIENT_ALARMS_MAIL_ADDRESS_H_
#define SEALBOOK_CLIENT_ALARMS_MAIL_ADDRESS_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::client {

// ASCII without blanks, brackets, quotes or control characters, and with no "-"
// in front: it can be neither another header, nor another address, nor an
// option. Thread-compatible.
class MailAddress {
 public:
  // Takes "Alice@example.org", with the domain in lower-case A-labels
  // afterwards, and "alice", a user of this machine. INVALID_ARGUMENT: anything
  // else, addresses included whose local part needs quotes or is not ASCII.
  static absl::StatusOr<MailAddress> Parse(absl::string_view text);

  const std::string& text() const { return text_; }
  // Empty for a user of this machine.
  absl::string_view domain() const {
    return absl::string_view(text_).substr(domain_);
  }

  friend bool operator==(const MailAddress&, const MailAddress&) = default;

 private:
  MailAddress(std::string text, size_t domain)
      : text_(std::move(text)), domain_(domain) {}

  std::string text_;
  // Where the domain begins.
  size_t domain_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_MAIL_ADDRESS_H_
