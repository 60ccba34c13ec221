#include "client/cli/verify.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/gossip_report.h"
#include "client/cli/log_of_state.h"
#include "client/cli/lookup_report.h"
#include "client/entry.h"
#include "client/entry_view.h"
#include "client/exchange.h"
#include "client/files.h"
#include "client/gossip/compare.h"
#include "client/gossip/distinguished_client.h"
#include "client/gossip/heads.h"
#include "client/gossip/heads_text.h"
#include "client/state.h"
#include "client/verify_exchange.h"
#include "client/words.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/structures.h"
#include "keytrans/verifier.h"
#include "nlohmann/json.hpp"
#include "smime/address.h"

namespace sealbook::client {
namespace {

absl::Status CheckUsage(const VerifyOptions& options) {
  bool files = !options.request_file.empty() ||
               !options.response_file.empty() || options.absence;
  if (!options.from.empty() && files) {
    return absl::InvalidArgumentError(
        "--from names request and response: leave --request, --response and "
        "--absence out");
  }
  if (!options.from.empty()) return absl::OkStatus();
  if (options.configuration_file.empty() || options.request_file.empty() ||
      options.response_file.empty() || options.operation.empty()) {
    return absl::InvalidArgumentError(
        "--configuration, --operation, --request and --response are needed, or "
        "--from FOLDER");
  }
  if (!options.view_file.empty() && !options.state.empty()) {
    return absl::InvalidArgumentError(
        "--view and --state both name the retained view: give one");
  }
  return absl::OkStatus();
}

// The view that was retained when the question was asked: `folder`/view.tls, as
// exports and evidence have it, or the view of this log in a client's state.
absl::StatusOr<std::optional<std::string>> ReadRetainedView(
    const std::string& folder, const keytrans::Configuration& configuration) {
  absl::StatusOr<std::string> file = ReadFile(folder + "/view.tls");
  if (file.ok()) return std::optional<std::string>(*std::move(file));
  if (!absl::IsNotFound(file.status())) return file.status();
  absl::StatusOr<State> state = State::Open(folder, State::Mode::kReadOnly);
  if (absl::IsNotFound(state.status())) {
    return absl::NotFoundError(absl::StrCat(
        folder, ": holds neither view.tls nor a client's state.db"));
  }
  SEALBOOK_RETURN_IF_ERROR(state.status());
  SEALBOOK_ASSIGN_OR_RETURN(LogRecord log,
                            state->ReadLog(configuration.Fingerprint()));
  if (!log.view.has_value()) return std::optional<std::string>();
  return std::optional<std::string>(log.view->Encode());
}

constexpr std::pair<const char*, AnswerKind> kOperations[] = {
    {"history", AnswerKind::kHistory},
    {"as-of", AnswerKind::kAsOf},
    {"distinguished", AnswerKind::kDistinguished},
    {"contact-monitor", AnswerKind::kContactMonitor},
    {"owner-init", AnswerKind::kOwnerInit},
    {"owner-monitor", AnswerKind::kOwnerMonitor},
    {"update", AnswerKind::kUpdate},
};

AnswerKind KindOf(const VerifyOptions& options) {
  for (const auto& [name, kind] : kOperations) {
    if (options.operation == name) return kind;
  }
  return options.absence ? AnswerKind::kAbsent : AnswerKind::kFound;
}

absl::StatusOr<Exchange> ReadFiles(const VerifyOptions& options) {
  Exchange exchange;
  SEALBOOK_ASSIGN_OR_RETURN(exchange.configuration,
                            ReadFile(options.configuration_file));
  SEALBOOK_ASSIGN_OR_RETURN(exchange.request, ReadFile(options.request_file));
  SEALBOOK_ASSIGN_OR_RETURN(exchange.response, ReadFile(options.response_file));
  exchange.kind = KindOf(options);
  for (const auto& [file, part] :
       {std::pair(options.owner_file, &Exchange::owner),
        std::pair(options.keys_file, &Exchange::keys)}) {
    if (file.empty()) continue;
    SEALBOOK_ASSIGN_OR_RETURN(exchange.*part, ReadFile(file));
  }
  if (!options.view_file.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(exchange.view, ReadFile(options.view_file));
  }
  return exchange;
}

// Reads a folder of `lookup --export` or evidence. It may come from anybody, so
// what it says of the log and of an earlier tree counts only where the caller
// says so.
absl::StatusOr<Exchange> ReadFolder(const VerifyOptions& options) {
  SEALBOOK_ASSIGN_OR_RETURN(Exchange exchange, ReadExchange(options.from));
  if (!options.configuration_file.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(exchange.configuration,
                              ReadFile(options.configuration_file));
  }
  if (!options.view_file.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(exchange.view, ReadFile(options.view_file));
  } else if (exchange.view.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(
        options.from,
        ": the answer is proven only to somebody who has "
        "verified an earlier tree of this log, and view.tls there is what the "
        "maker of the folder says of it. If that was you, add --view ",
        options.from, "/view.tls"));
  }
  return exchange;
}

// For a folder without --configuration: a client's state must trust its log.
absl::Status CheckTrusted(const VerifyOptions& options,
                          const keytrans::Configuration& configuration) {
  SEALBOOK_ASSIGN_OR_RETURN(std::string folder, StateFolder(options.state));
  absl::StatusOr<State> state = State::Open(folder, State::Mode::kReadOnly);
  absl::Status known = state.status();
  if (state.ok()) {
    known = state->ReadLog(configuration.Fingerprint()).status();
  }
  if (known.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      options.from, " brings the configuration of the log ",
      configuration.Fingerprint().ToHex(), ", which the state in ", folder,
      " does not trust: name the configuration that you trust with "
      "--configuration FILE, or a state that does with --state DIR"));
}

