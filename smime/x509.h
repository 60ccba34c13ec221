// What this folder reads off OpenSSL's X509. For smime/ alone.
//
// Functions take X509* because OpenSSL caches decoded extensions in it, under
// its own lock: all of them are thread-safe on a shared certificate.
#ifndef SEALBOOK_SMIME_X509_H_
#define SEALBOOK_SMIME_X509_H_

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/openssl_ptr.h"
#include "smime/types.h"

namespace sealbook::smime {

// The elements of a DER SEQUENCE, as d2i_ASN1_SEQUENCE_ANY gives them.
struct Asn1SequenceFree {
  void operator()(ASN1_SEQUENCE_ANY* sequence) const {
    sk_ASN1_TYPE_pop_free(sequence, ASN1_TYPE_free);
  }
};
using Asn1SequencePtr = std::unique_ptr<ASN1_SEQUENCE_ANY, Asn1SequenceFree>;

// One certificate and nothing after it, of at most kMaxCertificateBytes bytes.
// INVALID_ARGUMENT, checks `certificate-size` and `certificate-parse`.
absl::StatusOr<crypto::X509Ptr> ParseX509(absl::string_view der);

// The same, several times as fast: without the public key, which
// X509_get0_pubkey then lacks; what stands in its place is not looked at. There
// are no digests for it either, so that OpenSSL's functions that cache
// extensions (X509_check_purpose, X509_get_key_usage, X509_check_issued...)
// fail on it: extensions are read by X509_get_ext_d2i.
absl::StatusOr<crypto::X509Ptr> ParseX509WithoutKey(absl::string_view der);

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

using AuthorityKeyIdPtr =
    std::unique_ptr<AUTHORITY_KEYID, crypto::OpenSslFree<AUTHORITY_KEYID_free>>;
// Null without authorityKeyIdentifier or when it cannot be read.
AuthorityKeyIdPtr AuthorityKeyIdOf(const X509* certificate);

// KU_... bits; absent without keyUsage or when it cannot be read.
std::optional<uint32_t> KeyUsageOf(const X509* certificate);

// What the key may be used for, from its type and keyUsage. INVALID_ARGUMENT,
// checks `key-usage` and `key-decode`: the extension is missing, does not fit
// the key, or allows neither signing nor encrypting.
absl::StatusOr<Role> RoleOf(const X509* certificate);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_X509_H_
