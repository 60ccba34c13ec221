#include "client/ldap/issuers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "smime/certificate.h"

namespace sealbook::client::ldap {
namespace {

// Lower case, without spaces around the commas between names.
std::string Normalize(absl::string_view dn) {
  std::string normal;
  bool skips = true;
  for (size_t i = 0; i < dn.size(); ++i) {
    if (dn[i] == ' ' && skips) continue;
    skips = dn[i] == ',';
    if (skips) absl::StripTrailingAsciiWhitespace(&normal);
    normal += absl::ascii_tolower(static_cast<unsigned char>(dn[i]));
    if (dn[i] == '\\' && i + 1 < dn.size()) {
      normal += absl::ascii_tolower(static_cast<unsigned char>(dn[++i]));
    }
  }
  absl::StripTrailingAsciiWhitespace(&normal);
  return normal;
}

}  // namespace

void Issuers::Remember(absl::Span<const absl::string_view> ders) {
  for (const absl::string_view der : ders) {
    MutexLock lock(mutex_);
    if (std::any_of(issuers_.begin(), issuers_.end(),
                    [&](const Issuer& known) { return known.der == der; })) {
      continue;
    }
    auto facts = smime::ReadCertificateFacts(der);
    if (!facts.ok() || facts->subject == facts->issuer) continue;
    issuers_.push_back({Normalize(facts->subject), std::string(der)});
    if (issuers_.size() > kMaxIssuers) issuers_.pop_front();
  }
}

std::vector<std::string> Issuers::Find(absl::string_view dn) {
  const std::string wanted = Normalize(dn);
  std::vector<std::string> found;
  MutexLock lock(mutex_);
  for (const Issuer& issuer : issuers_) {
    if (issuer.subject == wanted) found.push_back(issuer.der);
  }
  return found;
}

}  // namespace sealbook::client::ldap
