// A verified entry as people and programs want to see it: what each certificate
// is good for at a given time.
//
//   EntryView view = ViewEntry(found.entry, found.issuers, address, now);
//   if (!view.certificates.empty() && view.certificates[0].usable()) ...
#ifndef SEALBOOK_CLIENT_ENTRY_VIEW_H_
#define SEALBOOK_CLIENT_ENTRY_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "proto/sealbook/v1/records.pb.h"
#include "smime/address.h"
#include "smime/certificate.h"

namespace sealbook::client {

enum class Validity { kValid, kNotYetValid, kExpired };

struct CertificateView {
  std::string der;
  smime::CertificateHash sha256;
  // Absent: the bytes cannot be read as a certificate (a problem says why).
  std::optional<smime::CertificateFacts> facts;
  // As the entry says; absent when it names none.
  std::optional<smime::Role> role;
  Validity validity = Validity::kValid;
  // The best match among the certificate's addresses, and that address.
  smime::AddressMatch match = smime::AddressMatch::kNone;
  std::string matched_address;
  // Issuing certificates (DER), issuer first, trust anchor last; those that the
  // entry lists and that were sent.
  std::vector<std::string> issuers;
  // Why it is not to be used now, in words; empty when there is nothing.
  std::vector<std::string> problems;

  bool usable() const { return problems.empty(); }
};

struct EntryView {
  // "issued", "renewed", "revoked", "restored" (a hold was lifted); "unknown"
  // for what a newer version may add.
  std::string cause;
  // SHA-256 of the certificate that this version added or revoked, hexadecimal;
  // empty when the cause names none.
  std::string cause_sha256;
  // Of "revoked", as RFC 5280 names it ("keyCompromise"; "unspecified" when
  // none was stated); else empty.
  std::string revocation_reason;
  std::string publisher;
  // "consent", "contract", "organization policy", "already public", "not
  // stated".
  std::string basis;
  // Usable ones first, then by notBefore, newest first.
  std::vector<CertificateView> certificates;
};

// Whether chains to the issuing certificates are verified, which takes by far
// the most time; else they are not mentioned among the problems.
enum class Chains { kVerified, kLeftOut };

// `issuers`: what came with the entry, matched by SHA-256. `time_ms`: when the
// certificates are to be used, milliseconds since the Unix epoch. Never fails:
// what is wrong with a certificate becomes one of its problems.
EntryView ViewEntry(const v1::DirectoryEntry& entry,
                    absl::Span<const std::string> issuers,
                    const smime::Address& address, int64_t time_ms,
                    Chains chains = Chains::kVerified);

// "valid", "not-yet-valid", "expired".
absl::string_view ValidityName(Validity validity);
// "exact", "case-folded", "none".
absl::string_view MatchName(smime::AddressMatch match);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ENTRY_VIEW_H_
