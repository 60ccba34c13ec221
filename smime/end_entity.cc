#include "smime/end_entity.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "smime/address.h"
#include "smime/algorithms.h"
#include "smime/live.h"
#include "smime/refusal.h"
#include "smime/x509.h"

namespace sealbook::smime {
namespace {

constexpr absl::string_view kEkuSection = "S/MIME BR 7.1.2.3 f";
constexpr absl::string_view kSanSection = "S/MIME BR 7.1.4.2.1";

// serverAuth, codeSigning, timeStamping, anyExtendedKeyUsage.
constexpr std::array<absl::string_view, 4> kForbiddenUsages = {
    "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8",
    "2.5.29.37.0"};

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isascii);
}

std::string TimeText(int64_t ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(ms),
                          absl::UTCTimeZone());
}

absl::Status CheckNoCa(const X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  crypto::BasicConstraintsPtr constraints(static_cast<BASIC_CONSTRAINTS*>(
      X509_get_ext_d2i(certificate, NID_basic_constraints, nullptr, nullptr)));
  if (constraints == nullptr ||
      (constraints->ca == 0 && constraints->pathlen == nullptr)) {
    return absl::OkStatus();
  }
  return Refusal("end-entity", "S/MIME BR 7.1.2.3 d",
                 "basicConstraints says cA or gives a path length");
}

absl::StatusOr<std::vector<std::string>> CheckExtendedKeyUsage(
    X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  crypto::ExtendedKeyUsagePtr usages(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
  if (usages == nullptr) {
    return Refusal("eku-present", kEkuSection, "extKeyUsage is missing");
  }
  std::vector<std::string> oids;
  oids.reserve(sk_ASN1_OBJECT_num(usages.get()));
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    oids.push_back(OidText(sk_ASN1_OBJECT_value(usages.get(), i)));
  }
  for (absl::string_view forbidden : kForbiddenUsages) {
    if (std::find(oids.begin(), oids.end(), forbidden) != oids.end()) {
      return Refusal("eku-forbidden", kEkuSection,
                     absl::StrCat("extKeyUsage holds ", forbidden));
    }
  }
  if (std::find(oids.begin(), oids.end(), kEmailProtection) == oids.end()) {
    return Refusal("eku-email-protection", kEkuSection,
                   absl::StrCat("emailProtection is missing among ",
                                absl::StrJoin(oids, ", ")));
  }
  return oids;
}

// RFC 5280, 4.2.1.6 and RFC 9598, 3.
absl::StatusOr<Address> ReadMailbox(const Mailbox& mailbox) {
  auto refused = [&](absl::string_view section, absl::string_view why) {
    return Refusal("san-address", section,
                   absl::StrCat(why, ": ", Quoted(mailbox.text)));
  };
  if (!mailbox.utf8 && !IsAscii(mailbox.text)) {
    return refused("RFC 5280, 4.2.1.6", "rfc822Name that is not ASCII");
  }
  absl::StatusOr<Address> address = Address::Parse(mailbox.text);
  if (!address.ok()) {
    return Refusal("san-address", kSanSection, address.status().message());
  }
  if (mailbox.utf8) {
    if (IsAscii(address->local_part())) {
      return refused("RFC 9598, 3", "SmtpUTF8Mailbox with an ASCII local part");
    }
    absl::string_view text = mailbox.text;
    if (!IsAscii(text.substr(text.rfind('@')))) {
      return refused("RFC 9598, 3",
                     "SmtpUTF8Mailbox with a domain that is not in A-labels");
    }
  }
  return address;
}

absl::Status CheckSanCriticality(X509* certificate) {
  const int index = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
  const bool critical = index >= 0 && X509_EXTENSION_get_critical(
                                          X509_get_ext(certificate, index));
  const bool empty_subject =
      X509_NAME_entry_count(X509_get_subject_name(certificate)) == 0;
  if (critical == empty_subject) return absl::OkStatus();
  return Refusal("san-critical", "S/MIME BR 7.1.2.3 h",
                 critical ? "subjectAltName is critical beside a subject"
                          : "subjectAltName is not critical, yet the subject "
                            "is empty");
}

