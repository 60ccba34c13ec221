// The Verifier's judgement of answers to contacts and owners.
#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/algorithms.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/monitor_algorithms.h"
#include "keytrans/monitoring_map.h"
#include "keytrans/proof_consumer.h"
#include "keytrans/refusal.h"
#include "keytrans/update_algorithm.h"
#include "keytrans/verification.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

// FAILED_PRECONDITION: a monitoring map that no log needs to answer.
absl::Status CheckOwnMap(absl::Span<const MonitorMapEntry> entries,
                         const std::optional<TreeView>& retained) {
  if (!entries.empty() && !retained.has_value()) {
    return absl::FailedPreconditionError(
        "there are entries to monitor, but no tree is retained");
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].position >= retained->size()) {
      return absl::FailedPreconditionError(
          absl::StrCat("log entry ", entries[i].position,
                       " is to be monitored, but the "
                       "retained tree has ",
                       retained->size(), " entries"));
    }
    if (i > 0 && (entries[i].position <= entries[i - 1].position ||
                  entries[i].version <= entries[i - 1].version)) {
      return absl::FailedPreconditionError(
          "the entries to monitor do not ascend by position and version");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOwnKeys(absl::Span<const MonitorMapEntry> entries,
                          const LadderKeys& keys) {
  for (const MonitorMapEntry& entry : entries) {
    for (uint32_t version : MonitoringBinaryLadder(entry.version)) {
      const auto key = keys.find(version);
      if (key != keys.end() && key->second.commitment.has_value()) continue;
      return absl::FailedPreconditionError(absl::StrCat(
          "no key and commitment of version ", version,
          " are retained, which monitoring version ", entry.version, " needs"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOwner(const OwnerState& owner, absl::string_view label,
                        const std::optional<uint32_t>& greatest,
                        const std::optional<TreeView>& retained) {
  if (owner.label != label || owner.Greatest() != greatest ||
      !retained.has_value() || owner.start >= retained->size()) {
    return absl::FailedPreconditionError(
        "the request does not advertise the owner's state");
  }
  return absl::OkStatus();
}

// "Owner Initialization", steps 1 and 2 of the user's verification, but for
// what needs the proof.
absl::Status CheckGreatestVersions(const OwnerInitResponse& response) {
  const std::vector<uint32_t>& greatest = response.greatest_versions;
  for (size_t i = 1; i < greatest.size(); ++i) {
    if (greatest[i] <= greatest[i - 1]) continue;
    return Refuse(RefusalReason::kLadder,
                  absl::StrCat("greatest_versions grow to the left: ",
                               greatest[i], " after ", greatest[i - 1]));
  }
  return absl::OkStatus();
}

// "Owner Algorithm", steps 3 and 4 of the initialization.
absl::StatusOr<LadderKeys> VerifyInitLadder(const crypto::VrfPublicKey& key,
                                            absl::string_view label,
                                            const OwnerInitResponse& response) {
  std::set<uint32_t> needed = {0};
  for (uint32_t greatest : response.greatest_versions) {
    const std::vector<uint32_t> ladder = BaseBinaryLadder(greatest);
    needed.insert(ladder.begin(), ladder.end());
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      LadderKeys keys,
      VerifySteps(key, label,
                  std::vector<uint32_t>(needed.begin(), needed.end()),
                  response.binary_ladder, {}));
  // "Note that the existence of a version does not require the existence of all
  // lesser versions": where no lookup needs one, its commitment may be missing.
  const std::vector<uint32_t>& greatest = response.greatest_versions;
  for (const auto& [version, query] : keys) {
    const bool exists = !greatest.empty() && version <= greatest[0];
    if (!exists && query.commitment.has_value()) {
      return Refuse(
          RefusalReason::kLadder,
          absl::StrCat("binary_ladder has a commitment for version ", version));
    }
    const bool named =
        std::find(greatest.begin(), greatest.end(), version) != greatest.end();
    if (named && !query.commitment.has_value()) {
      return Refuse(
          RefusalReason::kLadder,
          absl::StrCat("binary_ladder lacks the commitment for version ",
                       version));
    }
  }
  return keys;
}

// UpdateResponse.binary_ladder counts in one byte.
constexpr uint64_t kMaxUpdateVersions = 255;

struct CheckedUpdate {
  NewVersions update;
  std::vector<std::string> values;
};

// "Updating a Label", steps 1 and 2 of the user's verification.
absl::StatusOr<CheckedUpdate> CheckUpdate(const UpdateRequest& request,
                                          const OwnerState& owner,
                                          const UpdateResponse& response,
                                          uint64_t size) {
  const std::vector<LabelValue>& values =
      response.values.empty() ? request.values : response.values;
  if (response.info.empty() || response.info.size() != values.size()) {
    return Refuse(
        RefusalReason::kElementCount,
        absl::StrCat("info has ", response.info.size(), " elements, there are ",
                     values.size(), " new values"));
  }
  if (response.position >= size) {
    return Refuse(RefusalReason::kTreeSize,
                  absl::StrCat("log entry ", response.position,
                               " is not in the tree of size ", size));
  }
  const uint64_t known = owner.GreatestPosition().value_or(owner.start);
  if (response.position <= known) {
    return Refuse(
        RefusalReason::kLadder,
        absl::StrCat("new versions are said to be in log entry ",
                     response.position, ", not to the right of entry ", known));
  }
  CheckedUpdate checked;
  NewVersions& update = checked.update;
  update = {response.position, owner.Greatest(), 0, owner.GreatestPosition(),
            owner.start};
  update.skipped = response.skipped_versions.value_or(0);
  // Each has a step of binary_ladder, unless it was known.
  const uint64_t added = uint64_t{update.skipped} + values.size();
  if (added > kMaxUpdateVersions) {
    return Refuse(
        RefusalReason::kElementCount,
        absl::StrCat(added, " new versions in one log entry, at most ",
                     kMaxUpdateVersions, " can be shown"));
  }
  const uint64_t greatest =
      (update.previous ? uint64_t{*update.previous} + 1 : 0) + added - 1;
  if (greatest > std::numeric_limits<uint32_t>::max()) {
    return Refuse(RefusalReason::kElementCount,
                  "there are more new versions than version numbers left");
  }
  update.greatest = static_cast<uint32_t>(greatest);
  for (const LabelValue& value : values) checked.values.push_back(value.value);
  return checked;
}

// Steps 3 and 4: the owner's keys with those of the new versions.
absl::StatusOr<LadderKeys> VerifyUpdateLadder(const LogKeys& log,
                                              const crypto::VrfPublicKey& key,
                                              absl::string_view label,
                                              const OwnerState& owner,
                                              const UpdateResponse& response,
                                              const CheckedUpdate& checked) {
  const NewVersions& update = checked.update;
  SEALBOOK_ASSIGN_OR_RETURN(LadderKeys keys,
                            VerifySteps(key, label, UpdateLadder(update),
                                        response.binary_ladder, {}));
  for (const auto& [version, query] : keys) {
    if (!query.commitment.has_value()) continue;
    return Refuse(RefusalReason::kLadder,
                  absl::StrCat("binary_ladder has a commitment for version ",
                               version, ", which is new"));
  }
  keys.insert(owner.keys.begin(), owner.keys.end());
  for (uint32_t i = 0; i < update.skipped; ++i) {
    const auto known = keys.find(update.first() + i);
    if (known != keys.end()) known->second.commitment = crypto::Commitment();
  }
  for (size_t i = 0; i < checked.values.size(); ++i) {
    const auto version =
        static_cast<uint32_t>(update.first() + update.skipped + i);
    const auto known = keys.find(version);
    if (known == keys.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the owner's state lacks the key of version ", version));
    }
    SEALBOOK_ASSIGN_OR_RETURN(
        known->second.commitment,
        VerifyValue(log, label, version, response.info[i].opening,
                    checked.values[i], response.info[i].suffix));
  }
  return keys;
}

OwnerState AfterUpdate(const OwnerState& owner, const NewVersions& update,
                       bool distinguished, LadderKeys keys) {
  OwnerState next = owner;
  next.keys = std::move(keys);
  next.AddChange(update.position, update.greatest);
  if (!distinguished) {
    next.entries.push_back({update.position, update.greatest});
    // Where the owner has monitored past the log entry already.
    next.entries = MergeMonitoringMap(std::move(next.entries));
  }
  next.MoveStart(next.start);  // Forgets the keys that are not needed.
  return next;
}

}  // namespace

absl::StatusOr<VerifiedContact> Verifier::VerifyContactMonitor(
    const ContactMonitorRequest& request,
    const std::optional<TreeView>& retained, const LadderKeys& keys,
    absl::string_view bytes, uint64_t now) const {
  SEALBOOK_RETURN_IF_ERROR(CheckOwnLabel(request.label));
  SEALBOOK_RETURN_IF_ERROR(CheckAdvertised(request.last, retained));
  SEALBOOK_RETURN_IF_ERROR(CheckOwnMap(request.entries, retained));
  SEALBOOK_RETURN_IF_ERROR(CheckOwnKeys(request.entries, keys));
  auto response = ContactMonitorResponse::Parse(configuration(), bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, response.status()));
  SEALBOOK_ASSIGN_OR_RETURN(
      const ShownHead head,
      ShownHead::Of(keys_, response->full_tree_head, retained));
  ProofConsumer consumer = head.Consume(response->monitor, keys);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, head.size(), request.last));
  VerifiedContact result;
  SEALBOOK_ASSIGN_OR_RETURN(
      result.entries,
      MonitorContact(consumer, ShownBy(configuration(), head.size()),
                     request.entries, std::nullopt));
  SEALBOOK_ASSIGN_OR_RETURN(result.view, head.Accept(consumer, now));
  return result;
}

absl::StatusOr<VerifiedOwner> Verifier::VerifyOwnerInit(
    const OwnerInitRequest& request, const std::optional<TreeView>& retained,
    absl::string_view bytes, uint64_t now) const {
  SEALBOOK_RETURN_IF_ERROR(CheckOwnLabel(request.label));
  SEALBOOK_RETURN_IF_ERROR(CheckAdvertised(request.last, retained));
  auto response = OwnerInitResponse::Parse(configuration(), bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, response.status()));
  SEALBOOK_ASSIGN_OR_RETURN(
      const ShownHead head,
      ShownHead::Of(keys_, response->full_tree_head, retained));
  const std::vector<uint32_t>& greatest = response->greatest_versions;
  SEALBOOK_RETURN_IF_ERROR(CheckGreatestVersions(*response));
  SEALBOOK_ASSIGN_OR_RETURN(
      LadderKeys keys, VerifyInitLadder(*vrf_key_, request.label, *response));

  ProofConsumer consumer = head.Consume(response->init, keys);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, head.size(), request.last));
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::vector<uint64_t> positions,
      OwnerInitPositions(consumer, ShownBy(configuration(), head.size()),
                         request.start));
  if (greatest.size() > positions.size()) {
    return Refuse(
        RefusalReason::kElementCount,
        absl::StrCat("greatest_versions has ", greatest.size(),
                     " elements, at most ", positions.size(), " are expected"));
  }
  SEALBOOK_RETURN_IF_ERROR(InitOwner(consumer, positions, greatest));
  VerifiedOwner result;
  SEALBOOK_ASSIGN_OR_RETURN(result.view, head.Accept(consumer, now));
  result.owner.label = request.label;
  result.owner.start = request.start;
  if (!greatest.empty()) result.owner.at_start = greatest[0];
  result.owner.keys = std::move(keys);
  result.owner.MoveStart(request.start);  // Forgets what is not needed.
  return result;
}