struct Input {
  Exchange exchange;
  keytrans::Configuration configuration;
};

absl::StatusOr<Input> ReadInput(const VerifyOptions& options,
                                const Terminal& terminal) {
  Input input;
  if (options.from.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(input.exchange, ReadFiles(options));
    input.exchange.time_ms = terminal.clock();
  } else {
    SEALBOOK_ASSIGN_OR_RETURN(input.exchange, ReadFolder(options));
  }
  if (options.now_ms.has_value()) input.exchange.time_ms = *options.now_ms;
  auto configuration =
      keytrans::Configuration::Parse(input.exchange.configuration);
  if (!configuration.ok()) {
    return absl::Status(configuration.status().code(),
                        absl::StrCat(options.configuration_file.empty()
                                         ? options.from
                                         : options.configuration_file,
                                     ": is not the configuration of a log: ",
                                     configuration.status().message()));
  }
  input.configuration = *std::move(configuration);
  if (!options.from.empty()) {
    if (options.configuration_file.empty()) {
      SEALBOOK_RETURN_IF_ERROR(CheckTrusted(options, input.configuration));
    }
  } else if (!options.state.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(
        input.exchange.view,
        ReadRetainedView(options.state, input.configuration));
  }
  return input;
}

// Refuses verified heads that what else is in the folder contradicts.
absl::Status CheckHeads(const Input& input, const VerifiedAnswer& answer) {
  const Exchange& exchange = input.exchange;
  const SeenLog ours{HeadsOf(answer.distinguished), answer.view};
  Comparison comparison;
  if (exchange.other.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(
        SeenLog theirs, VerifyHeads(input.configuration, *exchange.other));
    comparison = CompareAnswers(ours, theirs);
  } else if (exchange.heads_text.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(HeadsText theirs,
                              ParseHeadsText(*exchange.heads_text));
    comparison = CompareHeads(ours.heads, theirs.heads);
  } else if (exchange.bare_heads.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(
        keytrans::DistinguishedHead theirs,
        keytrans::DistinguishedHead::Parse(*exchange.bare_heads));
    comparison = CompareRoots(ours.heads, theirs.heads);
  }
  return comparison.verdict == Verdict::kFork ? RefuseFork(comparison)
                                              : absl::OkStatus();
}

absl::StatusOr<VerifiedAnswer> Verify(const Input& input) {
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::Verifier verifier,
                            keytrans::Verifier::Create(input.configuration));
  SEALBOOK_ASSIGN_OR_RETURN(VerifiedAnswer answer,
                            VerifyExchange(verifier, input.exchange));
  if (input.exchange.retained.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(CheckNotContradicted(
        input.configuration, *input.exchange.retained, answer.view));
  }
  if (answer.kind == AnswerKind::kDistinguished) {
    SEALBOOK_RETURN_IF_ERROR(CheckHeads(input, answer));
  }
  return answer;
}

absl::StatusOr<EntryView> ViewValue(const VerifiedAnswer& answer,
                                    const Exchange& exchange) {
  SEALBOOK_ASSIGN_OR_RETURN(v1::DirectoryEntry entry,
                            DecodeEntry(answer.found->value));
  SEALBOOK_ASSIGN_OR_RETURN(smime::Address address,
                            smime::Address::Parse(answer.label));
  return ViewEntry(entry, exchange.issuers, address,
                   static_cast<int64_t>(answer.kind == AnswerKind::kAsOf
                                            ? answer.time_ms
                                            : exchange.time_ms));
}

