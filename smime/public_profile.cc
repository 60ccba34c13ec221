#include "smime/public_profile.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "smime/refusal.h"
#include "smime/x509.h"

namespace sealbook::smime {
namespace {

// The last arc of a reserved policy identifier (S/MIME BR 7.1.6.1).
enum class Generation : int { kLegacy = 1, kMultipurpose = 2, kStrict = 3 };

constexpr absl::string_view kReservedArc = "2.23.140.1.5.";
constexpr absl::string_view kClientAuth = "1.3.6.1.5.5.7.3.2";
constexpr int64_t kDayMs = 86400000;
constexpr int64_t kLegacyEndsMs = 1752537600000;       // 2025-07-15T00:00:00Z
constexpr int64_t kNarrowUsageFromMs = 1814400000000;  // 2027-07-01T00:00:00Z

using PoliciesPtr =
    std::unique_ptr<CERTIFICATEPOLICIES,
                    crypto::OpenSslFree<CERTIFICATEPOLICIES_free>>;
using CrlPointsPtr =
    std::unique_ptr<CRL_DIST_POINTS, crypto::OpenSslFree<CRL_DIST_POINTS_free>>;

// `oid` is <kReservedArc>{1..4}.{1..3}.
bool IsReserved(absl::string_view oid) {
  if (!absl::StartsWith(oid, kReservedArc)) return false;
  absl::string_view rest = oid.substr(kReservedArc.size());
  return rest.size() == 3 && rest[0] >= '1' && rest[0] <= '4' &&
         rest[1] == '.' && rest[2] >= '1' && rest[2] <= '3';
}

absl::StatusOr<Generation> CheckPolicies(X509* certificate,
                                         int64_t not_before_ms) {
  constexpr absl::string_view kSection = "S/MIME BR 7.1.2.3 a";
  PoliciesPtr policies(static_cast<CERTIFICATEPOLICIES*>(X509_get_ext_d2i(
      certificate, NID_certificate_policies, nullptr, nullptr)));
  std::vector<std::string> reserved;
  for (int i = 0; i < sk_POLICYINFO_num(policies.get()); ++i) {
    std::string oid = OidText(sk_POLICYINFO_value(policies.get(), i)->policyid);
    if (IsReserved(oid)) reserved.push_back(oid);
  }
  if (reserved.size() != 1) {
    return Refusal("policy-reserved", kSection,
                   absl::StrCat("exactly one reserved policy identifier is "
                                "asked for, found ",
                                reserved.size(), ": ",
                                Quoted(absl::StrJoin(reserved, ", "))));
  }
  const auto generation = static_cast<Generation>(reserved[0].back() - '0');
  if (generation == Generation::kLegacy && not_before_ms >= kLegacyEndsMs) {
    return Refusal("policy-legacy", "S/MIME BR 7.1.6.1",
                   absl::StrCat("policy ", reserved[0],
                                " of the legacy generation, issued after "
                                "2025-07-15"));
  }
  return generation;
}

absl::Status CheckUsages(X509* certificate, const EndEntityFacts& facts,
                         Generation generation) {
  const std::vector<std::string>& oids = facts.extended_key_usage;
  if (generation == Generation::kStrict) {
    if (oids.size() != 1) {
      return Refusal("eku-strict", "S/MIME BR 7.1.2.3 f",
                     absl::StrCat("strict generation with more than "
                                  "emailProtection: ",
                                  absl::StrJoin(oids, ", ")));
    }
    if (KeyUsageOf(certificate).value_or(0) & KU_DATA_ENCIPHERMENT) {
      return Refusal("key-usage-strict", "S/MIME BR 7.1.2.3 e",
                     "strict generation with dataEncipherment");
    }
  }
  if (facts.not_before_ms < kNarrowUsageFromMs) return absl::OkStatus();
  for (const std::string& oid : oids) {
    if (oid != kEmailProtection && oid != kClientAuth) {
      return Refusal(
          "eku-2027", "S/MIME BR 7.1.2.3 f",
          absl::StrCat("extKeyUsage ", oid, ", issued after 2027-07-01"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckValidityLength(const EndEntityFacts& facts,
                                 Generation generation) {
  const int64_t days = generation == Generation::kLegacy ? 1185 : 825;
  // Both ends count: notAfter is the last second of validity.
  const int64_t ms = facts.not_after_ms - facts.not_before_ms + 1000;
  if (ms <= days * kDayMs) return absl::OkStatus();
  return Refusal("validity-length", "S/MIME BR 6.3.2",
                 absl::StrCat("valid for more than ", days,
                              " days: ", (ms + kDayMs - 1) / kDayMs));
}

absl::Status CheckCrlDistributionPoint(X509* certificate,
                                       Generation generation) {
  CrlPointsPtr points(static_cast<CRL_DIST_POINTS*>(X509_get_ext_d2i(
      certificate, NID_crl_distribution_points, nullptr, nullptr)));
  int http = 0;
  std::vector<std::string> others;
  for (int i = 0; i < sk_DIST_POINT_num(points.get()); ++i) {
    const DIST_POINT_NAME* name =
        sk_DIST_POINT_value(points.get(), i)->distpoint;
    if (name == nullptr || name->type != 0) continue;  // No fullName.
    for (int j = 0; j < sk_GENERAL_NAME_num(name->name.fullname); ++j) {
      const GENERAL_NAME* full = sk_GENERAL_NAME_value(name->name.fullname, j);
      if (full->type != GEN_URI) continue;
      const ASN1_IA5STRING* text = full->d.uniformResourceIdentifier;
      absl::string_view uri(
          reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          ASN1_STRING_length(text));
      if (absl::StartsWithIgnoreCase(uri, "http://")) {
        ++http;
      } else {
        others.push_back(Quoted(uri));
      }
    }
  }
  if (http > 0 && (generation == Generation::kLegacy || others.empty())) {
    return absl::OkStatus();
  }
  return Refusal("crl-distribution-point", "S/MIME BR 7.1.2.3 b",
                 absl::StrCat(http, " URIs with the scheme http, others: ",
                              absl::StrJoin(others, ", ")));
}

absl::Status CheckAuthorityKeyId(X509* certificate) {
  const AuthorityKeyIdPtr id = AuthorityKeyIdOf(certificate);
  if (id != nullptr && id->keyid != nullptr && id->issuer == nullptr &&
      id->serial == nullptr) {
    return absl::OkStatus();
  }
  return Refusal("authority-key-identifier", "S/MIME BR 7.1.2.3 g",
                 "authorityKeyIdentifier does not hold a keyIdentifier alone");
}

}  // namespace

absl::Status CheckPublicProfile(X509* certificate,
                                const EndEntityFacts& facts) {
  crypto::ScopedOpenSslErrors errors;
  SEALBOOK_ASSIGN_OR_RETURN(Generation generation,
                            CheckPolicies(certificate, facts.not_before_ms));
  SEALBOOK_RETURN_IF_ERROR(CheckUsages(certificate, facts, generation));
  SEALBOOK_RETURN_IF_ERROR(CheckValidityLength(facts, generation));
  SEALBOOK_RETURN_IF_ERROR(CheckCrlDistributionPoint(certificate, generation));
  return CheckAuthorityKeyId(certificate);
}

}  // namespace sealbook::smime
