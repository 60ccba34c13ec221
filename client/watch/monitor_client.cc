#include "client/watch/monitor_client.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/call_timeout.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/monitoring_map.h"
#include "keytrans/refusal.h"
#include "keytrans/update_structures.h"

namespace sealbook::client {
namespace {

constexpr char kWithheldUrl[] = "sealbook.dev/withheld";

using keytrans::MonitoringObligation;
using keytrans::MonitorMapEntry;

// A request's `entries` count in one byte; the owner's grow by one with each
// update until it monitors.
constexpr size_t kMaxEntries = 255;
constexpr size_t kManyEntries = 200;
// Versions may come while the owner monitors; not for ever. Rounds in a row
// without a new one, and all of them.
constexpr int kMaxRounds = 5;
constexpr int kMaxRoundsInAll = 50;

absl::Status Withheld(const std::string& label, absl::string_view what) {
  absl::Status status = absl::DataLossError(
      absl::StrCat(label, ": the server does not show ", what));
  status.SetPayload(kWithheldUrl, absl::Cord());
  return status;
}

absl::StatusOr<OwnedAddress> Known(State& state,
                                   const crypto::Hash& fingerprint,
                                   const std::string& label) {
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<OwnedAddress> owned,
                            state.ReadOwned(fingerprint, label));
  if (owned.has_value()) return *std::move(owned);
  return absl::NotFoundError(absl::StrCat(label, " is not watched"));
}

}  // namespace

bool IsWithheld(const absl::Status& status) {
  return status.GetPayload(kWithheldUrl).has_value();
}

MonitorClient::MonitorClient(
    State& state, Endpoint endpoint,
    const std::shared_ptr<grpc::ChannelInterface>& channel, Clock clock,
    MonitorOptions options)
    : state_(state),
      endpoint_(std::move(endpoint)),
      channel_(channel),
      stub_(v1::KeyTransparency::NewStub(channel)),
      clock_(std::move(clock)),
      options_(std::move(options)) {}

std::optional<uint64_t> MonitorClient::Ground::last() const {
  if (!view.has_value()) return std::nullopt;
  return view->size();
}

absl::StatusOr<MonitorClient::Ground> MonitorClient::ReadGround(
    const crypto::Hash& fingerprint) {
  SEALBOOK_ASSIGN_OR_RETURN(LogRecord log, state_.ReadLog(fingerprint));
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::Verifier verifier,
                            keytrans::Verifier::Create(log.configuration));
  return Ground{fingerprint, std::move(log.configuration), std::move(verifier),
                std::move(log.view)};
}

absl::StatusOr<VerifiedAnswer> MonitorClient::Judge(const Ground& ground,
                                                    Exchange& exchange) {
  exchange.configuration = ground.configuration.Encode();
  exchange.time_ms = clock_();
  if (ground.view.has_value()) exchange.view = ground.view->Encode();
  absl::StatusOr<VerifiedAnswer> answer =
      VerifyExchange(ground.verifier, exchange);
  if (!keytrans::RefusalOf(answer.status()).has_value()) return answer;
  return KeepEvidence(state_.evidence_folder(), exchange, answer.status());
}

absl::StatusOr<Lookup> MonitorClient::LookUp(const crypto::Hash& fingerprint,
                                             const std::string& label,
                                             std::optional<uint32_t> version) {
  LookupOptions options;
  options.timeout_ms = options_.timeout_ms;
  options.max_moves = options_.max_moves;
  options.version = version;
  options.keep_unreadable = true;
  options.patience = options_.patience;
  DirectoryClient client(state_, endpoint_, channel_, clock_, options);
  SEALBOOK_ASSIGN_OR_RETURN(auto answers, client.LookUp(fingerprint, {label}));
  return std::move(answers[0]);
}

absl::Status MonitorClient::Retry(const std::function<absl::Status()>& step) {
  absl::Status status;
  for (int moves = 0; moves < options_.max_moves; ++moves) {
    status = step();
    if (!absl::IsAborted(status)) break;
  }
  return status;
}

