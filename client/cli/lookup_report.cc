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
  out << "  " << entry.cause << " by " << entry.publisher
      << ", basis: " << entry.basis << "\n";
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
    out << "  proven: this address has no certificate, and never had one, "
        << TreeInWords(report) << "\n";
    return;
  }
  const FoundEntry& found = *report.lookup.found;
  out << "  verified: version " << found.version << ", " << TreeInWords(report)
      << "\n";
  PrintEntry(*report.entry, out);
  if (found.obligation.has_value()) {
    out << "  The entry is new. That it stays is to be checked later: noted.\n";
  }
}

Json EntryToJson(const EntryView& entry) {
  Json json;
  json["cause"] = entry.cause;
  json["cause_sha256"] = entry.cause_sha256;
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
  json["result"] = lookup.found.has_value() ? "found" : "absent";
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
