#include "client/watch/watcher.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/alarms/next_attempt.h"
#include "keytrans/refusal.h"

namespace sealbook::client {
namespace {

// What the state keeps the time of.
constexpr char kChecked[] = "watch";
constexpr char kCompared[] = "second channel";
constexpr char kFirstCompared[] = "second channel, first attempt";

// Who waits longer than the window has not monitored in time. Logs for a trial
// have windows of seconds: there it is this. Milliseconds.
constexpr uint64_t kLeastPatienceMs = 600'000;

MonitorOptions BoundedBy(MonitorOptions options, uint64_t window_ms) {
  options.patience.max_total_ms = std::min(
      options.patience.max_total_ms, std::max(window_ms, kLeastPatienceMs));
  return options;
}

absl::Status DeliverOne(
    const std::vector<std::unique_ptr<AlarmChannel>>& channels,
    const PendingDelivery& delivery) {
  const auto channel = std::find_if(
      channels.begin(), channels.end(), [&](const auto& candidate) {
        return candidate->name() == delivery.channel;
      });
  return (*channel)->Deliver(delivery.alarm);
}

}  // namespace

absl::Status WatchRound::failure() const {
  for (const Checked& checked : addresses) {
    if (!checked.result.ok()) return checked.result.status();
    if (!checked.result->unreadable.ok()) return checked.result->unreadable;
  }
  if (!contacts.ok()) return contacts.status();
  if (!contacts->failures.empty()) return contacts->failures[0].status;
  return comparison;
}

Watcher::Watcher(State& state, const LogRecord& log, Endpoint endpoint,
                 const std::shared_ptr<grpc::ChannelInterface>& channel,
                 Clock clock, WatchSettings settings)
    : state_(state),
      fingerprint_(log.fingerprint),
      configuration_(log.configuration),
      server_(endpoint.server.target),
      client_(state, std::move(endpoint), channel, clock,
              BoundedBy(settings.monitor,
                        log.configuration.reasonable_monitoring_window)),
      clock_(std::move(clock)),
      settings_(std::move(settings)) {}

AlarmContext Watcher::Context() const {
  return {fingerprint_.ToHex(), server_, clock_()};
}

absl::Status Watcher::NoteFailure(const std::string& label,
                                  const absl::Status& failure) {
  const std::optional<Alarm> alarm = FailureAlarm(Context(), label, failure);
  if (!alarm.has_value()) return absl::OkStatus();
  return state_.RaiseAlarm(*alarm);
}

absl::Status Watcher::NoteChecked(const OwnedCheck& check,
                                  const std::string& label) {
  SEALBOOK_RETURN_IF_ERROR(NoteFailure(label, check.unreadable));
  if (!check.current.has_value()) return absl::OkStatus();
  for (const Alarm& alarm : ExpiryAlarms(Context(), label, *check.current,
                                         settings_.expiry_ahead_ms)) {
    SEALBOOK_RETURN_IF_ERROR(state_.RaiseAlarmOnce(alarm));
  }
  return absl::OkStatus();
}

absl::StatusOr<OwnedCheck> Watcher::CheckOne(const std::string& label) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<OwnedAddress> before,
                            state_.ReadOwned(fingerprint_, label));
  const std::optional<uint64_t>& lifetime = configuration_.maximum_lifetime;
  if (before.has_value() && lifetime.has_value() &&
      before->checked_ms + *lifetime < clock_()) {
    SEALBOOK_RETURN_IF_ERROR(
        state_.RaiseAlarmOnce(GapAlarm(Context(), *before, *lifetime)));
  }
  return client_.CheckOwned(
      fingerprint_, label,
      [this](const std::string& of, const OwnedVersion& version,
             const OwnedVersion* older,
             const std::vector<std::string>& issuers) {
        return UnknownVersionAlarm(Context(), of, version, older, issuers);
      });
}

absl::Status Watcher::RaiseIfUnchecked(const absl::Status& failure) {
  const uint64_t now = clock_();
  if (failure.ok()) {
    SEALBOOK_RETURN_IF_ERROR(
        state_.CloseAlarm(UncheckedKey(fingerprint_.ToHex()), now).status());
    return state_.WriteTime(fingerprint_, kChecked, now);
  }
  SEALBOOK_ASSIGN_OR_RETURN(uint64_t since,
                            state_.ReadTime(fingerprint_, kChecked));
  if (since == 0) {
    // The time begins to run with the first round.
    since = now;
    SEALBOOK_RETURN_IF_ERROR(state_.WriteTime(fingerprint_, kChecked, now));
  }
  const uint64_t window = configuration_.reasonable_monitoring_window;
  // A refusal is an alarm of its own.
  if (since + window >= now || keytrans::RefusalOf(failure).has_value()) {
    return absl::OkStatus();
  }
  return state_.RaiseAlarm(UncheckedAlarm(Context(), since, window, failure));
}

