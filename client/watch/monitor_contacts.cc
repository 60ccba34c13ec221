// What the client does for contacts ([KT] "Contact Monitor").
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/watch/monitor_client.h"
#include "client/watch/withheld.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/monitoring_map.h"
#include "keytrans/refusal.h"

namespace sealbook::client {
namespace {

using keytrans::MonitoringObligation;
using keytrans::MonitorMapEntry;

// A request counts its entries in one byte.
constexpr size_t kMaxEntries = 255;

}  // namespace

bool AsksTooMuch(const absl::Status& status) {
  return absl::IsResourceExhausted(status) && RetryHintMs(status) == 0;
}

// What is owed of one label, as a monitoring map.
struct MonitorClient::ContactMap {
  std::vector<MonitorMapEntry> entries;
  std::map<uint32_t, MonitoringObligation> by_version;
  keytrans::LadderKeys keys;

  static absl::StatusOr<ContactMap> Make(const Owed& owed) {
    ContactMap map;
    for (const MonitoringObligation& one : owed) {
      // Its version was found where nothing is owed any more.
      if (!one.CanBeMonitored()) continue;
      map.entries.push_back({one.position, one.version});
      const auto [known, first] = map.by_version.emplace(one.version, one);
      if (!first && known->second.opening != one.opening) {
        return keytrans::Refuse(
            keytrans::RefusalReason::kLadder,
            absl::StrCat("the log has proven two values of version ",
                         one.version, " of ", one.label));
      }
      map.keys.insert(one.ladder.begin(), one.ladder.end());
    }
    map.entries = keytrans::MergeMonitoringMap(std::move(map.entries));
    return map;
  }

  std::vector<crypto::Opening> OpeningsOf(
      const std::vector<MonitorMapEntry>& some) const {
    std::vector<crypto::Opening> openings;
    openings.reserve(some.size());
    for (const MonitorMapEntry& entry : some) {
      openings.push_back(by_version.at(entry.version).opening);
    }
    return openings;
  }
};

struct MonitorClient::ContactProgress {
  // How many entries a request has at most: halved where the answer does not
  // fit, which depends on where they are in the log.
  size_t most = kMaxEntries;
  // Versions that were monitored in this check.
  std::set<uint32_t> asked;
  // Whether all were, and how many there are by now.
  bool done = false;
  size_t remaining = 0;

  // What a map has that is to be asked about now, and the rest of it.
  struct Portion {
    std::vector<MonitorMapEntry> now;
    std::vector<MonitorMapEntry> others;
    // Whether some of the rest is still to be asked about.
    bool more = false;
  };
  Portion Next(const std::vector<MonitorMapEntry>& entries) const {
    Portion portion;
    for (const MonitorMapEntry& entry : entries) {
      const bool open = !asked.contains(entry.version);
      const bool fits = portion.now.size() < most;
      if (open && !fits) portion.more = true;
      (open && fits ? portion.now : portion.others).push_back(entry);
    }
    return portion;
  }
};

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
    const bool stopped = options_.stop != nullptr && options_.stop->requested();
    if (remaining.ok()) {
      check.remaining += *remaining;
    } else if (!stopped || keytrans::RefusalOf(remaining.status())) {
      check.failures.push_back({label, remaining.status()});
    }
    // What was refused before is not forgotten for it.
    if (stopped) return check;
  }
  return check;
}

// States of older versions kept no keys, and an answer may leave some out.
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
  ContactProgress progress;
  // Ends: each time, a version more was monitored, or fewer are asked about.
  while (!progress.done) {
    SEALBOOK_RETURN_IF_ERROR(
        Retry([&] { return MonitorSome(fingerprint, label, progress); }));
  }
  return progress.remaining;
}

