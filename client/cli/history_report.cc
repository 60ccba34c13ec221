#include "client/cli/history_report.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/lookup_report.h"
#include "client/words.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;

// "+ to sign and encrypt, CN=Alice, by CN=Issuing, to 2027-02-01, ab12cd34".
void PrintChange(char sign, const CertificateView& certificate,
                 std::ostream& out) {
  out << "  |    " << sign << " ";
  if (certificate.role.has_value()) {
    out << "to " << smime::RoleName(*certificate.role) << ": ";
  }
  if (certificate.facts.has_value()) {
    const smime::CertificateFacts& facts = *certificate.facts;
    out << (facts.subject.empty() ? Printable(certificate.matched_address)
                                  : facts.subject)
        << ", serial " << facts.serial_hex << "\n  |      from " << facts.issuer
        << "\n  |      valid " << TimeInWords(facts.not_before_ms) << " to "
        << TimeInWords(facts.not_after_ms) << "\n  |      ";
  }
  out << "sha256 " << certificate.sha256.ToHex() << "\n";
}

Json ChangesToJson(const std::vector<CertificateView>& certificates) {
  Json json = Json::array();
  for (const CertificateView& certificate : certificates) {
    json.push_back(certificate.sha256.ToHex());
  }
  return json;
}

}  // namespace

void PrintHistoryHead(const std::string& address, std::ostream& out) {
  out << Printable(address) << "\n";
}

void PrintVersion(const VersionReport& report, std::ostream& out) {
  out << "  |\n  o  version " << report.version << ", ";
  if (report.since.has_value()) {
    out << "since "
        << TimeInWords(static_cast<int64_t>(report.since->timestamp))
        << " (log entry " << report.since->position << ")\n";
  } else {
    out << "since when is not proven\n";
  }
  out << "  |    " << report.entry.cause;
  if (!report.entry.revocation_reason.empty()) {
    out << " (" << report.entry.revocation_reason << ")";
  }
  out << " by " << Printable(report.entry.publisher)
      << ", basis: " << report.entry.basis << "\n";
  if (!report.added.has_value()) {
    for (const CertificateView& certificate : report.entry.certificates) {
      PrintChange(' ', certificate, out);
    }
    return;
  }
  for (const CertificateView& certificate : *report.added) {
    PrintChange('+', certificate, out);
  }
  for (const CertificateView& certificate : report.removed) {
    PrintChange('-', certificate, out);
  }
  if (report.added->empty() && report.removed.empty()) {
    out << "  |      the same certificates as before\n";
  }
  if (report.entry.certificates.empty()) {
    out << "  |      the address has no certificate from here on\n";
  }
}

Json VersionToJson(const VersionReport& report) {
  Json json;
  json["version"] = report.version;
  json["since_ms"] =
      report.since.has_value() ? Json(report.since->timestamp) : Json(nullptr);
  json["position"] =
      report.since.has_value() ? Json(report.since->position) : Json(nullptr);
  json["added"] =
      report.added.has_value() ? ChangesToJson(*report.added) : Json(nullptr);
  json["removed"] =
      report.added.has_value() ? ChangesToJson(report.removed) : Json(nullptr);
  json["entry"] = EntryToJson(report.entry);
  return json;
}

}  // namespace sealbook::client
