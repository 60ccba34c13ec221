#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
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
#include "client/gossip/qr_code.h"
#include "client/gossip/second_look.h"
#include "client/words.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {
namespace {

// What is held up to a camera is new: the newest heads are enough, and the code
// fits into a terminal of 80 columns.
constexpr size_t kHeadsInQrCode = 4;

struct Shown {
  LogRecord log;
  SeenLog seen;
  // Of the heads that were asked for.
  std::string text;
  // Of those that go into a QR code.
  std::string qr_text;
};

std::string TextOf(const LogRecord& log, absl::Span<const LogHead> heads,
                   size_t newest) {
  heads.remove_prefix(heads.size() - std::min(newest, heads.size()));
  return EncodeHeadsText(
      {log.fingerprint, std::vector<LogHead>(heads.begin(), heads.end())});
}

// Asks once more as somebody unknown, for an answer that everybody can verify.
absl::Status Export(const GossipShowOptions& options, const LogOfState& known,
                    const RecentHeads& ours, const Endpoint& endpoint,
                    const Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  SEALBOOK_ASSIGN_OR_RETURN(
      RecentHeads unknown,
      ReadHeadsUnknown(known.log.configuration, endpoint, channel,
                       terminal.clock, options.timeout_s * 1000,
                       known.state.evidence_folder()));
  const Comparison comparison = CompareAnswers(ours.seen, unknown.seen);
  if (comparison.verdict == Verdict::kFork) {
    return KeepFork(known.state.evidence_folder(),
                    {.log = known.log,
                     .endpoint = endpoint,
                     .channel = channel,
                     .clock = terminal.clock,
                     .timeout_ms = options.timeout_s * 1000},
                    ours, unknown);
  }
  return WriteExchange(options.export_folder, unknown.exchange);
}

absl::StatusOr<Shown> Ask(const GossipShowOptions& options,
                          const Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(
      LogOfState known, OpenLogOfState(options.state, State::Mode::kExisting));
  const Endpoint endpoint{.server = known.log.server};
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  DistinguishedClient client(known.state, endpoint, channel, terminal.clock,
                             {.timeout_ms = options.timeout_s * 1000});
  SEALBOOK_ASSIGN_OR_RETURN(RecentHeads ours,
                            client.ReadHeads(known.log.fingerprint));
  if (ours.seen.heads.empty()) {
    return absl::FailedPreconditionError(
        "all distinguished entries of this log have expired: there is nothing "
        "to compare");
  }
  if (!options.export_folder.empty()) {
    SEALBOOK_RETURN_IF_ERROR(Export(options, known, ours, endpoint, terminal));
  }
  Shown shown{std::move(known.log), std::move(ours.seen), "", ""};
  const std::vector<LogHead>& heads = shown.seen.heads;
  shown.text = TextOf(shown.log, heads, options.heads.value_or(heads.size()));
  shown.qr_text =
      TextOf(shown.log, heads, options.heads.value_or(kHeadsInQrCode));
  return shown;
}

absl::Status WriteFiles(const GossipShowOptions& options, const Shown& shown) {
  if (!options.tls_file.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(std::string bytes,
                              ToDistinguishedHead(shown.seen.heads).Encode());
    SEALBOOK_RETURN_IF_ERROR(WriteNewFile(options.tls_file, bytes));
  }
  if (options.png_file.empty() && options.svg_file.empty()) {
    return absl::OkStatus();
  }
  SEALBOOK_ASSIGN_OR_RETURN(QrCode code, QrCode::Make(shown.qr_text));
  if (!options.png_file.empty()) {
    SEALBOOK_RETURN_IF_ERROR(WriteNewFile(options.png_file, code.ToPng()));
  }
  if (options.svg_file.empty()) return absl::OkStatus();
  return WriteNewFile(options.svg_file, code.ToSvg());
}

void PrintInWords(const Shown& shown, std::ostream& out) {
  const LogHead& newest = shown.seen.heads.back();
  out << "log        " << shown.log.fingerprint.ToHex() << "\n"
      << "tree size  " << shown.seen.view.size() << " (verified)\n"
      << "heads      " << shown.seen.heads.size() << ", the newest at entry "
      << newest.position << ", "
      << TimeInWords(static_cast<int64_t>(newest.timestamp)) << "\n"
      << "Send this to somebody who uses the same log, by a way that its "
         "operator does not\n"
         "control; `sealbook gossip compare` reads it there:\n\n"
      << WrapHeadsText(shown.text);
}

absl::Status PrintQrCode(const Shown& shown, Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(QrCode code, QrCode::Make(shown.qr_text));
  terminal.out << "\n" << code.ForTerminal();
  terminal.err << "note: the code is " << code.terminal_width()
               << " columns wide\n";
  return absl::OkStatus();
}

nlohmann::ordered_json ToJson(const Shown& shown) {
  nlohmann::ordered_json json;
  json["log"] = shown.log.fingerprint.ToHex();
  json["tree_size"] = shown.seen.view.size();
  json["log_root"] = shown.seen.view.Root().ToHex();
  json["head_timestamp_ms"] = shown.seen.view.Timestamp();
  json["heads"] = HeadsToJson(shown.seen.heads);
  json["text"] = shown.text;
  return json;
}

}  // namespace

ExitCode RunGossipShow(const GossipShowOptions& options, Terminal& terminal) {
  absl::StatusOr<Shown> shown = Ask(options, terminal);
  absl::Status done = shown.status();
  if (done.ok()) done = WriteFiles(options, *shown);
  if (!done.ok()) return ReportError(done, options.json, terminal);
  if (options.json) {
    PrintJson(ToJson(*shown), terminal);
    return ExitCode::kOk;
  }
  PrintInWords(*shown, terminal.out);
  if (options.qr) done = PrintQrCode(*shown, terminal);
  return done.ok() ? ExitCode::kOk : ReportError(done, options.json, terminal);
}

}  // namespace sealbook::client