// The addresses in subject: every emailAddress, and a commonName that is one.
absl::Status CheckSubjectAddresses(X509* certificate,
                                   const std::set<std::string>& labels) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, i);
    const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (nid != NID_pkcs9_emailAddress && nid != NID_commonName) continue;
    unsigned char* raw = nullptr;
    int length = ASN1_STRING_to_UTF8(&raw, X509_NAME_ENTRY_get_data(entry));
    crypto::OpenSslBytesPtr owned(raw);
    absl::string_view text(reinterpret_cast<char*>(raw), std::max(length, 0));
    absl::StatusOr<Address> address = Address::Parse(text);
    if (!address.ok() && nid == NID_commonName) continue;  // A name.
    if (!address.ok() || !labels.contains(address->label())) {
      return Refusal("san-subject-address", kSanSection,
                     absl::StrCat("address of the subject that is not in "
                                  "subjectAltName: ",
                                  Quoted(text)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CertificateAddress>> CheckAddresses(
    X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<Mailbox> mailboxes,
                            Mailboxes(certificate));
  if (mailboxes.empty()) {
    return Refusal("san-present", kSanSection,
                   "subjectAltName holds no e-mail address");
  }
  SEALBOOK_RETURN_IF_ERROR(CheckSanCriticality(certificate));
  std::vector<CertificateAddress> addresses;
  std::set<std::string> labels;
  for (const Mailbox& mailbox : mailboxes) {
    SEALBOOK_ASSIGN_OR_RETURN(Address address, ReadMailbox(mailbox));
    if (labels.insert(address.label()).second) {
      addresses.push_back({.label = address.label(), .exact = mailbox.text});
    }
  }
  SEALBOOK_RETURN_IF_ERROR(CheckSubjectAddresses(certificate, labels));
  return addresses;
}

absl::Status CheckValidity(const EndEntityFacts& facts, int64_t now_ms) {
  constexpr absl::string_view kSection = "RFC 5280, 4.1.2.5";
  if (facts.not_after_ms < facts.not_before_ms) {
    return Refusal(
        "validity-order", kSection,
        absl::StrCat("notAfter ", TimeText(facts.not_after_ms),
                     " before notBefore ", TimeText(facts.not_before_ms)));
  }
  if (!IsLive(facts.not_after_ms, now_ms)) {
    return Refusal("validity-expired", kSection,
                   absl::StrCat("expired at ", TimeText(facts.not_after_ms),
                                ", now ", TimeText(now_ms)));
  }
  if (facts.not_before_ms > now_ms + kMaxNotBeforeAheadMs) {
    return Refusal("validity-not-before", kSection,
                   absl::StrCat("notBefore ", TimeText(facts.not_before_ms),
                                " more than 48 h ahead of ", TimeText(now_ms)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EndEntityFacts> CheckEndEntity(X509* certificate,
                                              int64_t now_ms) {
  EndEntityFacts facts;
  SEALBOOK_RETURN_IF_ERROR(CheckNoCa(certificate));
  SEALBOOK_ASSIGN_OR_RETURN(facts.extended_key_usage,
                            CheckExtendedKeyUsage(certificate));
  SEALBOOK_RETURN_IF_ERROR(CheckKey(certificate));
  SEALBOOK_ASSIGN_OR_RETURN(facts.role, RoleOf(certificate));
  SEALBOOK_RETURN_IF_ERROR(CheckSignatureAlgorithm(certificate));
  SEALBOOK_ASSIGN_OR_RETURN(facts.addresses, CheckAddresses(certificate));
  SEALBOOK_ASSIGN_OR_RETURN(facts.not_before_ms,
                            TimeMs(X509_get0_notBefore(certificate)));
  SEALBOOK_ASSIGN_OR_RETURN(facts.not_after_ms,
                            TimeMs(X509_get0_notAfter(certificate)));
  SEALBOOK_RETURN_IF_ERROR(CheckValidity(facts, now_ms));
  return facts;
}

}  // namespace sealbook::smime