absl::StatusOr<OwnedCheck> MonitorClient::CheckOwned(
    const crypto::Hash& fingerprint, const std::string& label,
    const MakeAlarm& make_alarm) {
  OwnedCheck check;
  int in_vain = 0;
  for (int rounds = 0; in_vain < kMaxRounds; ++rounds, ++in_vain) {
    if (rounds == kMaxRoundsInAll) {
      return absl::UnavailableError(absl::StrCat(
          label, ": has more new versions than one check takes in"));
    }
    // Before the look-up, whose tree then covers what is known.
    SEALBOOK_ASSIGN_OR_RETURN(std::optional<OwnedAddress> known,
                              state_.ReadOwned(fingerprint, label));
    SEALBOOK_ASSIGN_OR_RETURN(Lookup now,
                              LookUp(fingerprint, label, std::nullopt));
    if (known.has_value()) {
      SEALBOOK_RETURN_IF_ERROR(CompareWithKnown(now, *known));
    } else {
      SEALBOOK_RETURN_IF_ERROR(Begin(fingerprint, label, now));
      check.began = true;
    }
    std::optional<uint32_t> proven;
    if (now.found.has_value()) proven = now.found->version;
    const size_t before = check.news.size();
    SEALBOOK_RETURN_IF_ERROR(
        ReadUpdates(fingerprint, label, proven, make_alarm, check));
    if (check.news.size() > before) in_vain = 0;
    check.current = std::move(now.found);
    check.unreadable = now.unreadable;
    check.view = std::move(now.view);
    SEALBOOK_ASSIGN_OR_RETURN(const bool reached,
                              MonitorToTheEnd(fingerprint, label));
    SEALBOOK_ASSIGN_OR_RETURN(known, Known(state_, fingerprint, label));
    // A version came meanwhile, or there are more than a stream shows.
    if (!reached || known->owner.Greatest() != proven) continue;
    SEALBOOK_RETURN_IF_ERROR(NoteChecked(fingerprint, label, check));
    return check;
  }
  return Withheld(label, "all versions up to the newest distinguished entry");
}

absl::Status MonitorClient::NoteChecked(const crypto::Hash& fingerprint,
                                        const std::string& label,
                                        OwnedCheck& check) {
  return Retry([&]() -> absl::Status {
    SEALBOOK_ASSIGN_OR_RETURN(Ground ground, ReadGround(fingerprint));
    SEALBOOK_ASSIGN_OR_RETURN(check.owned, Known(state_, fingerprint, label));
    StateChange change{.advertised = ground.view, .verified = *ground.view};
    change.owned_before = check.owned;
    check.owned.checked_ms = clock_();
    change.owned = check.owned;
    return state_.Apply(fingerprint, change);
  });
}

absl::Status MonitorClient::Begin(const crypto::Hash& fingerprint,
                                  const std::string& label, const Lookup& now) {
  return Retry([&]() -> absl::Status {
    SEALBOOK_ASSIGN_OR_RETURN(const auto owned,
                              state_.ReadOwned(fingerprint, label));
    if (owned.has_value()) return absl::OkStatus();  // By another process.
    SEALBOOK_ASSIGN_OR_RETURN(Ground ground, ReadGround(fingerprint));
    const std::optional<uint64_t> start =
        keytrans::RightmostDistinguished(ground.configuration, *ground.view);
    if (!start.has_value()) {
      return absl::FailedPreconditionError(
          "the log has no distinguished entry yet: watching begins when it is "
          "older than its Reasonable Monitoring Window");
    }
    Exchange exchange;
    exchange.kind = AnswerKind::kOwnerInit;
    SEALBOOK_ASSIGN_OR_RETURN(
        exchange.request,
        (keytrans::OwnerInitRequest{ground.last(), label, *start}.Encode()));
    v1::OwnerInitCall call;
    call.set_request(exchange.request);
    v1::OwnerInitAnswer message;
    grpc::ClientContext context;
    SetTimeout(context, options_.timeout_ms);
    const grpc::Status status = stub_->OwnerInit(&context, call, &message);
    if (!status.ok()) return ExplainRpc(status, endpoint_);
    exchange.response = std::move(*message.mutable_response());
    SEALBOOK_ASSIGN_OR_RETURN(VerifiedAnswer answer, Judge(ground, exchange));

    StateChange change{.advertised = ground.view, .verified = answer.view};
    change.owned = OwnedAddress{*answer.owner, std::nullopt, clock_()};
    // The start may be in a newer tree than the look-up.
    change.owned->accepted = answer.owner->Greatest();
    if (now.found.has_value()) {
      change.owned->accepted = std::max(
          change.owned->accepted, std::optional<uint32_t>(now.found->version));
      if (answer.owner->Greatest() == now.found->version) {
        change.versions.push_back(
            {now.found->version, std::nullopt, now.found->value});
      }
    }
    return state_.Apply(fingerprint, change);
  });
}

