// What this folder reads off OpenSSL's X509. For smime/ alone.
//
// Functions take X509* because OpenSSL caches decoded extensions in it, under
// its own lock: all of them are thread-safe on a shared certificate.
#ifndef SEALBOOK_SMIME_X509_H_
#define SEALBOOK_SMIME_X509_H_

#include <openssl/x509.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/openssl_ptr.h"
#include "smime/types.h"

namespace sealbook::smime {

// One certificate and nothing after it, of at most kMaxCertificateBytes bytes.
// INVALID_ARGUMENT, checks `certificate-size` and `certificate-parse`.
absl::StatusOr<crypto::X509Ptr> ParseX509(absl::string_view der);

// Empty when OpenSSL cannot encode it.
std::string DerOf(const X509* certificate);

// RFC 2253, printable ASCII.
std::string NameText(const X509_NAME* name);
// The name's DER as it stands in the certificate.
absl::string_view NameDer(const X509_NAME* name);

// Hexadecimal, lower case, "-" before a negative number.
std::string SerialText(const X509* certificate);

// Milliseconds since the Unix epoch. INVALID_ARGUMENT, check
// `validity-encoding`, unless it is encoded as RFC 5280, 4.1.2.5 says.
absl::StatusOr<int64_t> TimeMs(const ASN1_TIME* time);

KeyHash SubjectKeyHash(const X509* certificate);

// An e-mail address of subjectAltName, as it stands.
struct Mailbox {
  std::string text;
  // SmtpUTF8Mailbox (RFC 9598), else rfc822Name.
  bool utf8 = false;
};
// In order; empty without subjectAltName. INVALID_ARGUMENT, check
// `san-encoding`.
absl::StatusOr<std::vector<Mailbox>> Mailboxes(const X509* certificate);

// A dotted object identifier.
std::string OidText(const ASN1_OBJECT* object);

// What the key may be used for, from its type and keyUsage. INVALID_ARGUMENT,
// checks `key-usage` and `key-decode`: the extension is missing, does not fit
// the key, or allows neither signing nor encrypting.
absl::StatusOr<Role> RoleOf(X509* certificate);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_X509_H_
