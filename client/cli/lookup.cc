#include "client/cli/lookup.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/channel.h"
#include "client/cli/log_of_state.h"
#include "client/cli/lookup_progress.h"
#include "client/cli/lookup_report.h"
#include "client/directory_client.h"
#include "client/entry_view.h"
#include "client/exchange.h"
#include "client/history_client.h"
#include "client/words.h"
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

// What was in force at a time, as a look-up that was answered then.
absl::StatusOr<Lookup> AskAsOf(HistoryClient& client,
                               const crypto::Hash& fingerprint,
                               const std::string& label, uint64_t time_ms) {
  SEALBOOK_ASSIGN_OR_RETURN(StateAsOf state,
                            client.ReadAsOf(fingerprint, label, time_ms));
  Lookup lookup;
  lookup.label = label;
  lookup.view = std::move(state.view);
  lookup.exchange = std::move(state.exchange);
  lookup.began_later = !state.position.has_value();
  if (state.in_force.has_value()) {
    FoundEntry found;
    found.version = state.in_force->version;
    found.terminal = state.terminal;
    found.obligation = std::move(state.obligation);
    found.entry = std::move(state.in_force->entry);
    found.issuers = std::move(state.in_force->issuers);
    lookup.exchange.issuers = found.issuers;
    lookup.found = std::move(found);
  }
  return lookup;
}

absl::StatusOr<Answers> AskAllAsOf(const LookupCommandOptions& options,
                                   const std::vector<smime::Address>& addresses,
                                   uint64_t time_ms, Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(
      LogOfState known, OpenLogOfState(options.state, State::Mode::kExisting));
  Endpoint endpoint{.server = known.log.server};
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  LookUpProgress progress(addresses.size(), terminal);
  HistoryClient client(known.state, endpoint, channel, terminal.clock,
                       {.timeout_ms = options.timeout_s * 1000,
                        .patience = progress.Patience()});
  Answers answers;
  for (const smime::Address& address : addresses) {
    answers.push_back(
        AskAsOf(client, known.log.fingerprint, address.label(), time_ms));
    progress.Answered(answers.size());
    // Nobody is there: neither is anybody for the others.
    if (absl::IsUnavailable(answers.back().status())) {
      answers.resize(addresses.size(), answers.back());
      break;
    }
  }
  return answers;
}

absl::StatusOr<Answers> Ask(const LookupCommandOptions& options,
                            const std::vector<smime::Address>& addresses,
                            Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(
      LogOfState known, OpenLogOfState(options.state, State::Mode::kExisting));
  Endpoint endpoint{.server = known.log.server};
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  LookUpProgress progress(addresses.size(), terminal);
  DirectoryClient client(
      known.state, endpoint, channel, terminal.clock,
      {.timeout_ms = options.timeout_s * 1000,
       .version = options.version,
       .progress = [&progress](size_t done,
                               size_t) { progress.Answered(done); },
       .patience = progress.Patience()});
  std::vector<std::string> labels;
  labels.reserve(addresses.size());
  for (const smime::Address& address : addresses) {
    labels.push_back(address.label());
  }
  return client.LookUp(known.log.fingerprint, labels);
}

// The log may have grown between two rounds of questions: then it is said that
// not all answers show what the newest tree holds.
void NoteTrees(const Answers& answers, Terminal& terminal) {
  std::set<uint64_t> sizes;
  for (const absl::StatusOr<Lookup>& answer : answers) {
    if (answer.ok()) sizes.insert(answer->view.size());
  }
  if (sizes.size() < 2) return;
  terminal.err << "note: the log grew meanwhile, from " << *sizes.begin()
               << " to " << *sizes.rbegin() << " entries: the answers are "
               << "proven in " << sizes.size()
               << " of its trees, each in the one that it names\n";
}

LookupReport MakeReport(const std::string& text, const smime::Address& address,
                        Lookup lookup, bool exact,
                        std::optional<uint64_t> at_ms) {
  LookupReport report;
  report.address = text;
  report.now_ms = lookup.exchange.time_ms;
  report.at_ms = at_ms;
  if (lookup.found.has_value()) {
    report.entry =
        ViewEntry(lookup.found->entry, lookup.found->issuers, address,
                  static_cast<int64_t>(at_ms.value_or(report.now_ms)));
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
  if (!report.entry.has_value() || report.Missing()) return 0;
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
    size_t count = report.entry.has_value() && !report.Missing()
                       ? report.entry->certificates.size()
                       : 0;
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
  std::optional<uint64_t> at_ms;
  if (!options.at.empty()) {
    absl::StatusOr<uint64_t> parsed = ParseTimeText(options.at);
    if (parsed.ok() && *parsed > terminal.clock()) {
      parsed = absl::InvalidArgumentError(
          absl::StrCat("--at ", Printable(options.at),
                       " is in the future: no log can say what holds then"));
    }
    if (!parsed.ok()) {
      ReportError(parsed.status(), options.json, terminal);
      return ExitCode::kUsage;
    }
    at_ms = *parsed;
  }
  absl::StatusOr<Answers> answers =
      at_ms.has_value() ? AskAllAsOf(options, *addresses, *at_ms, terminal)
                        : Ask(options, *addresses, terminal);
  if (!answers.ok()) {
    return ReportError(answers.status(), options.json, terminal);
  }
  if (!options.export_folder.empty() && (*answers)[0].ok()) {
    absl::Status exported =
        WriteExchange(options.export_folder, (*answers)[0]->exchange);
    if (!exported.ok()) return ReportError(exported, options.json, terminal);
  }
  NoteTrees(*answers, terminal);
  AnswerPrinter printer(options, terminal);
  for (size_t i = 0; i < answers->size(); ++i) {
    absl::StatusOr<Lookup>& answer = (*answers)[i];
    const std::string& text = options.addresses[i];
    if (answer.ok()) {
      printer.Print(MakeReport(text, (*addresses)[i], *std::move(answer),
                               options.exact, at_ms));
    } else {
      printer.Print(text, answer.status());
    }
  }
  return printer.Finish();
}

}  // namespace sealbook::client
