#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/channel.h"
#include "client/cli/gossip.h"
#include "client/cli/gossip_report.h"
#include "client/cli/log_of_state.h"
#include "client/exchange.h"
#include "client/files.h"
#include "client/gossip/compare.h"
#include "client/gossip/distinguished_client.h"
#include "client/gossip/heads_text.h"
#include "client/gossip/second_look.h"
#include "client/second_channel.h"
#include "crypto/random.h"
#include "keytrans/distinguished_structures.h"

namespace sealbook::client {
namespace {

// What the other side says, in one of three forms.
struct Theirs {
  // Of a text; what goes into the evidence.
  std::optional<HeadsText> text;
  std::string kept;
  // Of a bare DistinguishedHead.
  std::optional<keytrans::DistinguishedHead> bare;
  // Of a verified answer.
  std::optional<RecentHeads> answer;
};

absl::StatusOr<std::string> ReadText(const GossipCompareOptions& options) {
  if (options.file != "-") return ReadFile(options.file, kMaxHeadsTextBytes);
  return ReadFile("/dev/stdin", kMaxHeadsTextBytes);
}

absl::Status OtherLog(const std::string& what, const crypto::Hash& theirs,
                      const crypto::Hash& ours) {
  return absl::FailedPreconditionError(absl::StrCat(
      what, " is about the log ", theirs.ToHex(), ", and this state trusts ",
      ours.ToHex(),
      ". If both of you mean the same directory, one of you was given another "
      "configuration: compare the fingerprints with the one that the operator "
      "publishes"));
}

// A folder of `gossip show --export`. It may come from anybody: it counts as
// far as the log signed it.
absl::StatusOr<RecentHeads> ReadAnswer(const std::string& folder,
                                       const LogRecord& log) {
  SEALBOOK_ASSIGN_OR_RETURN(Exchange exchange, ReadExchange(folder));
  if (exchange.configuration != log.configuration.Encode()) {
    auto configuration = keytrans::Configuration::Parse(exchange.configuration);
    if (!configuration.ok()) return configuration.status();
    return OtherLog(folder, configuration->Fingerprint(), log.fingerprint);
  }
  if (exchange.view.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder,
        " is proven only to somebody who has verified its view.tls: have it "
        "made anew with `sealbook gossip show --export DIR`"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(SeenLog seen,
                            VerifyHeads(log.configuration, exchange));
  return RecentHeads{std::move(seen), std::move(exchange)};
}

absl::StatusOr<Theirs> ReadTheirs(const GossipCompareOptions& options,
                                  const LogRecord& log) {
  Theirs theirs;
  std::error_code ignored;
  if (std::filesystem::is_directory(options.file, ignored)) {
    SEALBOOK_ASSIGN_OR_RETURN(theirs.answer, ReadAnswer(options.file, log));
    return theirs;
  }
  SEALBOOK_ASSIGN_OR_RETURN(std::string text, ReadText(options));
  if (options.tls) {
    SEALBOOK_ASSIGN_OR_RETURN(theirs.bare,
                              keytrans::DistinguishedHead::Parse(text));
    theirs.kept = std::move(text);
    return theirs;
  }
  SEALBOOK_ASSIGN_OR_RETURN(theirs.text, ParseHeadsText(text));
  if (theirs.text->log != log.fingerprint) {
    return OtherLog("that text", theirs.text->log, log.fingerprint);
  }
  theirs.kept = EncodeHeadsText(*theirs.text) + "\n";
  return theirs;
}

GossipReport MakeReport(SeenLog ours, const Theirs& theirs) {
  GossipReport report;
  if (theirs.answer.has_value()) {
    report.comparison = CompareAnswers(ours, theirs.answer->seen);
    report.theirs = theirs.answer->seen.heads;
    report.their_size = theirs.answer->seen.view.size();
  } else if (theirs.bare.has_value()) {
    report.comparison = CompareRoots(ours.heads, theirs.bare->heads);
  } else {
    report.comparison = CompareHeads(ours.heads, theirs.text->heads);
    report.theirs = theirs.text->heads;
  }
  report.ours = std::move(ours);
  return report;
}

// Keeps both sides of a fork.
absl::Status KeepContradiction(const std::string& folder, const AskedLog& asked,
                               const RecentHeads& ours, const Theirs& theirs,
                               const Comparison& comparison) {
  if (theirs.answer.has_value()) {
    return KeepFork(folder, asked, ours, *theirs.answer);
  }
  Exchange evidence = ours.exchange;
  if (theirs.bare.has_value()) {
    evidence.bare_heads = theirs.kept;
  } else {
    evidence.heads_text = theirs.kept;
  }
  return KeepEvidence(folder, evidence, RefuseFork(comparison));
}

absl::StatusOr<GossipReport> Compare(const GossipCompareOptions& options,
                                     const Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(
      LogOfState known, OpenLogOfState(options.state, State::Mode::kExisting));
  // What is no list of this log needs no question.
  SEALBOOK_ASSIGN_OR_RETURN(Theirs theirs, ReadTheirs(options, known.log));
  const Endpoint endpoint{.server = known.log.server};
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  DistinguishedClient client(known.state, endpoint, channel, terminal.clock,
                             {.timeout_ms = options.timeout_s * 1000});
  SEALBOOK_ASSIGN_OR_RETURN(RecentHeads ours,
                            client.ReadHeads(known.log.fingerprint));
  GossipReport report = MakeReport(ours.seen, theirs);
  if (report.comparison.verdict == Verdict::kFork) {
    const AskedLog asked{.log = known.log,
                         .endpoint = endpoint,
                         .channel = channel,
                         .clock = terminal.clock,
                         .timeout_ms = options.timeout_s * 1000};
    report.refused = KeepContradiction(known.state.evidence_folder(), asked,
                                       ours, theirs, report.comparison);
  }
  return report;
}

absl::StatusOr<GossipReport> Check(const GossipCheckOptions& options,
                                   const Via& via, const Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(
      LogOfState known, OpenLogOfState(options.state, State::Mode::kExisting));
  SEALBOOK_ASSIGN_OR_RETURN(SecondLook look,
                            LookTwice(known.state, known.log, via,
                                      {.ca_file = options.ca_file,
                                       .timeout_ms = options.timeout_s * 1000},
                                      terminal.clock, crypto::SystemRandom()));
  GossipReport report;
  report.comparison = std::move(look.comparison);
  report.ours = std::move(look.ours.seen);
  report.their_size = look.theirs.seen.view.size();
  report.theirs = std::move(look.theirs.seen.heads);
  report.refused = std::move(look.fork);
  return report;
}

ExitCode Report(const absl::StatusOr<GossipReport>& report, bool json,
                Terminal& terminal) {
  if (!report.ok()) return ReportError(report.status(), json, terminal);
  return PrintGossip(*report, json, terminal);
}

}  // namespace

ExitCode RunGossipCompare(const GossipCompareOptions& options,
                          Terminal& terminal) {
  return Report(Compare(options, terminal), options.json, terminal);
}

ExitCode RunGossipCheck(const GossipCheckOptions& options, Terminal& terminal) {
  absl::StatusOr<Via> via = ParseVia(options.via);
  if (!via.ok()) {
    ReportError(via.status(), options.json, terminal);
    return ExitCode::kUsage;
  }
  return Report(Check(options, *via, terminal), options.json, terminal);
}

}  // namespace sealbook::client