absl::Status MonitorClient::CompareWithKnown(const Lookup& now,
                                             const OwnedAddress& known) {
  const std::optional<uint32_t> before = known.owner.Greatest();
  if (!before.has_value()) return absl::OkStatus();
  std::string contradiction;
  if (!now.found.has_value()) {
    contradiction = "that there is no version";
  } else if (now.found->version < *before) {
    contradiction =
        absl::StrCat("version ", now.found->version, " to be the greatest");
  } else if (now.found->version == *before &&
             keytrans::CommitToValue(now.found->opening, now.label, *before,
                                     now.found->value) !=
                 known.owner.keys.at(*before).commitment) {
    contradiction = absl::StrCat("another value of version ", *before);
  } else {
    return absl::OkStatus();
  }
  Exchange evidence = now.exchange;
  SEALBOOK_ASSIGN_OR_RETURN(evidence.owner, known.owner.Encode());
  return KeepEvidence(
      state_.evidence_folder(), evidence,
      keytrans::Refuse(
          keytrans::RefusalReason::kLadder,
          absl::StrCat("the log proves ", contradiction, " of ", now.label,
                       ", where it has proven version ", *before, " before")));
}

absl::Status MonitorClient::ReadUpdates(const crypto::Hash& fingerprint,
                                        const std::string& label,
                                        std::optional<uint32_t> proven,
                                        const MakeAlarm& make_alarm,
                                        OwnedCheck& check) {
  return Retry([&]() -> absl::Status {
    SEALBOOK_ASSIGN_OR_RETURN(Ground ground, ReadGround(fingerprint));
    SEALBOOK_ASSIGN_OR_RETURN(OwnedAddress owned,
                              Known(state_, fingerprint, label));
    // Nothing is new, or another process was faster. Absent is the least.
    if (owned.owner.Greatest() >= proven) return absl::OkStatus();
    v1::UpdateCall call;
    SEALBOOK_ASSIGN_OR_RETURN(
        *call.mutable_request(),
        (keytrans::UpdateRequest{
            ground.last(), label, owned.owner.Greatest(), {}}
             .Encode()));
    grpc::ClientContext context;
    SetTimeout(context, 10 * options_.timeout_ms);
    auto reader = stub_->Update(&context, call);
    v1::UpdateAnswer message;
    std::vector<std::string> issuers;
    while (reader->Read(&message)) {
      issuers.insert(issuers.end(), message.issuers().begin(),
                     message.issuers().end());
      const absl::Status taken =
          TakeUpdate(ground, owned, message, issuers, make_alarm, check);
      if (!taken.ok()) {
        context.TryCancel();
        return taken;
      }
      if (owned.owner.entries.size() >= kManyEntries) {
        context.TryCancel();
        return absl::OkStatus();
      }
    }
    const grpc::Status status = reader->Finish();
    if (status.ok() && owned.owner.Greatest() < proven) {
      return Withheld(label, "all versions that it has proven");
    }
    // Without an answer there was no version to tell of, though it is proven.
    if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) {
      return Withheld(label, absl::StrCat("a version that it has proven (",
                                          status.error_message(), ")"));
    }
    return status.ok() ? absl::OkStatus() : ExplainRpc(status, endpoint_);
  });
}