absl::StatusOr<VerifiedOwner> Verifier::VerifyOwnerMonitor(
    const OwnerMonitorRequest& request, const std::optional<TreeView>& retained,
    const OwnerState& owner, absl::string_view bytes, uint64_t now) const {
  SEALBOOK_RETURN_IF_ERROR(CheckOwnLabel(request.label));
  SEALBOOK_RETURN_IF_ERROR(CheckAdvertised(request.last, retained));
  SEALBOOK_RETURN_IF_ERROR(
      CheckOwner(owner, request.label, request.greatest_version, retained));
  SEALBOOK_RETURN_IF_ERROR(CheckOwnMap(request.entries, retained));
  SEALBOOK_RETURN_IF_ERROR(CheckOwnKeys(request.entries, owner.keys));
  if (request.start != owner.start || request.entries != owner.entries) {
    return absl::FailedPreconditionError(
        "the request does not advertise the owner's state");
  }
  auto response = OwnerMonitorResponse::Parse(configuration(), bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, response.status()));
  SEALBOOK_ASSIGN_OR_RETURN(
      const ShownHead head,
      ShownHead::Of(keys_, response->full_tree_head, retained));
  const ShownTree tree = ShownBy(configuration(), head.size());
  ProofConsumer consumer = head.Consume(response->monitor, owner.keys);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, head.size(), request.last));
  VerifiedOwner result;
  result.owner = owner;
  SEALBOOK_ASSIGN_OR_RETURN(
      result.owner.entries,
      MonitorContact(consumer, tree, request.entries, request.start));
  const OwnerMonitoring monitoring = {
      request.start, [&owner](uint64_t position) { return owner.At(position); },
      [&consumer](uint64_t /*position*/) { return consumer.ProofsConsumed(); }};
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<uint64_t> inspected,
                            MonitorOwner(consumer, tree, monitoring));
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> rightmost,
                            RightmostDistinguished(consumer, tree));
  SEALBOOK_ASSIGN_OR_RETURN(result.view, head.Accept(consumer, now));
  result.owner.MoveStart(inspected.empty() ? owner.start : inspected.back());
  result.complete = !rightmost.has_value() || *rightmost <= result.owner.start;
  return result;
}

