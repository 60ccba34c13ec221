#include "client/alarms/mail_address.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/words.h"
#include "smime/address.h"

namespace sealbook::client {
namespace {

// RFC 5322, 3.2.3: a dot-atom, where dots are already in order.
bool IsPlainLocalPart(absl::string_view text) {
  constexpr absl::string_view kAtomMarks = "!#$%&'*+-/=?^_`{|}~.";
  if (text.empty() || text[0] == '-') return false;
  for (char c : text) {
    if (!absl::ascii_isalnum(c) && !absl::StrContains(kAtomMarks, c)) {
      return false;
    }
  }
  return true;
}

// Names that POSIX lets users have, capital letters included.
bool IsUserName(absl::string_view text) {
  if (text.empty() || text.size() > 64 || text[0] == '-' || text[0] == '.') {
    return false;
  }
  for (char c : text) {
    if (!absl::ascii_isalnum(c) && !absl::StrContains("._-", c)) return false;
  }
  return true;
}

absl::Status Refused(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", Printable(text), "\" cannot be mailed to or from: ", why));
}

}  // namespace

absl::StatusOr<MailAddress> MailAddress::Parse(absl::string_view text) {
  if (IsUserName(text)) return MailAddress(std::string(text), text.size());
  const absl::StatusOr<smime::Address> address = smime::Address::Parse(text);
  if (!address.ok()) {
    return Refused(text, absl::StrCat("give one address, such as "
                                      "alice@example.org, without a name or "
                                      "brackets (",
                                      address.status().message(), ")"));
  }
  const std::string& local_part = address->exact_local_part();
  if (!IsPlainLocalPart(local_part)) {
    return Refused(text,
                   "what stands in front of the @ must be ASCII, need no "
                   "quotes and not begin with a -");
  }
  return MailAddress(absl::StrCat(local_part, "@", address->domain()),
                     local_part.size() + 1);
}

}  // namespace sealbook::client