absl::Status MonitorClient::TakeUpdate(Ground& ground, OwnedAddress& owned,
                                       v1::UpdateAnswer& message,
                                       const std::vector<std::string>& issuers,
                                       const MakeAlarm& make_alarm,
                                       OwnedCheck& check) {
  const std::string& label = owned.owner.label;
  Exchange exchange;
  exchange.kind = AnswerKind::kUpdate;
  // Each as if it were the answer to a request of its own.
  SEALBOOK_ASSIGN_OR_RETURN(
      exchange.request,
      (keytrans::UpdateRequest{ground.last(), label, owned.owner.Greatest(), {}}
           .Encode()));
  exchange.response = std::move(*message.mutable_response());
  exchange.issuers = issuers;
  SEALBOOK_ASSIGN_OR_RETURN(exchange.owner, owned.owner.Encode());
  SEALBOOK_ASSIGN_OR_RETURN(VerifiedAnswer answer, Judge(ground, exchange));

  StateChange change{.advertised = ground.view, .verified = answer.view};
  change.owned_before = owned;
  std::optional<OwnedVersion> older;
  if (const std::optional<uint32_t> before = owned.owner.Greatest()) {
    SEALBOOK_ASSIGN_OR_RETURN(
        std::vector<OwnedVersion> known,
        state_.ReadOwnedVersions(ground.fingerprint, label, *before));
    if (!known.empty()) older = std::move(known[0]);
  }
  owned.owner = *std::move(answer.owner);
  change.owned = owned;
  for (keytrans::VerifiedUpdate::Version& update : answer.updates) {
    OwnedVersion version{update.version, answer.update_position,
                         std::move(update.value)};
    if (!owned.accepted.has_value() || version.version > *owned.accepted) {
      change.alarms.push_back(
          make_alarm(label, version, older ? &*older : nullptr, issuers));
    }
    older = version;
    change.versions.push_back(version);
  }
  SEALBOOK_RETURN_IF_ERROR(state_.Apply(ground.fingerprint, change));
  check.news.insert(check.news.end(), change.versions.begin(),
                    change.versions.end());
  ground.view = std::move(answer.view);
  return absl::OkStatus();
}

absl::StatusOr<bool> MonitorClient::MonitorOnce(const crypto::Hash& fingerprint,
                                                const std::string& label,
                                                OwnedAddress& after) {
  SEALBOOK_ASSIGN_OR_RETURN(Ground ground, ReadGround(fingerprint));
  SEALBOOK_ASSIGN_OR_RETURN(OwnedAddress owned,
                            Known(state_, fingerprint, label));
  Exchange exchange;
  exchange.kind = AnswerKind::kOwnerMonitor;
  SEALBOOK_ASSIGN_OR_RETURN(
      exchange.request,
      (keytrans::OwnerMonitorRequest{ground.last(), label, owned.owner.entries,
                                     owned.owner.start, owned.owner.Greatest()}
           .Encode()));
  SEALBOOK_ASSIGN_OR_RETURN(exchange.owner, owned.owner.Encode());
  v1::OwnerMonitorCall call;
  call.set_request(exchange.request);
  v1::OwnerMonitorAnswer message;
  grpc::ClientContext context;
  SetTimeout(context, options_.timeout_ms);
  const grpc::Status status = stub_->OwnerMonitor(&context, call, &message);
  if (!status.ok()) return ExplainRpc(status, endpoint_);
  exchange.response = std::move(*message.mutable_response());
  SEALBOOK_ASSIGN_OR_RETURN(VerifiedAnswer answer, Judge(ground, exchange));
  StateChange change{.advertised = ground.view, .verified = answer.view};
  change.owned_before = owned;
  owned.owner = *std::move(answer.owner);
  change.owned = owned;
  SEALBOOK_RETURN_IF_ERROR(state_.Apply(fingerprint, change));
  after = std::move(owned);
  return answer.complete;
}

absl::StatusOr<bool> MonitorClient::MonitorToTheEnd(
    const crypto::Hash& fingerprint, const std::string& label) {
  while (true) {
    SEALBOOK_ASSIGN_OR_RETURN(const OwnedAddress before,
                              Known(state_, fingerprint, label));
    OwnedAddress after;
    bool complete = false;
    SEALBOOK_RETURN_IF_ERROR(Retry([&]() -> absl::Status {
      SEALBOOK_ASSIGN_OR_RETURN(complete,
                                MonitorOnce(fingerprint, label, after));
      return absl::OkStatus();
    }));
    if (complete) return true;
    if (after.owner.start == before.owner.start) return false;
  }
}

absl::StatusOr<ContactsCheck> MonitorClient::CheckContacts(
    const crypto::Hash& fingerprint) {
  SEALBOOK_ASSIGN_OR_RETURN(const Owed owed,
                            state_.ReadObligations(fingerprint));
  ContactsCheck check;
  for (size_t i = 0; i < owed.size(); ++i) {
    const std::string& label = owed[i].label;
    if (i > 0 && label == owed[i - 1].label) continue;
    ++check.labels;
    const absl::StatusOr<size_t> remaining = MonitorLabel(fingerprint, label);
    if (remaining.ok()) {
      check.remaining += *remaining;
    } else {
      check.failures.push_back({label, remaining.status()});
    }
  }
  return check;
}