absl::Status Watcher::Compare(WatchRound& round) {
  if (!settings_.compare) return absl::OkStatus();
  SEALBOOK_ASSIGN_OR_RETURN(const uint64_t last,
                            state_.ReadTime(fingerprint_, kCompared));
  // Once every Reasonable Monitoring Window, and a little more often rather
  // than less.
  const uint64_t window = configuration_.reasonable_monitoring_window;
  if (last + window - window / 10 > clock_()) return absl::OkStatus();
  round.compared = true;
  round.comparison = settings_.compare();
  // A stop is no finding; what was found before it is one.
  if (!keytrans::RefusalOf(round.comparison)) SEALBOOK_RETURN_IF_ERROR(GoOn());
  if (!round.comparison.ok()) {
    SEALBOOK_RETURN_IF_ERROR(NoteUncompared(last, round.comparison));
    return GoOn();
  }
  SEALBOOK_RETURN_IF_ERROR(
      state_.CloseAlarm(UncomparedKey(fingerprint_.ToHex()), clock_())
          .status());
  return state_.WriteTime(fingerprint_, kCompared, clock_());
}

absl::Status Watcher::NoteUncompared(uint64_t last,
                                     const absl::Status& failure) {
  SEALBOOK_ASSIGN_OR_RETURN(uint64_t began,
                            state_.ReadTime(fingerprint_, kFirstCompared));
  if (began == 0) {
    began = clock_();
    SEALBOOK_RETURN_IF_ERROR(
        state_.WriteTime(fingerprint_, kFirstCompared, began));
  }
  // Whoever shows two histories also keeps them from being compared.
  const uint64_t since = std::max(last, began);
  if (since + 2 * configuration_.reasonable_monitoring_window < clock_()) {
    SEALBOOK_RETURN_IF_ERROR(
        state_.RaiseAlarm(UncomparedAlarm(Context(), since, failure)));
  }
  std::optional<Alarm> alarm = FailureAlarm(Context(), "", failure);
  if (!alarm.has_value()) return absl::OkStatus();
  // An old head there is none of the log itself.
  if (alarm->kind == AlarmKind::kStaleLog) {
    alarm->key = UncomparedKey(fingerprint_.ToHex());
  }
  return state_.RaiseAlarm(*alarm);
}

absl::Status Watcher::CheckState() {
  for (const absl::Status& status :
       {state_.ReadLog(fingerprint_).status(),
        state_.ReadOwned(fingerprint_).status(),
        state_.ReadObligations(fingerprint_).status()}) {
    if (absl::IsDataLoss(status)) return status;
  }
  return absl::OkStatus();
}

absl::Status Watcher::GoOn() const {
  const Stop* stop = settings_.monitor.stop;
  if (stop == nullptr || !stop->requested()) return absl::OkStatus();
  return absl::CancelledError("the check was stopped");
}

absl::Status Watcher::CheckAddresses(WatchRound& round) {
  for (const std::string& label : settings_.labels) {
    absl::StatusOr<OwnedCheck> result = CheckOne(label);
    SEALBOOK_RETURN_IF_ERROR(result.ok() ? NoteChecked(*result, label)
                                         : NoteFailure(label, result.status()));
    SEALBOOK_RETURN_IF_ERROR(GoOn());
    round.addresses.push_back({label, std::move(result)});
    if (settings_.progress != nullptr) {
      settings_.progress(round.addresses.size(), settings_.labels.size());
    }
  }
  return absl::OkStatus();
}

absl::Status Watcher::CheckContacts(WatchRound& round) {
  round.contacts = client_.CheckContacts(fingerprint_);
  SEALBOOK_RETURN_IF_ERROR(round.contacts.status());
  for (const ContactsCheck::Failure& failed : round.contacts->failures) {
    SEALBOOK_RETURN_IF_ERROR(NoteFailure(failed.label, failed.status));
  }
  return GoOn();
}

absl::StatusOr<WatchRound> Watcher::Round() {
  WatchRound round;
  SEALBOOK_RETURN_IF_ERROR(CheckState());
  client_.BeginRound();
  SEALBOOK_RETURN_IF_ERROR(CheckAddresses(round));
  SEALBOOK_RETURN_IF_ERROR(CheckContacts(round));
  SEALBOOK_RETURN_IF_ERROR(RaiseIfUnchecked(round.failure()));
  SEALBOOK_RETURN_IF_ERROR(Compare(round));
  return round;
}

absl::StatusOr<std::vector<std::string>> DeliverAlarms(
    State& state, const std::vector<std::unique_ptr<AlarmChannel>>& channels,
    const Clock& clock, const Stop* stop) {
  std::vector<std::string> names;
  names.reserve(channels.size());
  for (const auto& channel : channels) names.emplace_back(channel->name());
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<PendingDelivery> pending,
                            state.ReadPendingDeliveries(names, clock()));
  std::vector<std::string> failures;
  // A channel that has failed is not tried again now, since each attempt may
  // take a minute: what else is due there is put off alike.
  std::map<std::string, absl::Status> failed;
  for (const PendingDelivery& delivery : pending) {
    if (stop != nullptr && stop->requested()) break;
    const auto known = failed.find(delivery.channel);
    const absl::Status status =
        known != failed.end() ? known->second : DeliverOne(channels, delivery);
    if (status.ok()) {
      SEALBOOK_RETURN_IF_ERROR(state.MarkDelivered(delivery, clock()));
      continue;
    }
    if (failed.emplace(delivery.channel, status).second) {
      failures.push_back(
          absl::StrCat(delivery.channel, ": ", status.message()));
    }
    SEALBOOK_RETURN_IF_ERROR(
        state.MarkFailed(delivery, NextAttempt(delivery.attempts + 1, clock()),
                         std::string(status.message())));
  }
  return failures;
}

}  // namespace sealbook::client
