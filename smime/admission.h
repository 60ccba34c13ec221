// Which certificates may be published: the CA/Browser Forum S/MIME Baseline
// Requirements (S/MIME BR) 7.1 and 6.1, RFC 5280 and RFC 8550, and the
// publisher's record.
//
//   SEALBOOK_ASSIGN_OR_RETURN(TrustAnchors anchors, TrustAnchors::Read(pem));
//   Admission admission(anchors, Profile::kPrivate);
//   absl::StatusOr<AdmittedCertificate> admitted = admission.Admit(
//       {.certificate = der, .intermediates = {issuer}}, publisher, now_ms);
//
// A refusal names the check by a stable id, the section that asks for it, and
// the value that failed:
//   eku-email-protection (S/MIME BR 7.1.2.3 f): emailProtection is missing ...
//
// Not here, because only the log knows it: whether too many certificates are
// live (smime/live.h), and whether the certificate or its key was revoked.
#ifndef SEALBOOK_SMIME_ADMISSION_H_
#define SEALBOOK_SMIME_ADMISSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "smime/chain.h"
#include "smime/types.h"

namespace sealbook::smime {

enum class Profile {
  // What any S/MIME certificate must be, whoever issued it.
  kPrivate,
  // And what publicly trusted CAs must keep to: one reserved policy OID,
  // bounded validity, a CRL over http, an authority key identifier.
  kPublic,
};

// Who publishes, and what that publisher may publish.
struct PublisherPolicy {
  std::string id;
  // Subject keys of the issuing CAs that it speaks for.
  std::set<KeyHash> issuer_keys;
  // Canonical (CanonicalDomain in smime/address.h); empty: any. A domain does
  // not stand for its subdomains.
  std::vector<std::string> mail_domains;
};

// Views into the caller's bytes.
struct Submission {
  absl::string_view certificate;  // DER.
  // DER, any order, at most kMaxSuppliedIntermediates; known ones may be left
  // out.
  std::vector<absl::string_view> intermediates;
  // Addresses to publish under, canonical or not; empty: all of the
  // certificate's.
  std::vector<absl::string_view> addresses;
};

struct AdmittedCertificate {
  std::string der;
  CertificateHash sha256;
  // Of its subject key.
  KeyHash key_sha256;
  Role role = Role::kSign;
  // What to publish under: each label once, in the certificate's order; not
  // empty.
  std::vector<CertificateAddress> addresses;
  // Shared by the certificates of one issuer.
  std::shared_ptr<const Chain> chain;
  // Milliseconds since the Unix epoch.
  int64_t not_before_ms = 0;
  int64_t not_after_ms = 0;
  // For people: RFC 2253 text, hexadecimal.
  std::string subject;
  std::string serial_hex;

  const KeyHash& issuer_key_sha256() const { return chain->front().key_sha256; }
};

// Thread-safe. Remembers issuing certificates that it has verified (bounded),
// so that a certificate of a known CA costs one signature verification and its
// intermediates need not come with it.
class Admission {
 public:
  Admission(TrustAnchors anchors, Profile profile);
  ~Admission();
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // `now_ms`: milliseconds since the Unix epoch. INVALID_ARGUMENT: the
  // certificate fails a check. PERMISSION_DENIED: the publisher does not speak
  // for the certificate's issuer or for a mail domain.
  absl::StatusOr<AdmittedCertificate> Admit(const Submission& submission,
                                            const PublisherPolicy& publisher,
                                            int64_t now_ms) const;

  // Makes an intermediate known, for submissions that come without it: the
  // server hands in at start what it has stored. It is trusted no more than a
  // supplied one. INVALID_ARGUMENT: not one CA certificate. Ignored when 4,096
  // are known.
  absl::Status AddKnownIntermediate(absl::string_view der);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_ADMISSION_H_