// States of older versions kept no keys.
absl::Status MonitorClient::FindKeys(const crypto::Hash& fingerprint,
                                     Owed& owed) {
  for (MonitoringObligation& one : owed) {
    if (one.CanBeMonitored()) continue;
    SEALBOOK_ASSIGN_OR_RETURN(Lookup found,
                              LookUp(fingerprint, one.label, one.version));
    if (!found.found.has_value() || found.missing_version.has_value() ||
        found.found->opening != one.opening) {
      return KeepEvidence(
          state_.evidence_folder(), found.exchange,
          keytrans::Refuse(
              keytrans::RefusalReason::kLadder,
              absl::StrCat("version ", one.version, " of ", one.label,
                           " is not what it was when "
                           "it was looked up first")));
    }
    if (!found.found->obligation.has_value()) continue;
    one.ladder = found.found->obligation->ladder;
    if (!one.CanBeMonitored()) {
      return Withheld(one.label, absl::StrCat("what monitoring version ",
                                              one.version, " takes"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> MonitorClient::MonitorLabel(
    const crypto::Hash& fingerprint, const std::string& label) {
  size_t remaining = 0;
  SEALBOOK_RETURN_IF_ERROR(Retry([&]() -> absl::Status {
    SEALBOOK_ASSIGN_OR_RETURN(Owed owed, state_.ReadObligations(fingerprint));
    std::erase_if(owed, [&](const auto& one) { return one.label != label; });
    const Owed stored = owed;
    SEALBOOK_RETURN_IF_ERROR(FindKeys(fingerprint, owed));
    SEALBOOK_ASSIGN_OR_RETURN(Ground ground, ReadGround(fingerprint));

    std::vector<MonitorMapEntry> entries;
    std::map<uint32_t, MonitoringObligation> by_version;
    keytrans::LadderKeys keys;
    for (const MonitoringObligation& one : owed) {
      // Its version was found where nothing is owed any more.
      if (!one.CanBeMonitored()) continue;
      entries.push_back({one.position, one.version});
      const auto [known, first] = by_version.emplace(one.version, one);
      if (!first && known->second.opening != one.opening) {
        return keytrans::Refuse(
            keytrans::RefusalReason::kLadder,
            absl::StrCat("the log has proven two values of version ",
                         one.version, " of ", label));
      }
      keys.insert(one.ladder.begin(), one.ladder.end());
    }
    entries = keytrans::MergeMonitoringMap(std::move(entries));
    std::vector<MonitorMapEntry> later;
    if (entries.size() > kMaxEntries) {
      later.assign(entries.begin() + kMaxEntries, entries.end());
      entries.resize(kMaxEntries);
    }
    Exchange exchange;
    exchange.kind = AnswerKind::kContactMonitor;
    SEALBOOK_ASSIGN_OR_RETURN(
        exchange.request,
        (keytrans::ContactMonitorRequest{ground.last(), label, entries}
             .Encode()));
    SEALBOOK_ASSIGN_OR_RETURN(exchange.keys, keytrans::EncodeLadderKeys(keys));
    v1::ContactMonitorCall call;
    call.set_request(exchange.request);
    for (const MonitorMapEntry& entry : entries) {
      call.add_openings(by_version.at(entry.version).opening.ToString());
    }
    v1::ContactMonitorAnswer message;
    grpc::ClientContext context;
    SetTimeout(context, options_.timeout_ms);
    const grpc::Status status = stub_->ContactMonitor(&context, call, &message);
    if (!status.ok()) return ExplainRpc(status, endpoint_);
    exchange.response = std::move(*message.mutable_response());
    SEALBOOK_ASSIGN_OR_RETURN(VerifiedAnswer answer, Judge(ground, exchange));

    StateChange change{.advertised = ground.view, .verified = answer.view};
    change.done = stored;
    later.insert(later.end(), answer.remaining.begin(), answer.remaining.end());
    for (const MonitorMapEntry& entry : later) {
      MonitoringObligation one = by_version.at(entry.version);
      one.position = entry.position;
      change.owed.push_back(std::move(one));
    }
    remaining = change.owed.size();
    return state_.Apply(fingerprint, change);
  }));
  return remaining;
}

}  // namespace sealbook::client
