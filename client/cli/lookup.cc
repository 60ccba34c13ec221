#include "client/cli/lookup.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/channel.h"
#include "client/cli/log_of_state.h"
#include "client/cli/lookup_report.h"
#include "client/directory_client.h"
#include "client/entry_view.h"
#include "client/exchange.h"
#include "nlohmann/json.hpp"
#include "smime/address.h"
#include "smime/certificate.h"

namespace sealbook::client {
namespace {

using Answers = std::vector<absl::StatusOr<Lookup>>;

absl::StatusOr<std::vector<smime::Address>> ParseAddresses(
    const LookupCommandOptions& options) {
  if (!options.export_folder.empty() && options.addresses.size() != 1) {
    return absl::InvalidArgumentError("--export takes one address");
  }
  std::vector<smime::Address> addresses;
  for (const std::string& text : options.addresses) {
    SEALBOOK_ASSIGN_OR_RETURN(smime::Address address,
                              smime::Address::Parse(text));
    addresses.push_back(std::move(address));
  }
  return addresses;
}

absl::StatusOr<Answers> Ask(const LookupCommandOptions& options,
                            const std::vector<smime::Address>& addresses,
                            const Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(
      LogOfState known, OpenLogOfState(options.state, State::Mode::kExisting));
  Endpoint endpoint{.server = known.log.server};
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  DirectoryClient client(known.state, endpoint, channel, terminal.clock,
                         {.timeout_ms = options.timeout_s * 1000});
  std::vector<std::string> labels;
  labels.reserve(addresses.size());
  for (const smime::Address& address : addresses) {
    labels.push_back(address.label());
  }
  return client.LookUp(known.log.fingerprint, labels);
}

LookupReport MakeReport(const std::string& text, const smime::Address& address,
                        Lookup lookup, bool exact) {
  LookupReport report;
  report.address = text;
  report.now_ms = lookup.exchange.time_ms;
  if (lookup.found.has_value()) {
    report.entry = ViewEntry(lookup.found->entry, lookup.found->issuers,
                             address, static_cast<int64_t>(report.now_ms));
    if (exact) {
      std::erase_if(report.entry->certificates, [](const auto& certificate) {
        return certificate.match != smime::AddressMatch::kExact;
      });
    }
  }
  report.lookup = std::move(lookup);
  return report;
}

// The usable certificates, each followed by its issuers; a certificate once.
// Returns how many of the address were written.
size_t PrintPem(const LookupReport& report, std::set<std::string>& written,
                std::ostream& out) {
  if (!report.entry.has_value()) return 0;
  size_t count = 0;
  for (const CertificateView& certificate : report.entry->certificates) {
    if (!certificate.usable()) continue;
    ++count;
    if (written.insert(certificate.der).second) {
      out << smime::CertificateToPem(certificate.der);
    }
    for (const std::string& der : certificate.issuers) {
      if (written.insert(der).second) out << smime::CertificateToPem(der);
    }
  }
  return count;
}

// From best to worst.
int Severity(ExitCode code) {
  switch (code) {
    case ExitCode::kOk:
      return 0;
    case ExitCode::kNoCertificate:
      return 1;
    case ExitCode::kRefused:
      return 3;
    default:
      return 2;
  }
}

// Writes the answers, and the worst exit code of them.
class AnswerPrinter {
 public:
  AnswerPrinter(const LookupCommandOptions& options, Terminal& terminal)
      : options_(options), terminal_(terminal) {}

  void Print(const std::string& text, const absl::Status& failure) {
    Worsen(ExitCodeOf(failure));
    terminal_.err << text << "\n";
    PrintErrorInWords(failure, "  ", terminal_);
    nlohmann::ordered_json json = {{"address", text}};
    json.update(ErrorToJson(failure));
    json_.push_back(std::move(json));
  }

  void Print(const LookupReport& report) {
    size_t count =
        report.entry.has_value() ? report.entry->certificates.size() : 0;
    if (options_.pem) {
      count = PrintPem(report, written_, terminal_.out);
      if (count == 0) {
        terminal_.err << report.address
                      << ": verified, but there is no usable certificate\n";
      }
    } else if (options_.json) {
      json_.push_back(LookupToJson(report));
    } else {
      PrintLookup(report, terminal_.out);
    }
    if (count == 0) Worsen(ExitCode::kNoCertificate);
  }

  ExitCode Finish() {
    if (options_.json) PrintJson({{"addresses", json_}}, terminal_);
    return worst_;
  }

 private:
  void Worsen(ExitCode code) {
    if (Severity(code) > Severity(worst_)) worst_ = code;
  }

  const LookupCommandOptions& options_;
  Terminal& terminal_;
  nlohmann::ordered_json json_ = nlohmann::ordered_json::array();
  std::set<std::string> written_;
  ExitCode worst_ = ExitCode::kOk;
};

}  // namespace

ExitCode RunLookup(const LookupCommandOptions& options, Terminal& terminal) {
  absl::StatusOr<std::vector<smime::Address>> addresses =
      ParseAddresses(options);
  if (!addresses.ok()) {
    ReportError(addresses.status(), options.json, terminal);
    return ExitCode::kUsage;
  }
  absl::StatusOr<Answers> answers = Ask(options, *addresses, terminal);
  if (!answers.ok()) {
    return ReportError(answers.status(), options.json, terminal);
  }
  if (!options.export_folder.empty() && (*answers)[0].ok()) {
    absl::Status exported =
        WriteExchange(options.export_folder, (*answers)[0]->exchange);
    if (!exported.ok()) return ReportError(exported, options.json, terminal);
  }
  AnswerPrinter printer(options, terminal);
  for (size_t i = 0; i < answers->size(); ++i) {
    absl::StatusOr<Lookup>& answer = (*answers)[i];
    const std::string& text = options.addresses[i];
    if (answer.ok()) {
      printer.Print(
          MakeReport(text, (*addresses)[i], *std::move(answer), options.exact));
    } else {
      printer.Print(text, answer.status());
    }
  }
  return printer.Finish();
}

}  // namespace sealbook::client
