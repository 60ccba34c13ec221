#include "client/cli/watch.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/alarms/alarm_channel.h"
#include "client/alarms/alarm_text.h"
#include "client/alarms/open_channels.h"
#include "client/channel.h"
#include "client/cli/log_of_state.h"
#include "client/cli/lookup_progress.h"
#include "client/cli/lookup_report.h"
#include "client/entry_view.h"
#include "client/gossip/compare.h"
#include "client/gossip/second_look.h"
#include "client/second_channel.h"
#include "client/stop.h"
#include "client/watch/watcher.h"
#include "client/words.h"
#include "crypto/random.h"
#include "nlohmann/json.hpp"
#include "smime/address.h"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;
using Channels = std::vector<std::unique_ptr<AlarmChannel>>;

// How often what a channel did not take is tried again at least.
constexpr uint64_t kDeliveryStepMs = 60'000;

absl::StatusOr<std::vector<std::string>> ParseLabels(
    const WatchCommandOptions& options) {
  std::vector<std::string> labels;
  for (const std::string& text : options.addresses) {
    SEALBOOK_ASSIGN_OR_RETURN(const smime::Address address,
                              smime::Address::Parse(text));
    labels.push_back(address.label());
  }
  return labels;
}

absl::Status CheckUsage(const WatchCommandOptions& options) {
  const int modes = (options.accept ? 1 : 0) + (options.forget ? 1 : 0) +
                    (options.list ? 1 : 0) + (options.once ? 1 : 0) +
                    (options.dismiss.empty() ? 0 : 1);
  if (modes > 1) {
    return absl::InvalidArgumentError(
        "--once, --list, --accept, --forget and --dismiss are different "
        "things: give one");
  }
  if ((options.accept || options.forget) && options.addresses.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.accept ? "--accept" : "--forget",
                     " needs the addresses that it is about"));
  }
  if (options.version.has_value() &&
      (!options.accept || options.addresses.size() != 1)) {
    return absl::InvalidArgumentError(
        "--version goes with --accept and one address");
  }
  if ((options.list || !options.dismiss.empty()) &&
      !options.addresses.empty()) {
    return absl::InvalidArgumentError(
        "--list and --dismiss concern all addresses: name none");
  }
  return absl::OkStatus();
}

// Those named, and those watched before.
absl::StatusOr<std::vector<std::string>> LabelsToWatch(
    const WatchCommandOptions& options, LogOfState& opened) {
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::string> labels,
                            ParseLabels(options));
  if (!labels.empty()) return labels;
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<OwnedAddress> owned,
                            opened.state.ReadOwned(opened.log.fingerprint));
  for (const OwnedAddress& address : owned) {
    labels.push_back(address.owner.label);
  }
  if (!labels.empty()) return labels;
  return absl::InvalidArgumentError(
      "no address is watched yet: name yours, as in `sealbook watch "
      "alice@example.org`");
}

ExitCode ExitCodeFor(const std::vector<OpenAlarm>& alarms) {
  ExitCode code = ExitCode::kOk;
  for (const OpenAlarm& open : alarms) {
    switch (open.alarm.kind) {
      case AlarmKind::kRefusedProof:
      case AlarmKind::kFork:
        return ExitCode::kRefused;
      case AlarmKind::kExpiring:
        break;
      default:
        code = ExitCode::kAlarms;
    }
  }
  return code;
}

// Writes what a round found.
class RoundPrinter {
 public:
  RoundPrinter(const WatchCommandOptions& options, Terminal& terminal)
      : options_(options), terminal_(terminal) {}

  void Print(const WatchRound& round, bool first) {
    for (const WatchRound::Checked& checked : round.addresses) {
      if (options_.json) {
        PrintAsJson(checked);
      } else if (checked.result.ok()) {
        PrintChecked(checked.label, *checked.result, first);
      } else {
        PrintFailure(checked.label, checked.result.status());
      }
    }
    for (const ContactsCheck::Failure& failed : round.contacts->failures) {
      PrintFailure(absl::StrCat("looked up: ", failed.label), failed.status);
    }
    if (!round.compared) return;
    if (!round.comparison.ok()) {
      PrintFailure("second channel", round.comparison);
    } else if (!options_.quiet && !options_.json) {
      terminal_.out << "second channel: it shows the same log\n";
    }
  }

  void PrintUndelivered(const std::vector<std::string>& failures) {
    for (const std::string& failure : failures) {
      terminal_.err << "an alarm was not delivered, and will be tried again: "
                    << Printable(failure) << "\n";
    }
  }

 private:
  void PrintFailure(const std::string& what, const absl::Status& failure) {
    terminal_.err << Printable(what) << "\n";
    PrintErrorInWords(failure, "  ", terminal_);
  }