absl::StatusOr<VerifiedUpdate> Verifier::VerifyUpdate(
    const UpdateRequest& request, const std::optional<TreeView>& retained,
    const OwnerState& owner, absl::string_view bytes, uint64_t now) const {
  SEALBOOK_RETURN_IF_ERROR(CheckOwnLabel(request.label));
  SEALBOOK_RETURN_IF_ERROR(CheckAdvertised(request.last, retained));
  SEALBOOK_RETURN_IF_ERROR(
      CheckOwner(owner, request.label, request.greatest_version, retained));
  auto response = UpdateResponse::Parse(configuration(), bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, response.status()));
  SEALBOOK_ASSIGN_OR_RETURN(
      const ShownHead head,
      ShownHead::Of(keys_, response->full_tree_head, retained));
  SEALBOOK_ASSIGN_OR_RETURN(
      CheckedUpdate checked,
      CheckUpdate(request, owner, *response, head.size()));
  const NewVersions& update = checked.update;
  SEALBOOK_ASSIGN_OR_RETURN(LadderKeys keys,
                            VerifyUpdateLadder(keys_, *vrf_key_, request.label,
                                               owner, *response, checked));

  ProofConsumer consumer = head.Consume(response->update, keys);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, head.size(), request.last));
  const KnownInclusion known =
      [&owner](uint32_t version, uint64_t position) -> absl::StatusOr<bool> {
    const std::optional<uint32_t> greatest = owner.At(position);
    return greatest.has_value() && version <= *greatest;
  };
  SEALBOOK_ASSIGN_OR_RETURN(
      const bool distinguished,
      VerifyNewVersions(consumer, ShownBy(configuration(), head.size()), update,
                        known));
  VerifiedUpdate result;
  SEALBOOK_ASSIGN_OR_RETURN(result.view, head.Accept(consumer, now));
  result.position = update.position;
  for (size_t i = 0; i < checked.values.size(); ++i) {
    result.versions.push_back(
        {static_cast<uint32_t>(update.first() + update.skipped + i),
         response->info[i].opening, std::move(checked.values[i])});
  }
  result.owner = AfterUpdate(owner, update, distinguished, std::move(keys));
  return result;
}

}  // namespace sealbook::keytrans
