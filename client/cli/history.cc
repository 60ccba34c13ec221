#include "client/cli/history.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/channel.h"
#include "client/cli/history_report.h"
#include "client/cli/log_of_state.h"
#include "client/history_client.h"
#include "client/words.h"
#include "nlohmann/json.hpp"
#include "smime/address.h"

namespace sealbook::client {
namespace {

struct Question {
  smime::Address address;
  std::optional<uint64_t> since_ms;
  std::optional<uint64_t> until_ms;
};

absl::StatusOr<Question> ParseQuestion(const HistoryCommandOptions& options) {
  if (options.version.has_value() &&
      (!options.since.empty() || !options.until.empty())) {
    return absl::InvalidArgumentError(
        "--version names one version: leave --since and --until out");
  }
  SEALBOOK_ASSIGN_OR_RETURN(smime::Address address,
                            smime::Address::Parse(options.address));
  Question question{std::move(address), std::nullopt, std::nullopt};
  if (!options.since.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(question.since_ms, ParseTimeText(options.since));
  }
  if (!options.until.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(question.until_ms, ParseTimeText(options.until));
  }
  if (question.since_ms.has_value() && question.until_ms.has_value() &&
      *question.since_ms > *question.until_ms) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--since ", Printable(options.since), " is later than --until ",
        Printable(options.until), ": exchange them"));
  }
  return question;
}

// Shows each version once the one before it is known, which says what changed.
class Timeline {
 public:
  Timeline(const HistoryCommandOptions& options, const Question& question,
           Terminal& terminal)
      : options_(options), question_(question), terminal_(terminal) {}

  // False: enough was read.
  bool Add(HistoryEntry entry) {
    if (newer_.has_value()) Show(*newer_, &entry);
    if (options_.version.has_value() && newer_.has_value()) {
      newer_.reset();
      return false;
    }
    // Whatever was in force at the beginning is shown, what was before is not.
    const bool enough = question_.since_ms.has_value() && newer_.has_value() &&
                        newer_->since.has_value() &&
                        newer_->since->timestamp < *question_.since_ms;
    newer_ = std::move(entry);
    if (enough) newer_.reset();
    return !enough;
  }

  // Nothing older is known.
  void End() {
    if (newer_.has_value()) Show(*newer_, nullptr);
    newer_.reset();
  }

  size_t shown() const { return shown_; }
  nlohmann::ordered_json TakeJson() { return std::move(json_); }

 private:
  void Show(const HistoryEntry& entry, const HistoryEntry* older) {
    if (question_.until_ms.has_value() && entry.since.has_value() &&
        entry.since->timestamp > *question_.until_ms) {
      return;
    }
    const VersionReport report =
        // The timeline does not say what a certificate was good for then.
        CompareVersions(entry, older, question_.address,
                        options_.json ? Chains::kVerified : Chains::kLeftOut);
    if (options_.json) {
      json_.push_back(VersionToJson(report));
    } else {
      if (shown_ == 0) PrintHistoryHead(options_.address, terminal_.out);
      PrintVersion(report, terminal_.out);
    }
    ++shown_;
  }

  const HistoryCommandOptions& options_;
  const Question& question_;
  Terminal& terminal_;
  nlohmann::ordered_json json_ = nlohmann::ordered_json::array();
  std::optional<HistoryEntry> newer_;
  size_t shown_ = 0;
};

absl::StatusOr<HistoryOutcome> Read(const HistoryCommandOptions& options,
                                    const Question& question,
                                    Terminal& terminal, Timeline& timeline) {
  SEALBOOK_ASSIGN_OR_RETURN(
      LogOfState known, OpenLogOfState(options.state, State::Mode::kExisting));
  Endpoint endpoint{.server = known.log.server};
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  HistoryOptions asked;
  asked.timeout_ms = options.timeout_s * 1000;
  asked.newest = options.version;
  asked.patience.sleep = terminal.sleep;
  asked.patience.waiting = [&terminal](uint64_t ms) {
    terminal.err << "note: the server limits how many addresses are looked up "
                    "from here; trying again in "
                 << DurationInWords(ms) << "\n";
  };
  // The one before says what changed.
  if (options.version.has_value()) asked.max_versions = 2;
  HistoryClient client(known.state, endpoint, channel, terminal.clock, asked);
  return client.ReadHistory(known.log.fingerprint, question.address.label(),
                            [&timeline](HistoryEntry entry) {
                              return timeline.Add(std::move(entry));
                            });
}

ExitCode Report(const HistoryCommandOptions& options,
                const HistoryOutcome& outcome, Timeline& timeline,
                Terminal& terminal) {
  const ExitCode code =
      timeline.shown() > 0 ? ExitCode::kOk : ExitCode::kNoCertificate;
  if (options.json) {
    nlohmann::ordered_json json;
    json["address"] = options.address;
    json["result"] = outcome.absent ? "absent" : "verified";
    json["tree_size"] = outcome.view.size();
    json["log_root"] = outcome.view.Root().ToHex();
    json["head_timestamp_ms"] = outcome.view.Timestamp();
    if (outcome.greatest.has_value()) {
      json["result"] = "no-such-version";
      json["greatest_version"] = *outcome.greatest;
    }
    json["older_expired"] = outcome.older_expired;
    json["versions"] = timeline.TakeJson();
    PrintJson(json, terminal);
    return code;
  }
  const std::string tree =
      absl::StrCat("in a log of ", outcome.view.size(),
                   outcome.view.size() == 1 ? " entry" : " entries");
  if (outcome.absent) {
    terminal.out << Printable(options.address)
                 << "\n  proven: this address has no certificate, and never "
                    "had one, "
                 << tree << "\n";
  } else if (outcome.greatest.has_value()) {
    terminal.out << Printable(options.address) << "\n  proven: version "
                 << *options.version << " does not exist, the greatest is "
                 << *outcome.greatest << ", " << tree << "\n";
  } else if (timeline.shown() == 0) {
    terminal.out << Printable(options.address)
                 << "\n  verified: nothing appeared in that time, " << tree
                 << "\n";
  } else {
    if (outcome.older_expired) {
      terminal.out << "  |\n  |  older versions: the log need not prove them "
                      "any more\n";
    }
    terminal.out << "  |\n  verified: " << timeline.shown()
                 << (timeline.shown() == 1 ? " version, " : " versions, ")
                 << tree << "\n";
  }
  return code;
}

}  // namespace

ExitCode RunHistory(const HistoryCommandOptions& options, Terminal& terminal) {
  absl::StatusOr<Question> question = ParseQuestion(options);
  if (!question.ok()) {
    ReportError(question.status(), options.json, terminal);
    return ExitCode::kUsage;
  }
  Timeline timeline(options, *question, terminal);
  absl::StatusOr<HistoryOutcome> outcome =
      Read(options, *question, terminal, timeline);
  timeline.End();
  if (!outcome.ok()) {
    return ReportError(outcome.status(), options.json, terminal);
  }
  return Report(options, *outcome, timeline, terminal);
}

}  // namespace sealbook::client