  void PrintChecked(const std::string& label, const OwnedCheck& check,
                    bool first) {
    if (options_.quiet) return;
    std::ostream& out = terminal_.out;
    if (check.began) {
      out << Printable(label) << ": watching begins. The log "
          << (check.current ? "holds this now:" : "has no certificate for it.")
          << "\n";
      if (check.current.has_value()) PrintCurrent(label, *check.current);
      return;
    }
    if (!check.unreadable.ok()) PrintFailure(label, check.unreadable);
    if (!first && check.news.empty()) return;
    out << Printable(label) << ": ";
    if (check.current.has_value()) {
      out << "version " << check.current->version << ", ";
    } else {
      out << "no certificate, ";
    }
    out << (check.news.empty() ? std::string("nothing new")
                               : absl::StrCat(check.news.size(), " new"))
        << " in a log of " << check.view.size() << " entries\n";
  }

  void PrintCurrent(const std::string& label, const FoundEntry& current) {
    const auto address = smime::Address::Parse(label);
    if (!address.ok()) return;
    PrintEntry(ViewEntry(current.entry, current.issuers, *address,
                         static_cast<int64_t>(terminal_.clock())),
               terminal_.out);
    terminal_.out << "If one of these is not yours, read docs/for-owners.md. "
                     "What was there before:\n  sealbook history "
                  << Printable(label) << "\n";
  }

  void PrintAsJson(const WatchRound::Checked& checked) {
    Json json = {{"address", checked.label}};
    if (checked.result.ok()) {
      const OwnedCheck& check = *checked.result;
      json["result"] = check.began          ? "began"
                       : check.news.empty() ? "unchanged"
                                            : "new";
      json["version"] =
          check.current ? Json(check.current->version) : Json(nullptr);
      json["new_versions"] = Json::array();
      for (const OwnedVersion& version : check.news) {
        json["new_versions"].push_back(version.version);
      }
      json["tree_size"] = check.view.size();
      json["log_root"] = check.view.Root().ToHex();
    } else {
      json.update(ErrorToJson(checked.result.status()));
    }
    terminal_.out << json.dump(-1, ' ', false, Json::error_handler_t::replace)
                  << "\n";
  }

  const WatchCommandOptions& options_;
  Terminal& terminal_;
};

// Until it goes: the first signal that ends programs is a request to stop, so
// that what is under way ends as it should; the second one ends the program at
// once. To be made before any other thread is: they take over that these
// signals are blocked.
class StopSignals {
 public:
  // `stop` outlives this.
  explicit StopSignals(Stop& stop) : stop_(stop) {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    // A reader of our output that is gone is told like any other failure.
    std::signal(SIGPIPE, SIG_IGN);
    thread_ = std::thread([this] { Run(); });
  }
  ~StopSignals() {
    over_.Request();
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  void Run() {
    const timespec step = {.tv_sec = 0, .tv_nsec = 200'000'000};
    while (sigtimedwait(&signals_, nullptr, &step) < 0) {
      if (over_.requested()) return;
    }
    stop_.Request();
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    over_.Sleep(std::numeric_limits<int32_t>::max());
  }

  Stop& stop_;
  // This goes.
  Stop over_;
  sigset_t signals_;
  sigset_t before_;
  std::thread thread_;
};

// What `watch` is made of.
struct WatchParts {
  LogOfState& opened;
  std::shared_ptr<grpc::ChannelInterface> server;
  Channels channels;
  WatchSettings settings;
};

class Watch {
 public:
  // `stop` outlives this, as do the others.
  Watch(const WatchCommandOptions& options, WatchParts parts, Stop& stop,
        Terminal& terminal)
      : options_(options),
        opened_(parts.opened),
        channels_(std::move(parts.channels)),
        stop_(stop),
        terminal_(terminal),
        printer_(options, terminal),
        addresses_(parts.settings.labels.size()),
        watcher_(opened_.state, opened_.log, {.server = opened_.log.server},
                 parts.server, terminal.clock,
                 Complete(std::move(parts.settings))) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  absl::StatusOr<ExitCode> Once() {
    SEALBOOK_ASSIGN_OR_RETURN(const WatchRound round, Round(/*first=*/true));
    SEALBOOK_ASSIGN_OR_RETURN(const std::vector<OpenAlarm> open,
                              opened_.state.ReadOpenAlarms());
    const ExitCode code = ExitCodeFor(open);
    if (code == ExitCode::kRefused) return code;
    const absl::Status failure = round.failure();
    return failure.ok() ? code : ExitCodeOf(failure);
  }

