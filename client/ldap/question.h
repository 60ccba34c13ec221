// Which addresses a search asks about. Nothing else of it ever leaves the
// machine.
//
//   absl::StatusOr<Question> question = QuestionOf(search.filter);
//   for (const smime::Address& address : question->addresses) ...
//
// The entries that we could answer with have `mail`, and it is what a filter
// must name, in full, for a look-up: `(mail=a@x)`, several of them in an OR
// (Thunderbird, for the recipients of a message), an AND of that with what all
// our entries fulfil (Evolution: `(&(userCertificate=*)(|(mail=...)))`). What
// holds of no entry, or of all of them, asks about nobody: a directory that
// proves its answers cannot be listed.
//
// A filter with a substring in it is what somebody types: Thunderbird sends
// `(|(cn=*x*)(mail=*x*)(givenName=*x*)(sn=*x*))` for every key that is pressed
// in an address field, and the last of them may well hold a whole address. It
// asks about nobody, whatever stands beside. The one exception is what
// `gpgsm --list-external-keys a@x` sends, exactly
// `(|(sn=*a@x*)(|(cn=*a@x*)(mail=*a@x*)))` with a whole address: dirmngr sends
// nothing for keystrokes, and no other client is known to ask in this shape.
#ifndef SEALBOOK_CLIENT_LDAP_QUESTION_H_
#define SEALBOOK_CLIENT_LDAP_QUESTION_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/ldap/filter.h"
#include "smime/address.h"

namespace sealbook::client::ldap {

// More in one filter are refused.
inline constexpr size_t kMaxAddresses = 500;

struct Question {
  // Each once, in the order of the filter; empty: nobody is asked about.
  std::vector<smime::Address> addresses;
  // Why values of `mail` that hold an "@", or bytes that no text has, are no
  // addresses. Those without are names that somebody looks for.
  std::vector<std::string> not_addresses;

  bool Empty() const { return addresses.empty() && not_addresses.empty(); }
};

// RESOURCE_EXHAUSTED: more than kMaxAddresses.
absl::StatusOr<Question> QuestionOf(const Filter& filter);

// Whether an attribute is the e-mail address (RFC 4524, 2.16).
bool IsMail(absl::string_view attribute);

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_QUESTION_H_