absl::Status MonitorClient::MonitorSome(const crypto::Hash& fingerprint,
                                        const std::string& label,
                                        ContactProgress& progress) {
  SEALBOOK_ASSIGN_OR_RETURN(Owed owed, state_.ReadObligations(fingerprint));
  std::erase_if(owed, [&](const auto& one) { return one.label != label; });
  StateChange change;
  change.done = owed;
  SEALBOOK_RETURN_IF_ERROR(FindKeys(fingerprint, owed));
  SEALBOOK_ASSIGN_OR_RETURN(const Ground ground, ReadGround(fingerprint));
  SEALBOOK_ASSIGN_OR_RETURN(const ContactMap map, ContactMap::Make(owed));
  change.advertised = ground.view;
  change.verified = *ground.view;

  ContactProgress::Portion portion = progress.Next(map.entries);
  std::vector<MonitorMapEntry>& left = portion.others;
  if (!portion.now.empty()) {
    const absl::StatusOr<VerifiedAnswer> answer = AskAboutContact(
        ground, label, portion.now, map.keys, map.OpeningsOf(portion.now));
    if (AsksTooMuch(answer.status()) && portion.now.size() > 1) {
      progress.most = portion.now.size() / 2;
      return absl::OkStatus();
    }
    SEALBOOK_RETURN_IF_ERROR(answer.status());
    left.insert(left.end(), answer->remaining.begin(), answer->remaining.end());
    change.verified = answer->view;
  }
  for (const MonitorMapEntry& entry : left) {
    MonitoringObligation one = map.by_version.at(entry.version);
    one.position = entry.position;
    change.owed.push_back(std::move(one));
  }
  SEALBOOK_RETURN_IF_ERROR(state_.Apply(fingerprint, change));
  for (const MonitorMapEntry& entry : portion.now) {
    progress.asked.insert(entry.version);
  }
  progress.remaining = change.owed.size();
  progress.done = !portion.more;
  return absl::OkStatus();
}

absl::Status MonitorClient::MonitorOwnedMap(const crypto::Hash& fingerprint,
                                            const std::string& label) {
  ContactProgress progress;
  progress.most = kMaxEntries / 2;
  // Ends as in MonitorLabel.
  while (!progress.done) {
    SEALBOOK_RETURN_IF_ERROR(
        Retry([&] { return MonitorSomeOwned(fingerprint, label, progress); }));
  }
  return absl::OkStatus();
}

absl::Status MonitorClient::MonitorSomeOwned(const crypto::Hash& fingerprint,
                                             const std::string& label,
                                             ContactProgress& progress) {
  SEALBOOK_ASSIGN_OR_RETURN(const Ground ground, ReadGround(fingerprint));
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<OwnedAddress> owned,
                            state_.ReadOwned(fingerprint, label));
  progress.done = true;
  if (!owned.has_value()) return absl::OkStatus();  // Not watched any more.
  StateChange change{.advertised = ground.view};
  change.owned_before = owned;
  ContactProgress::Portion portion = progress.Next(owned->owner.entries);
  if (portion.now.empty()) return absl::OkStatus();
  const absl::StatusOr<VerifiedAnswer> answer = AskAboutContact(
      ground, label, portion.now, owned->owner.keys, /*openings=*/{});
  if (AsksTooMuch(answer.status()) && portion.now.size() > 1) {
    progress.most = portion.now.size() / 2;
    progress.done = false;
    return absl::OkStatus();
  }
  SEALBOOK_RETURN_IF_ERROR(answer.status());
  std::vector<MonitorMapEntry>& left = portion.others;
  left.insert(left.end(), answer->remaining.begin(), answer->remaining.end());
  owned->owner.entries = keytrans::MergeMonitoringMap(std::move(left));
  change.owned = owned;
  change.verified = answer->view;
  SEALBOOK_RETURN_IF_ERROR(state_.Apply(fingerprint, change));
  for (const MonitorMapEntry& entry : portion.now) {
    progress.asked.insert(entry.version);
  }
  progress.done = !portion.more;
  return absl::OkStatus();
}

absl::StatusOr<VerifiedAnswer> MonitorClient::AskAboutContact(
    const Ground& ground, const std::string& label,
    const std::vector<MonitorMapEntry>& entries,
    const keytrans::LadderKeys& keys,
    const std::vector<crypto::Opening>& openings) {
  Exchange exchange;
  exchange.kind = AnswerKind::kContactMonitor;
  SEALBOOK_ASSIGN_OR_RETURN(exchange.request, (keytrans::ContactMonitorRequest{
                                                  ground.last(), label, entries}
                                                   .Encode()));
  SEALBOOK_ASSIGN_OR_RETURN(exchange.keys, keytrans::EncodeLadderKeys(keys));
  v1::ContactMonitorCall call;
  call.set_request(exchange.request);
  for (const crypto::Opening& opening : openings) {
    call.add_openings(opening.ToString());
  }
  v1::ContactMonitorAnswer message;
  SEALBOOK_RETURN_IF_ERROR(Ask(&Stub::ContactMonitor, call, message));
  exchange.response = std::move(*message.mutable_response());
  return Judge(ground, exchange);
}

}  // namespace sealbook::client