  // Until it is to stop.
  absl::StatusOr<ExitCode> Forever() {
    for (bool first = true;; first = false) {
      const absl::Status round = Round(first).status();
      if (stop_.requested() && (round.ok() || absl::IsCancelled(round))) break;
      SEALBOOK_RETURN_IF_ERROR(Survive(round));
      const uint64_t next = terminal_.clock() + options_.every_s * 1000;
      for (uint64_t now = terminal_.clock(); now < next;
           now = terminal_.clock()) {
        if (!stop_.Sleep(std::min(next - now, kDeliveryStepMs))) {
          return ExitCode::kOk;
        }
        SEALBOOK_RETURN_IF_ERROR(Survive(Deliver()));
      }
    }
    return ExitCode::kOk;
  }

 private:
  WatchSettings Complete(WatchSettings settings) {
    settings.monitor.stop = &stop_;
    settings.monitor.patience.sleep = terminal_.sleep;
    settings.monitor.patience.waiting = [this](uint64_t ms) {
      if (progress_.has_value()) progress_->Waiting(ms);
      // A round may wait for long: what it has found is not to wait with it.
      // Where that fails, it is tried again after the round.
      Deliver().IgnoreError();
    };
    settings.progress = [this](size_t done, size_t) {
      if (progress_.has_value()) progress_->Answered(done);
    };
    return settings;
  }

  // A state that another process holds, or a full disk, passes: who watches
  // goes on.
  absl::Status Survive(const absl::Status& failure) {
    if (!absl::IsUnavailable(failure) && !absl::IsResourceExhausted(failure) &&
        !absl::IsAborted(failure)) {
      return failure;
    }
    PrintErrorInWords(failure, "", terminal_);
    return absl::OkStatus();
  }

  absl::StatusOr<WatchRound> Round(bool first) {
    if (!options_.quiet) progress_.emplace(addresses_, terminal_);
    absl::StatusOr<WatchRound> round = watcher_.Round();
    progress_.reset();
    if (!round.ok()) return round;
    printer_.Print(*round, first);
    SEALBOOK_RETURN_IF_ERROR(Deliver());
    return round;
  }

  absl::Status Deliver() {
    SEALBOOK_ASSIGN_OR_RETURN(
        const std::vector<std::string> failures,
        DeliverAlarms(opened_.state, channels_, terminal_.clock, &stop_));
    printer_.PrintUndelivered(failures);
    terminal_.out.flush();
    return absl::OkStatus();
  }

  const WatchCommandOptions& options_;
  LogOfState& opened_;
  Channels channels_;
  Stop& stop_;
  Terminal& terminal_;
  RoundPrinter printer_;
  const size_t addresses_;
  // Of the round under way, unless nothing is to be said.
  std::optional<LookUpProgress> progress_;
  // Calls the others.
  Watcher watcher_;
};

// Compares what the log shows there with what it shows here.
std::function<absl::Status()> CompareOver(const Via& via,
                                          const WatchCommandOptions& options,
                                          LogOfState& opened, Stop& stop,
                                          const Terminal& terminal) {
  SecondLookOptions look;
  look.ca_file = options.via_ca_file;
  look.timeout_ms = options.timeout_s * 1000;
  look.stop = &stop;
  return [via, look, &opened, clock = terminal.clock]() -> absl::Status {
    // The log as the state has it now.
    SEALBOOK_ASSIGN_OR_RETURN(const LogRecord log,
                              opened.state.ReadLog(opened.log.fingerprint));
    SEALBOOK_ASSIGN_OR_RETURN(
        const SecondLook found,
        LookTwice(opened.state, log, via, look, clock, crypto::SystemRandom()));
    SEALBOOK_RETURN_IF_ERROR(found.fork);
    if (found.comparison.verdict == Verdict::kConsistent) {
      return absl::OkStatus();
    }
    return absl::UnavailableError(
        "the two answers have nothing in common to compare");
  };
}

absl::StatusOr<ExitCode> RunChecks(const WatchCommandOptions& options,
                                   LogOfState& opened, Terminal& terminal) {
  Stop stop;
  std::optional<StopSignals> signals;
  if (!options.once) signals.emplace(stop);
  WatchParts parts{
      .opened = opened, .server = {}, .channels = {}, .settings = {}};
  WatchSettings& settings = parts.settings;
  SEALBOOK_ASSIGN_OR_RETURN(settings.labels, LabelsToWatch(options, opened));
  settings.monitor.timeout_ms = options.timeout_s * 1000;
  settings.expiry_ahead_ms =
      uint64_t{options.expiring_days} * 24 * 3'600 * 1'000;
  if (!options.via.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(const Via via, ParseVia(options.via));
    settings.compare = CompareOver(via, options, opened, stop, terminal);
  } else if (!options.quiet && !options.json) {
    terminal.err << "note: no second channel is configured (--via), so a log "
                    "that shows you a history of your own goes unnoticed "
                    "unless you compare it with somebody: sealbook gossip\n";
  }
  SEALBOOK_ASSIGN_OR_RETURN(parts.channels,
                            OpenChannels(options.channels, &terminal.out));
  SEALBOOK_ASSIGN_OR_RETURN(parts.server,
                            OpenChannel({.server = opened.log.server}));
  Watch watch(options, std::move(parts), stop, terminal);
  return options.once ? watch.Once() : watch.Forever();
}

Json AlarmToJson(const OpenAlarm& open) {
  Json json = Json::parse(AlarmJson(open.alarm), nullptr, false);
  json["id"] = open.id;
  return json;
}

absl::StatusOr<ExitCode> RunList(const WatchCommandOptions& options,
                                 LogOfState& opened, Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<OwnedAddress> owned,
                            opened.state.ReadOwned(opened.log.fingerprint));
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<OpenAlarm> open,
                            opened.state.ReadOpenAlarms());
  if (options.json) {
    Json json = {{"addresses", Json::array()}, {"alarms", Json::array()}};
    for (const OwnedAddress& address : owned) {
      const std::optional<uint32_t> greatest = address.owner.Greatest();
      json["addresses"].push_back(
          {{"address", address.owner.label},
           {"version", greatest ? Json(*greatest) : Json(nullptr)},
           {"accepted",
            address.accepted ? Json(*address.accepted) : Json(nullptr)},
           {"checked_ms", address.checked_ms}});
    }
    for (const OpenAlarm& alarm : open) {
      json["alarms"].push_back(AlarmToJson(alarm));
    }
    PrintJson(json, terminal);
    return ExitCodeFor(open);
  }
  for (const OwnedAddress& address : owned) {
    const std::optional<uint32_t> greatest = address.owner.Greatest();
    terminal.out << Printable(address.owner.label) << ": "
                 << (greatest ? absl::StrCat("version ", *greatest)
                              : std::string("no certificate"))
                 << ", checked at "
                 << TimeInWords(static_cast<int64_t>(address.checked_ms))
                 << "\n";
  }
  for (const OpenAlarm& alarm : open) {
    terminal.out << "\nalarm " << alarm.id << "\n" << AlarmText(alarm.alarm);
  }
  if (open.empty()) terminal.out << "no alarm is open\n";
  return ExitCodeFor(open);
}