const char* ResultName(const VerifiedAnswer& answer) {
  switch (answer.kind) {
    case AnswerKind::kNoSuchVersion:
      return "verified-no-such-version";
    case AnswerKind::kHistory:
      return "verified-history";
    case AnswerKind::kAsOf:
      return "verified-as-of";
    case AnswerKind::kDistinguished:
      return "verified-heads";
    case AnswerKind::kContactMonitor:
      return "verified-contact-monitor";
    case AnswerKind::kOwnerInit:
      return "verified-owner-init";
    case AnswerKind::kOwnerMonitor:
      return "verified-owner-monitor";
    case AnswerKind::kUpdate:
      return "verified-update";
    case AnswerKind::kFound:
    case AnswerKind::kAbsent:
      break;
  }
  return answer.found.has_value() ? "verified" : "verified-absence";
}

std::string ResultInWords(const VerifiedAnswer& answer) {
  if (answer.kind == AnswerKind::kNoSuchVersion) {
    return absl::StrCat(": version ", answer.missing_version,
                        " does not exist; the greatest is");
  }
  if (answer.kind == AnswerKind::kHistory) {
    return absl::StrCat(": ", answer.history.size(), " versions");
  }
  if (answer.kind == AnswerKind::kAsOf) {
    const std::string at = TimeInWords(static_cast<int64_t>(answer.time_ms));
    if (!answer.position.has_value()) {
      return absl::StrCat(": the log began after ", at);
    }
    return absl::StrCat(answer.found.has_value()
                            ? ": in force as of log entry "
                            : ": the label had no version as of log entry ",
                        *answer.position, ", the newest at ", at);
  }
  if (answer.kind == AnswerKind::kDistinguished) {
    return absl::StrCat(": ", answer.distinguished.size(), " heads");
  }
  if (answer.kind == AnswerKind::kContactMonitor) {
    return absl::StrCat(": ", answer.remaining.size(),
                        " versions remain to be monitored");
  }
  if (answer.kind == AnswerKind::kUpdate) {
    return absl::StrCat(": ", answer.updates.size(),
                        " new versions in log entry ", answer.update_position);
  }
  if (answer.owner.has_value()) {
    return absl::StrCat(": the owner has verified log entry ",
                        answer.owner->start);
  }
  return answer.found.has_value() ? "" : ": the label has no version";
}

nlohmann::ordered_json HistoryToJson(const VerifiedAnswer& answer) {
  auto versions = nlohmann::ordered_json::array();
  for (const keytrans::VerifiedHistoryVersion& version : answer.history) {
    nlohmann::ordered_json json;
    json["version"] = version.version;
    json["value"] = absl::BytesToHexString(version.value);
    if (version.since.has_value()) {
      json["position"] = version.since->position;
      json["since_ms"] = version.since->timestamp;
    }
    versions.push_back(std::move(json));
  }
  return versions;
}

// Of the kinds for owners and contacts.
void AddMonitoring(const VerifiedAnswer& answer, nlohmann::ordered_json& json) {
  auto to_json = [](const std::vector<keytrans::MonitorMapEntry>& entries) {
    auto list = nlohmann::ordered_json::array();
    for (const keytrans::MonitorMapEntry& entry : entries) {
      list.push_back(
          {{"position", entry.position}, {"version", entry.version}});
    }
    return list;
  };
  if (answer.kind == AnswerKind::kContactMonitor) {
    json["to_be_monitored"] = to_json(answer.remaining);
  }
  if (!answer.owner.has_value()) return;
  const std::optional<uint32_t> greatest = answer.owner->Greatest();
  json["start"] = answer.owner->start;
  json["greatest_version"] = greatest.has_value()
                                 ? nlohmann::ordered_json(*greatest)
                                 : nlohmann::ordered_json(nullptr);
  json["to_be_monitored"] = to_json(answer.owner->entries);
  if (answer.kind != AnswerKind::kUpdate) return;
  json["position"] = answer.update_position;
  json["versions"] = nlohmann::ordered_json::array();
  for (const keytrans::VerifiedUpdate::Version& version : answer.updates) {
    json["versions"].push_back(
        {{"version", version.version},
         {"value", absl::BytesToHexString(version.value)}});
  }
}

