#include "client/cli/lookup_report.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/words.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;

std::string RoleInWords(const CertificateView& certificate) {
  return certificate.role.has_value()
             ? absl::StrCat("to ", smime::RoleName(*certificate.role))
             : "for no use that is named";
}

std::string MatchInWords(const CertificateView& certificate) {
  std::string address = Printable(certificate.matched_address);
  switch (certificate.match) {
    case smime::AddressMatch::kExact:
      return absl::StrCat(address, " (exact)");
    case smime::AddressMatch::kCaseFolded:
      return absl::StrCat(address, " (upper and lower case differ)");
    case smime::AddressMatch::kNone:
      return "none that was asked for";
  }
  return "";
}

void PrintCertificate(const CertificateView& certificate, size_t number,
                      std::ostream& out) {
  out << "  " << number << ". " << RoleInWords(certificate) << ", "
      << (certificate.usable() ? "usable" : "NOT usable") << "\n";
  for (const std::string& problem : certificate.problems) {
    out << "     problem  it " << problem << "\n";
  }
  if (certificate.facts.has_value()) {
    const smime::CertificateFacts& facts = *certificate.facts;
    out << "     subject  " << facts.subject << "\n"
        << "     issuer   " << facts.issuer << "\n"
        << "     serial   " << facts.serial_hex << "\n"
        << "     valid    " << TimeInWords(facts.not_before_ms) << " to "
        << TimeInWords(facts.not_after_ms) << "\n"
        << "     address  " << MatchInWords(certificate) << "\n"
        << "     key      " << facts.key << "\n";
  }
  out << "     sha256   " << certificate.sha256.ToHex() << "\n";
}

// "in a log of 12 entries, the newest 3 s old".
std::string TreeInWords(const LookupReport& report) {
  const keytrans::TreeView& view = report.lookup.view;
  uint64_t age =
      report.now_ms > view.Timestamp() ? report.now_ms - view.Timestamp() : 0;
  return absl::StrCat("in a log of ", view.size(),
                      view.size() == 1 ? " entry" : " entries", ", the newest ",
                      DurationInWords(age), " old");
}

// What a question about a time is answered about: the newest log entry may be
// older than that time.
std::string AtInWords(const LookupReport& report) {
  if (!report.at_ms.has_value()) return "";
  if (*report.at_ms > report.lookup.view.Timestamp()) {
    return absl::StrCat(
        " is in force as of the newest log entry, of ",
        TimeInWords(static_cast<int64_t>(report.lookup.view.Timestamp())));
  }
  return absl::StrCat(" was in force at ",
                      TimeInWords(static_cast<int64_t>(*report.at_ms)));
}

Json CertificateToJson(const CertificateView& certificate) {
  Json json;
  json["usable"] = certificate.usable();
  json["role"] = certificate.role.has_value()
                     ? Json(std::string(smime::RoleName(*certificate.role)))
                     : Json(nullptr);
  json["address_match"] = std::string(MatchName(certificate.match));
  json["address"] = certificate.matched_address;
  json["sha256"] = certificate.sha256.ToHex();
  if (certificate.facts.has_value()) {
    const smime::CertificateFacts& facts = *certificate.facts;
    json["validity"] = std::string(ValidityName(certificate.validity));
    json["not_before_ms"] = facts.not_before_ms;
    json["not_after_ms"] = facts.not_after_ms;
    json["subject"] = facts.subject;
    json["issuer"] = facts.issuer;
    json["serial"] = facts.serial_hex;
    json["key"] = facts.key;
  }
  json["problems"] = certificate.problems;
  json["certificate"] = absl::Base64Escape(certificate.der);
  json["issuers"] = Json::array();
  for (const std::string& der : certificate.issuers) {
    json["issuers"].push_back(absl::Base64Escape(der));
  }
  return json;
}

}  // namespace

void PrintEntry(const EntryView& entry, std::ostream& out) {
  out << "  " << entry.cause;
  if (entry.cause == "revoked" || entry.cause == "restored") {
    if (!entry.revocation_reason.empty()) {
      out << " (" << entry.revocation_reason << ")";
    }
    out << " by " << entry.publisher << ": certificate " << entry.cause_sha256
        << "\n";
  } else {
    out << " by " << entry.publisher << ", basis: " << entry.basis << "\n";
  }
  if (entry.certificates.empty()) {
    out << "  proven: there is no certificate to show\n";
  }
  size_t number = 0;
  for (const CertificateView& certificate : entry.certificates) {
    PrintCertificate(certificate, ++number, out);
  }
}

void PrintLookup(const LookupReport& report, std::ostream& out) {
  out << Printable(report.address) << "\n";
  if (!report.lookup.found.has_value()) {
    if (report.lookup.began_later) {
      out << "  proven: the log began after "
          << TimeInWords(static_cast<int64_t>(*report.at_ms))
          << "; it can not say what was then, " << TreeInWords(report) << "\n";
      return;
    }
    if (report.at_ms.has_value()) {
      out << "  proven: this address had no certificate at "
          << TimeInWords(static_cast<int64_t>(*report.at_ms))
          << ", and none before, " << TreeInWords(report) << "\n";
      return;
    }
    out << "  proven: this address has no certificate, and never had one, "
        << TreeInWords(report) << "\n";
    return;
  }
  const FoundEntry& found = *report.lookup.found;
  if (report.Missing()) {
    out << "  proven: version " << *report.lookup.missing_version
        << " does not exist, the greatest is " << found.version << ", "
        << TreeInWords(report) << "\n";
    return;
  }
  out << "  verified: version " << found.version << AtInWords(report) << ", "
      << TreeInWords(report) << "\n";
  PrintEntry(*report.entry, out);
  if (found.obligation.has_value()) {
    out << "  The entry is new. That it stays is to be checked later: noted.\n";
  }
}

Json EntryToJson(const EntryView& entry) {
  Json json;
  json["cause"] = entry.cause;
  json["cause_sha256"] = entry.cause_sha256;
  if (!entry.revocation_reason.empty()) {
    json["revocation_reason"] = entry.revocation_reason;
  }
  json["publisher"] = entry.publisher;
  json["basis"] = entry.basis;
  json["certificates"] = Json::array();
  for (const CertificateView& certificate : entry.certificates) {
    json["certificates"].push_back(CertificateToJson(certificate));
  }
  return json;
}

Json LookupToJson(const LookupReport& report) {
  const Lookup& lookup = report.lookup;
  Json json;
  json["address"] = report.address;
  json["label"] = lookup.label;
  json["result"] = report.lookup.began_later  ? "log-began-later"
                   : report.Missing()         ? "no-such-version"
                   : lookup.found.has_value() ? "found"
                                              : "absent";
  if (report.at_ms.has_value()) json["at_ms"] = *report.at_ms;
  json["tree_size"] = lookup.view.size();
  json["log_root"] = lookup.view.Root().ToHex();
  json["head_timestamp_ms"] = lookup.view.Timestamp();
  if (lookup.found.has_value()) {
    json["version"] = lookup.found->version;
    json["terminal_position"] = lookup.found->terminal;
    json["to_be_monitored"] = lookup.found->obligation.has_value();
    json["entry"] = EntryToJson(*report.entry);
  }
  return json;
}

}  // namespace sealbook::client
