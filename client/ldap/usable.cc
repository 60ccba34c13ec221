#include "client/ldap/usable.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "client/entry_view.h"
#include "smime/certificate.h"

namespace sealbook::client::ldap {
namespace {

// The last second of a certificate counts in full (smime/certificate.h).
constexpr int64_t kLastSecondMs = 1000;

bool Encrypts(const CertificateView& certificate) {
  return certificate.role == smime::Role::kEncrypt ||
         certificate.role == smime::Role::kSignAndEncrypt;
}

std::vector<const CertificateView*> InOrder(const EntryView& view) {
  std::vector<const CertificateView*> leaves;
  for (const CertificateView& certificate : view.certificates) {
    if (certificate.usable()) leaves.push_back(&certificate);
  }
  // The view has the newest first.
  std::stable_sort(leaves.begin(), leaves.end(),
                   [](const CertificateView* a, const CertificateView* b) {
                     if (Encrypts(*a) != Encrypts(*b)) return Encrypts(*a);
                     return a->match > b->match;
                   });
  return leaves;
}

// A judgement changes only when a certificate begins or ends to be valid.
void Narrow(const smime::CertificateFacts& facts, int64_t time_ms,
            Usable& usable) {
  for (const int64_t edge :
       {facts.not_before_ms, facts.not_after_ms + kLastSecondMs}) {
    if (edge <= time_ms) {
      usable.from_ms = std::max(usable.from_ms, edge);
    } else {
      usable.until_ms = std::min(usable.until_ms, edge);
    }
  }
}

// An issuing certificate of the answer.
struct Issuer {
  absl::string_view der;
  bool is_anchor = false;
};

// By DER. Narrows `usable` by each.
std::map<absl::string_view, Issuer> ReadIssuers(
    absl::Span<const std::string> issuers, int64_t time_ms, Usable& usable) {
  std::map<absl::string_view, Issuer> by_der;
  for (const std::string& der : issuers) {
    absl::StatusOr<smime::CertificateFacts> facts =
        smime::ReadCertificateFacts(der);
    // Its times are not known, so that nothing is said of any other time.
    if (!facts.ok()) usable.until_ms = time_ms;
    if (facts.ok()) Narrow(*facts, time_ms, usable);
    by_der[der] = {der, facts.ok() && facts->subject == facts->issuer};
  }
  return by_der;
}

}  // namespace

Usable JudgeCertificates(const v1::DirectoryEntry& entry,
                         absl::Span<const std::string> issuers,
                         const smime::Address& address, int64_t time_ms) {
  Usable usable{.from_ms = std::numeric_limits<int64_t>::min(),
                .until_ms = std::numeric_limits<int64_t>::max()};
  const auto by_der = ReadIssuers(issuers, time_ms, usable);
  const EntryView view = ViewEntry(entry, issuers, address, time_ms);
  for (const CertificateView& certificate : view.certificates) {
    if (certificate.facts.has_value()) {
      Narrow(*certificate.facts, time_ms, usable);
    }
  }
  std::map<absl::string_view, absl::string_view> listed;
  for (const v1::CertificateInForce& in_force : entry.certificates()) {
    listed.emplace(in_force.certificate(), in_force.certificate());
  }
  for (const CertificateView* leaf : InOrder(view)) {
    UsableCertificate certificate{.der = listed.at(leaf->der),
                                  .sha256 = leaf->sha256};
    for (const std::string& der : leaf->issuers) {
      const Issuer& issuer = by_der.at(der);
      if (!issuer.is_anchor) certificate.intermediates.push_back(issuer.der);
    }
    usable.certificates.push_back(std::move(certificate));
  }
  return usable;
}

std::shared_ptr<const Usable> UsableMemo::Get(
    const smime::Address& address, int64_t time_ms,
    const std::function<Usable()>& judge) {
  MutexLock lock(mutex_);
  const bool holds = usable_ != nullptr && usable_->from_ms <= time_ms &&
                     time_ms < usable_->until_ms &&
                     exact_local_part_ == address.exact_local_part();
  if (!holds) {
    usable_ = std::make_shared<const Usable>(judge());
    exact_local_part_ = address.exact_local_part();
  }
  return usable_;
}

std::shared_ptr<const Usable> CertificateJudge::Judge(
    const v1::DirectoryEntry& entry, absl::Span<const std::string> issuers,
    const smime::Address& address, int64_t time_ms, UsableMemo& memo) {
  return memo.Get(address, time_ms, [&] {
    MutexLock lock(turn_);
    return JudgeCertificates(entry, issuers, address, time_ms);
  });
}

}  // namespace sealbook::client::ldap