nlohmann::ordered_json ToJson(const Input& input,
                              const VerifiedAnswer& answer) {
  nlohmann::ordered_json json;
  json["result"] = ResultName(answer);
  json["log"] = input.configuration.Fingerprint().ToHex();
  if (answer.kind == AnswerKind::kDistinguished) {
    json["heads"] = HeadsToJson(HeadsOf(answer.distinguished));
  } else {
    json["label"] = answer.label;
  }
  if (answer.found.has_value()) {
    json["version"] = answer.found->version;
    json["value"] = absl::BytesToHexString(answer.found->value);
    json["terminal_position"] = answer.found->terminal;
    json["to_be_monitored"] = answer.found->obligation.has_value();
  }
  if (answer.kind == AnswerKind::kAsOf) {
    json["time_ms"] = answer.time_ms;
    json["position"] = answer.position.has_value()
                           ? nlohmann::ordered_json(*answer.position)
                           : nlohmann::ordered_json(nullptr);
  }
  if (answer.kind == AnswerKind::kHistory) {
    json["versions"] = HistoryToJson(answer);
  }
  AddMonitoring(answer, json);
  json["tree_size"] = answer.view.size();
  json["log_root"] = answer.view.Root().ToHex();
  json["head_timestamp_ms"] = answer.view.Timestamp();
  return json;
}

void PrintInWords(const Input& input, const VerifiedAnswer& answer,
                  std::ostream& out) {
  out << "VERIFIED" << ResultInWords(answer) << "\n"
      << "log        " << input.configuration.Fingerprint().ToHex() << "\n";
  if (answer.kind != AnswerKind::kDistinguished) {
    out << "label      " << Printable(answer.label) << "\n";
  }
  if (answer.found.has_value()) {
    out << "version    " << answer.found->version << "\n"
        << "value      " << absl::BytesToHexString(answer.found->value) << "\n"
        << "terminal   " << answer.found->terminal << "\n";
  }
  for (const keytrans::VerifiedHistoryVersion& version : answer.history) {
    out << "version    " << version.version;
    if (version.since.has_value()) {
      out << ", since "
          << TimeInWords(static_cast<int64_t>(version.since->timestamp))
          << " (log entry " << version.since->position << ")";
    }
    out << "\nvalue      " << absl::BytesToHexString(version.value) << "\n";
  }
  for (const LogHead& head : HeadsOf(answer.distinguished)) {
    out << "head       " << head.root.ToHex() << " at entry " << head.position
        << ", " << TimeInWords(static_cast<int64_t>(head.timestamp)) << "\n";
  }
  for (const keytrans::VerifiedUpdate::Version& version : answer.updates) {
    out << "version    " << version.version << "\nvalue      "
        << absl::BytesToHexString(version.value) << "\n";
  }
  out << "tree size  " << answer.view.size() << "\n"
      << "log root   " << answer.view.Root().ToHex() << "\n"
      << "newest     "
      << TimeInWords(static_cast<int64_t>(answer.view.Timestamp())) << "\n";
}

}  // namespace

ExitCode RunVerify(const VerifyOptions& options, Terminal& terminal) {
  absl::Status usage = CheckUsage(options);
  if (!usage.ok()) {
    ReportError(usage, options.json, terminal);
    return ExitCode::kUsage;
  }
  absl::StatusOr<Input> input = ReadInput(options, terminal);
  if (!input.ok()) return ReportError(input.status(), options.json, terminal);
  absl::StatusOr<VerifiedAnswer> answer = Verify(*input);
  if (!answer.ok()) return ReportError(answer.status(), options.json, terminal);

  std::optional<EntryView> entry;
  if (options.entry && answer->found.has_value()) {
    absl::StatusOr<EntryView> viewed = ViewValue(*answer, input->exchange);
    if (!viewed.ok()) {
      return ReportError(viewed.status(), options.json, terminal);
    }
    entry = *std::move(viewed);
  }
  if (options.json) {
    nlohmann::ordered_json json = ToJson(*input, *answer);
    if (entry.has_value()) json["entry"] = EntryToJson(*entry);
    PrintJson(json, terminal);
  } else {
    PrintInWords(*input, *answer, terminal.out);
    if (entry.has_value()) PrintEntry(*entry, terminal.out);
  }
  return answer->found.has_value() || !answer->history.empty() ||
                 answer->label.empty() || answer->owner.has_value() ||
                 answer->kind == AnswerKind::kContactMonitor
             ? ExitCode::kOk
             : ExitCode::kNoCertificate;
}

}  // namespace sealbook::client
