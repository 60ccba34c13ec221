// Certificates as they come and as they are shown. Nothing here judges a
// certificate: smime/chain.h and smime/admission.h do.
//
//   SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::string> ders,
//                             ReadCertificates(file_contents));
//   SEALBOOK_ASSIGN_OR_RETURN(CertificateFacts facts,
//                             ReadCertificateFacts(ders[0]));
//
// Thread-safe functions.
#ifndef SEALBOOK_SMIME_CERTIFICATE_H_
#define SEALBOOK_SMIME_CERTIFICATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "smime/types.h"

namespace sealbook::smime {

// The DER of each certificate in `contents`, in order: PEM (text around the
// blocks is skipped), or DER, one after another; certificates, or PKCS#7 that
// holds nothing else (RFC 5652, 5.2: certs-only). INVALID_ARGUMENT: none; bytes
// that are no certificate; a PEM block of another kind (named); PKCS#7 with a
// signature; a certificate larger than kMaxCertificateBytes.
absl::StatusOr<std::vector<std::string>> ReadCertificates(
    absl::string_view contents);

// PEM of one certificate.
std::string CertificateToPem(absl::string_view der);

CertificateHash HashCertificate(absl::string_view der);

// SHA-256 of the certificate's SubjectPublicKeyInfo. INVALID_ARGUMENT: `der` is
// not one certificate.
absl::StatusOr<KeyHash> HashSubjectKey(absl::string_view der);

// What a certificate says of itself, for people. Subject and issuer are escaped
// to printable ASCII; addresses stand as in the certificate, because they are
// compared, and are escaped by whoever prints them.
struct CertificateFacts {
  CertificateHash sha256;
  KeyHash key_sha256;
  std::string subject;     // RFC 2253.
  std::string issuer;      // RFC 2253.
  std::string serial_hex;  // Lower case; "-" before a negative one.
  // Milliseconds since the Unix epoch. Valid while
  // not_before_ms <= now < not_after_ms + 1000: the last second counts.
  int64_t not_before_ms = 0;
  int64_t not_after_ms = 0;
  // Absent: its keyUsage allows neither signing nor encrypting mail.
  std::optional<Role> role;
  // rfc822Name and SmtpUTF8Mailbox of subjectAltName, in order; empty when the
  // extension is missing or cannot be read.
  std::vector<std::string> addresses;
  // For example "RSA 2048", "EC prime256v1", "ED25519"; "unknown".
  std::string key;
};

// INVALID_ARGUMENT: `der` is not one certificate, its times cannot be read, or
// it is larger than kMaxCertificateBytes.
absl::StatusOr<CertificateFacts> ReadCertificateFacts(absl::string_view der);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_CERTIFICATE_H_
