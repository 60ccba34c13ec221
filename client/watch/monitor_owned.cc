// What the client does for owners ([KT] "Owner Initialization", "Owner
// Monitoring", "Updating a Label").
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/watch/monitor_client.h"
#include "client/watch/still_proven.h"
#include "client/watch/withheld.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/update_structures.h"

namespace sealbook::client {
namespace {

// Each update adds an entry to what the owner monitors. A request counts them
// in one byte; and where they are far apart, each needs some 10 to 20 ancestors
// of its own in a proof that holds 255. So it monitors after a few.
constexpr size_t kManyEntries = 200;
constexpr int kUpdatesAtOnce = 12;
// Versions may come while the owner monitors; not for ever. Rounds in a row
// without a new one, and all of them.
constexpr int kMaxRounds = 5;
constexpr int kMaxRoundsInAll = 500;

absl::StatusOr<OwnedAddress> Known(State& state,
                                   const crypto::Hash& fingerprint,
                                   const std::string& label) {
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<OwnedAddress> owned,
                            state.ReadOwned(fingerprint, label));
  if (owned.has_value()) return *std::move(owned);
  return absl::NotFoundError(absl::StrCat(label, " is not watched"));
}

}  // namespace

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
    SEALBOOK_RETURN_IF_ERROR(Ask(&Stub::OwnerInit, call, message));
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
  const absl::Status contradiction = CheckStillProven(now, known.owner);
  if (contradiction.ok()) return contradiction;
  Exchange evidence = now.exchange;
  SEALBOOK_ASSIGN_OR_RETURN(evidence.owner, known.owner.Encode());
  return KeepEvidence(state_.evidence_folder(), evidence, contradiction);
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
    const StoppableCall stoppable(options_.stop, context);
    SetTimeout(context, 10 * options_.timeout_ms);
    auto reader = stub_->Update(&context, call);
    v1::UpdateAnswer message;
    std::vector<std::string> issuers;
    for (int taken_now = 1; reader->Read(&message); ++taken_now) {
      issuers.insert(issuers.end(), message.issuers().begin(),
                     message.issuers().end());
      const absl::Status taken =
          TakeUpdate(ground, owned, message, issuers, make_alarm, check);
      if (!taken.ok()) {
        context.TryCancel();
        return taken;
      }
      patience_.Answered();
      if (taken_now == kUpdatesAtOnce ||
          owned.owner.entries.size() >= kManyEntries) {
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
    return status.ok() ? absl::OkStatus() : Failure(context, status);
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
  SEALBOOK_RETURN_IF_ERROR(Ask(&Stub::OwnerMonitor, call, message));
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
  bool thinned = false;
  while (true) {
    SEALBOOK_ASSIGN_OR_RETURN(const OwnedAddress before,
                              Known(state_, fingerprint, label));
    OwnedAddress after;
    bool complete = false;
    const absl::Status status = Retry([&]() -> absl::Status {
      SEALBOOK_ASSIGN_OR_RETURN(complete,
                                MonitorOnce(fingerprint, label, after));
      return absl::OkStatus();
    });
    if (AsksTooMuch(status) && !thinned) {
      SEALBOOK_RETURN_IF_ERROR(MonitorOwnedMap(fingerprint, label));
      thinned = true;
      continue;
    }
    SEALBOOK_RETURN_IF_ERROR(status);
    if (complete) return true;
    if (after.owner.start == before.owner.start) return false;
  }
}

}  // namespace sealbook::client
