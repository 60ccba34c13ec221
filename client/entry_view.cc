#include "client/entry_view.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/crl_reason.h"
#include "client/words.h"
#include "proto/sealbook/v1/publisher.pb.h"
#include "smime/chain.h"
#include "smime/live.h"

namespace sealbook::client {
namespace {

using IssuerMap = std::map<std::string, std::string>;

Validity ValidityAt(const smime::CertificateFacts& facts, int64_t time_ms) {
  if (time_ms < facts.not_before_ms) return Validity::kNotYetValid;
  if (!smime::IsLive(facts.not_after_ms, time_ms)) return Validity::kExpired;
  return Validity::kValid;
}

std::optional<smime::Role> RoleOf(v1::Role role) {
  switch (role) {
    case v1::ROLE_SIGN:
      return smime::Role::kSign;
    case v1::ROLE_ENCRYPT:
      return smime::Role::kEncrypt;
    case v1::ROLE_SIGN_AND_ENCRYPT:
      return smime::Role::kSignAndEncrypt;
    default:
      return std::nullopt;
  }
}

std::string RoleInWords(const std::optional<smime::Role>& role) {
  return role.has_value() ? std::string(smime::RoleName(*role)) : "nothing";
}

// The best match of all addresses; the first of equals.
void MatchAddress(const smime::Address& address, CertificateView& view) {
  for (const std::string& certified : view.facts->addresses) {
    auto parsed = smime::Address::Parse(certified);
    if (!parsed.ok()) continue;
    smime::AddressMatch match = smime::MatchAddresses(address, *parsed);
    if (match > view.match) {
      view.match = match;
      view.matched_address = certified;
    }
  }
  if (view.match == smime::AddressMatch::kNone) {
    view.problems.push_back(
        absl::StrCat("is not for the address ", address.label()));
  }
}

void JudgeValidity(int64_t time_ms, CertificateView& view) {
  view.validity = ValidityAt(*view.facts, time_ms);
  if (view.validity == Validity::kNotYetValid) {
    view.problems.push_back(absl::StrCat(
        "is not valid before ", TimeInWords(view.facts->not_before_ms)));
  } else if (view.validity == Validity::kExpired) {
    view.problems.push_back(
        absl::StrCat("expired on ", TimeInWords(view.facts->not_after_ms)));
  }
}

void JudgeRole(CertificateView& view) {
  if (view.role == view.facts->role && view.role.has_value()) return;
  view.problems.push_back(absl::StrCat(
      "is listed for use to ", RoleInWords(view.role),
      ", but its key usage allows to ", RoleInWords(view.facts->role)));
}

void JudgeIssuers(const v1::CertificateInForce& listed,
                  const IssuerMap& issuers, int64_t time_ms, Chains chains,
                  CertificateView& view) {
  for (const std::string& hash : listed.issuer_sha256()) {
    auto it = issuers.find(hash);
    if (it == issuers.end()) {
      view.problems.push_back(absl::StrCat("its issuing certificate ",
                                           absl::BytesToHexString(hash),
                                           " was not sent"));
    } else {
      view.issuers.push_back(it->second);
    }
  }
  // An expired certificate has been named already, and has no chain now.
  if (chains == Chains::kLeftOut || view.issuers.empty() ||
      view.issuers.size() != size_t(listed.issuer_sha256_size()) ||
      view.validity != Validity::kValid) {
    return;
  }
  std::vector<absl::string_view> chain(view.issuers.begin(),
                                       view.issuers.end());
  absl::Status status = smime::VerifyThroughIssuers(view.der, chain, time_ms);
  if (!status.ok()) {
    view.problems.push_back(absl::StrCat("does not chain to its issuers: ",
                                         Printable(status.message())));
  }
}

CertificateView ViewCertificate(const v1::CertificateInForce& listed,
                                const IssuerMap& issuers,
                                const smime::Address& address, int64_t time_ms,
                                Chains chains) {
  CertificateView view;
  view.der = listed.certificate();
  view.sha256 = smime::HashCertificate(view.der);
  view.role = RoleOf(listed.role());
  auto facts = smime::ReadCertificateFacts(view.der);
  if (!facts.ok()) {
    view.problems.push_back(
        absl::StrCat("cannot be read: ", Printable(facts.status().message())));
    return view;
  }
  view.facts = *std::move(facts);
  MatchAddress(address, view);
  JudgeValidity(time_ms, view);
  JudgeRole(view);
  JudgeIssuers(listed, issuers, time_ms, chains, view);
  return view;
}

std::string BasisInWords(uint32_t basis) {
  switch (basis) {
    case v1::PUBLISH_BASIS_UNSPECIFIED:
      return "not stated";
    case v1::PUBLISH_BASIS_CONSENT:
      return "consent";
    case v1::PUBLISH_BASIS_CONTRACT:
      return "contract";
    case v1::PUBLISH_BASIS_ORGANIZATION_POLICY:
      return "organization policy";
    case v1::PUBLISH_BASIS_ALREADY_PUBLIC:
      return "already public";
    default:
      return absl::StrCat("unknown (", basis, ")");
  }
}

void ViewCause(const v1::DirectoryEntry& entry, EntryView& view) {
  switch (entry.cause_case()) {
    case v1::DirectoryEntry::kIssued:
      view.cause = "issued";
      view.cause_sha256 =
          absl::BytesToHexString(entry.issued().certificate_sha256());
      break;
    case v1::DirectoryEntry::kRenewed:
      view.cause = "renewed";
      view.cause_sha256 =
          absl::BytesToHexString(entry.renewed().certificate_sha256());
      break;
    case v1::DirectoryEntry::kRevoked:
      view.cause = "revoked";
      view.cause_sha256 =
          absl::BytesToHexString(entry.revoked().certificate_sha256());
      view.revocation_reason =
          std::string(CrlReasonName(entry.revoked().reason()));
      break;
    case v1::DirectoryEntry::kRestored:
      view.cause = "restored";
      view.cause_sha256 =
          absl::BytesToHexString(entry.restored().certificate_sha256());
      break;
    default:
      view.cause = "unknown";
  }
}

// Newest usable first.
bool ComesBefore(const CertificateView& a, const CertificateView& b) {
  if (a.usable() != b.usable()) return a.usable();
  int64_t a_from = a.facts.has_value() ? a.facts->not_before_ms : 0;
  int64_t b_from = b.facts.has_value() ? b.facts->not_before_ms : 0;
  return a_from > b_from;
}

}  // namespace

EntryView ViewEntry(const v1::DirectoryEntry& entry,
                    absl::Span<const std::string> issuers,
                    const smime::Address& address, int64_t time_ms,
                    Chains chains) {
  IssuerMap by_hash;
  for (const std::string& der : issuers) {
    by_hash.emplace(smime::HashCertificate(der).ToString(), der);
  }
  EntryView view;
  ViewCause(entry, view);
  view.publisher = Printable(entry.publisher());
  view.basis = BasisInWords(entry.basis());
  for (const v1::CertificateInForce& listed : entry.certificates()) {
    view.certificates.push_back(
        ViewCertificate(listed, by_hash, address, time_ms, chains));
  }
  // The entry lists the oldest publication first.
  std::reverse(view.certificates.begin(), view.certificates.end());
  std::stable_sort(view.certificates.begin(), view.certificates.end(),
                   ComesBefore);
  return view;
}

absl::string_view ValidityName(Validity validity) {
  switch (validity) {
    case Validity::kValid:
      return "valid";
    case Validity::kNotYetValid:
      return "not-yet-valid";
    case Validity::kExpired:
      return "expired";
  }
  return "";
}

absl::string_view MatchName(smime::AddressMatch match) {
  switch (match) {
    case smime::AddressMatch::kExact:
      return "exact";
    case smime::AddressMatch::kCaseFolded:
      return "case-folded";
    case smime::AddressMatch::kNone:
      return "none";
  }
  return "";
}

}  // namespace sealbook::client