absl::StatusOr<ExitCode> RunAccept(const WatchCommandOptions& options,
                                   LogOfState& opened, Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> labels,
                            ParseLabels(options));
  for (const std::string& label : labels) {
    SEALBOOK_ASSIGN_OR_RETURN(
        const std::optional<uint32_t> accepted,
        opened.state.AcceptVersions(opened.log.fingerprint, label,
                                    options.version, terminal.clock()));
    terminal.out << Printable(label) << ": "
                 << (accepted ? absl::StrCat("everything up to version ",
                                             *accepted, " is confirmed")
                              : std::string("there is nothing to confirm"))
                 << "\n";
  }
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> RunForget(const WatchCommandOptions& options,
                                   LogOfState& opened, Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> labels,
                            ParseLabels(options));
  for (const std::string& label : labels) {
    SEALBOOK_RETURN_IF_ERROR(
        opened.state.Disown(opened.log.fingerprint, label, terminal.clock()));
    terminal.out << Printable(label) << ": is not watched any more\n";
  }
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> RunDismiss(const WatchCommandOptions& options,
                                    LogOfState& opened, Terminal& terminal) {
  for (int64_t id : options.dismiss) {
    SEALBOOK_ASSIGN_OR_RETURN(const bool closed,
                              opened.state.CloseAlarm(id, terminal.clock()));
    if (!closed) {
      return absl::NotFoundError(absl::StrCat(
          "no alarm ", id, " is open: `sealbook watch --list` shows them"));
    }
    terminal.out << "alarm " << id << " is closed\n";
  }
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Run(const WatchCommandOptions& options,
                             Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(
      LogOfState opened, OpenLogOfState(options.state, State::Mode::kExisting));
  if (options.list) return RunList(options, opened, terminal);
  if (options.accept) return RunAccept(options, opened, terminal);
  if (options.forget) return RunForget(options, opened, terminal);
  if (!options.dismiss.empty()) return RunDismiss(options, opened, terminal);
  return RunChecks(options, opened, terminal);
}

}  // namespace

ExitCode RunWatch(const WatchCommandOptions& options, Terminal& terminal) {
  absl::Status usage = CheckUsage(options);
  if (usage.ok()) usage = ParseLabels(options).status();
  if (usage.ok() && !options.via.empty())
    usage = ParseVia(options.via).status();
  if (!usage.ok()) {
    ReportError(usage, options.json, terminal);
    return ExitCode::kUsage;
  }
  absl::StatusOr<ExitCode> code = Run(options, terminal);
  if (!code.ok()) return ReportError(code.status(), options.json, terminal);
  return *code;
}

}  // namespace sealbook::client
