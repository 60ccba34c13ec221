// Issuing certificates that were handed out with others, by their subject.
//
// gpgsm with auto-issuer-key-retrieve asks for the issuer of a certificate that
// it is to use, by its name alone, as the base of a search. What an entry that
// is proven names can be given again without asking anybody.
#ifndef SEALBOOK_CLIENT_LDAP_ISSUERS_H_
#define SEALBOOK_CLIENT_LDAP_ISSUERS_H_

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mutex.h"

namespace sealbook::client::ldap {

// Thread-safe.
class Issuers {
 public:
  // The newest that are remembered.
  static constexpr size_t kMaxIssuers = 100;

  // DER; trust anchors and what is no certificate are left out.
  void Remember(absl::Span<const absl::string_view> ders);

  // DER of those with this subject, written as RFC 4514 says; case and spaces
  // around commas do not matter.
  std::vector<std::string> Find(absl::string_view dn);

 private:
  struct Issuer {
    std::string subject;
    std::string der;
  };

  Mutex mutex_;
  // The oldest first.
  std::deque<Issuer> issuers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_ISSUERS_H_
