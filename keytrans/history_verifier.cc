// The Verifier's judgement of answers about the past.
#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/algorithms.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/history_algorithms.h"
#include "keytrans/proof_consumer.h"
#include "keytrans/refusal.h"
#include "keytrans/verification.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

// The versions of all base binary ladders, ascending.
std::vector<uint32_t> UnionOfLadders(uint32_t newest, size_t count) {
  std::set<uint32_t> versions;
  for (size_t i = 0; i < count; ++i) {
    const std::vector<uint32_t> ladder =
        BaseBinaryLadder(static_cast<uint32_t>(newest - i));
    versions.insert(ladder.begin(), ladder.end());
  }
  return std::vector<uint32_t>(versions.begin(), versions.end());
}

absl::Status CheckShape(const HistoryResponse& response, uint32_t newest,
                        uint64_t size, const Configuration& configuration,
                        std::optional<uint64_t> newer) {
  if (response.versions.size() > uint64_t{newest} + 1) {
    return Refuse(RefusalReason::kElementCount,
                  absl::StrCat("versions has ", response.versions.size(),
                               " elements, from version ", newest, " down"));
  }
  uint64_t limit = newer.value_or(size - 1);
  for (size_t i = 0; i < response.versions.size(); ++i) {
    const std::optional<uint64_t>& position = response.versions[i].position;
    if (!position.has_value()) {
      if (configuration.maximum_lifetime.has_value()) continue;
      return Refuse(RefusalReason::kElementCount,
                    absl::StrCat("version ", newest - i,
                                 " lacks its position in a log without a "
                                 "maximum lifetime"));
    }
    if (*position > limit) {
      return Refuse(RefusalReason::kLadder,
                    absl::StrCat("version ", newest - i,
                                 " is said to appear at log entry ", *position,
                                 ", right of entry ", limit));
    }
    limit = *position;
  }
  return absl::OkStatus();
}

// Of the greatest version: nothing above it exists, so nothing above it has a
// commitment.
absl::Status CheckNoneAbove(uint32_t greatest,
                            absl::Span<const uint32_t> versions,
                            absl::Span<const BinaryLadderStep> steps) {
  for (size_t i = 0; i < std::min(versions.size(), steps.size()); ++i) {
    if (versions[i] <= greatest || !steps[i].commitment.has_value()) continue;
    return Refuse(
        RefusalReason::kLadder,
        absl::StrCat("binary_ladder has a commitment for version ", versions[i],
                     " where ", greatest, " is the greatest"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<uint32_t, crypto::Commitment>> Commitments(
    const LogKeys& keys, absl::string_view label, uint32_t newest,
    absl::Span<const HistoryVersion> versions) {
  std::map<uint32_t, crypto::Commitment> commitments;
  for (size_t i = 0; i < versions.size(); ++i) {
    const auto version = static_cast<uint32_t>(newest - i);
    const HistoryVersion& shown = versions[i];
    SEALBOOK_ASSIGN_OR_RETURN(const crypto::Commitment commitment,
                              VerifyValue(keys, label, version, shown.opening,
                                          shown.value, shown.suffix));
    commitments.emplace(version, commitment);
  }
  return commitments;
}

// Searches for and dates each version shown.
absl::Status ConsumeHistory(ProofConsumer& consumer, const ShownTree& tree,
                            const HistoryRequest& request,
                            const LadderKeys& keys, HistoryResponse& response,
                            uint32_t newest, VerifiedHistory& history) {
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, tree.size, request.last));
  MadeLookups made;
  for (size_t i = 0; i < response.versions.size(); ++i) {
    HistoryVersion& shown = response.versions[i];
    VerifiedHistoryVersion verified;
    verified.version = static_cast<uint32_t>(newest - i);
    const bool greatest = i == 0 && !request.newest.has_value();
    KnownLookups known(made);
    SEALBOOK_ASSIGN_OR_RETURN(
        SearchOutcome outcome,
        greatest
            ? GreatestVersionSearch(consumer, tree, known, verified.version)
            : FindVersion(consumer, tree, known, verified.version));
    if (shown.position.has_value()) {
      SEALBOOK_ASSIGN_OR_RETURN(
          uint64_t timestamp,
          FirstAppearance(consumer, tree, made, verified.version,
                          *shown.position));
      verified.since = {*shown.position, timestamp};
    }
    verified.opening = shown.opening;
    verified.value = std::move(shown.value);
    if (outcome.MustMonitor()) {
      history.obligations.push_back(
          MakeObligation(request.label, outcome.terminal, verified.version,
                         verified.opening, keys));
    }
    history.versions.push_back(std::move(verified));
  }
  return absl::OkStatus();
}

// Also: in_force only where there is a position, and a position in the tree.
absl::Status CheckShape(const AsOfResponse& response, uint64_t size) {
  if (response.in_force.has_value() && !response.position.has_value()) {
    return Refuse(RefusalReason::kElementCount,
                  "a version is said to be in force before the log began");
  }
  if (response.position.has_value() && *response.position >= size) {
    return Refuse(RefusalReason::kTreeSize,
                  absl::StrCat("log entry ", *response.position,
                               " is not in the tree of size ", size));
  }
  return absl::OkStatus();
}

absl::StatusOr<LadderKeys> VerifyLadder(const LogKeys& log,
                                        const crypto::VrfPublicKey& key,
                                        absl::string_view label,
                                        const AsOfResponse& response) {
  std::vector<uint32_t> versions;
  std::map<uint32_t, crypto::Commitment> opened;
  if (response.in_force.has_value()) {
    const VersionInForce& in_force = *response.in_force;
    versions = BaseBinaryLadder(in_force.version);
    SEALBOOK_ASSIGN_OR_RETURN(
        const crypto::Commitment commitment,
        VerifyValue(log, label, in_force.version, in_force.opening,
                    in_force.value, in_force.suffix));
    opened.emplace(in_force.version, commitment);
  } else if (response.position.has_value()) {
    versions = {0};
    // Absence is all that is to be shown: an inclusion is refused for lack of a
    // commitment, so none may come along.
    for (const BinaryLadderStep& step : response.binary_ladder) {
      if (!step.commitment.has_value()) continue;
      return Refuse(RefusalReason::kLadder,
                    "binary_ladder has a commitment for version 0, which is "
                    "said to be absent");
    }
  }
  return VerifySteps(key, label, versions, response.binary_ladder, opened);
}

}  // namespace

absl::StatusOr<VerifiedHistory> Verifier::VerifyHistory(
    const HistoryRequest& request, const std::optional<TreeView>& retained,
    absl::string_view bytes, uint64_t now,
    std::optional<uint64_t> newer) const {
  SEALBOOK_RETURN_IF_ERROR(CheckOwnLabel(request.label));
  SEALBOOK_RETURN_IF_ERROR(CheckAdvertised(request.last, retained));
  auto parsed = HistoryResponse::Parse(configuration(), request, bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, parsed.status()));
  HistoryResponse& response = *parsed;
  SEALBOOK_ASSIGN_OR_RETURN(
      const ShownHead head,
      ShownHead::Of(keys_, response.full_tree_head, retained));
  const uint32_t newest =
      request.newest.has_value() ? *request.newest : *response.newest;
  SEALBOOK_RETURN_IF_ERROR(
      CheckShape(response, newest, head.size(), configuration(), newer));
  const std::vector<uint32_t> versions =
      UnionOfLadders(newest, response.versions.size());
  if (!request.newest.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(
        CheckNoneAbove(newest, versions, response.binary_ladder));
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      const auto opened,
      Commitments(keys_, request.label, newest, response.versions));
  SEALBOOK_ASSIGN_OR_RETURN(LadderKeys keys,
                            VerifySteps(*vrf_key_, request.label, versions,
                                        response.binary_ladder, opened));

  ProofConsumer consumer = head.Consume(response.history, keys);
  VerifiedHistory history;
  SEALBOOK_RETURN_IF_ERROR(
      ConsumeHistory(consumer, ShownBy(configuration(), head.size()), request,
                     keys, response, newest, history));
  if (!ContactsMonitor(configuration())) history.obligations.clear();
  SEALBOOK_ASSIGN_OR_RETURN(history.view, head.Accept(consumer, now));
  return history;
}

absl::StatusOr<VerifiedState> Verifier::VerifyAsOf(
    const AsOfRequest& request, const std::optional<TreeView>& retained,
    absl::string_view bytes, uint64_t now) const {
  SEALBOOK_RETURN_IF_ERROR(CheckOwnLabel(request.label));
  SEALBOOK_RETURN_IF_ERROR(CheckAdvertised(request.last, retained));
  auto parsed = AsOfResponse::Parse(configuration(), bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, parsed.status()));
  AsOfResponse& response = *parsed;
  SEALBOOK_ASSIGN_OR_RETURN(
      const ShownHead head,
      ShownHead::Of(keys_, response.full_tree_head, retained));
  SEALBOOK_RETURN_IF_ERROR(CheckShape(response, head.size()));
  SEALBOOK_ASSIGN_OR_RETURN(
      LadderKeys keys, VerifyLadder(keys_, *vrf_key_, request.label, response));

  ProofConsumer consumer = head.Consume(response.search, keys);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, head.size(), request.last));
  StateAsOf claim{request.time, response.position, std::nullopt};
  if (response.in_force.has_value()) claim.version = response.in_force->version;
  MadeLookups made;
  SEALBOOK_ASSIGN_OR_RETURN(
      std::optional<SearchOutcome> outcome,
      VerifyStateAsOf(consumer, ShownBy(configuration(), head.size()), made,
                      claim));
  VerifiedState state;
  state.position = response.position;
  SEALBOOK_ASSIGN_OR_RETURN(state.view, head.Accept(consumer, now));
  if (!response.in_force.has_value()) return state;
  VerifiedVersion found;
  found.version = response.in_force->version;
  found.value = std::move(response.in_force->value);
  found.opening = response.in_force->opening;
  found.terminal = outcome->terminal;
  found.view = state.view;
  if (outcome->MustMonitor() && ContactsMonitor(configuration())) {
    found.obligation = MakeObligation(request.label, outcome->terminal,
                                      found.version, found.opening, keys);
  }
  state.in_force = std::move(found);
  return state;
}

absl::StatusOr<VerifiedDistinguished> Verifier::VerifyDistinguished(
    const DistinguishedRequest& request,
    const std::optional<TreeView>& retained, absl::string_view bytes,
    uint64_t now) const {
  SEALBOOK_RETURN_IF_ERROR(CheckAdvertised(request.last, retained));
  auto response = DistinguishedResponse::Parse(configuration(), bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, response.status()));
  SEALBOOK_ASSIGN_OR_RETURN(
      const ShownHead head,
      ShownHead::Of(keys_, response->full_tree_head, retained));
  const LadderKeys no_keys;
  ProofConsumer consumer = head.Consume(response->distinguished, no_keys);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, head.size(), request.last));
  SEALBOOK_ASSIGN_OR_RETURN(
      std::vector<uint64_t> positions,
      WalkDistinguished(consumer, ShownBy(configuration(), head.size()),
                        request.stop));
  VerifiedDistinguished result;
  for (uint64_t position : positions) {
    result.entries.push_back({position, {}, {}});
  }
  SEALBOOK_ASSIGN_OR_RETURN(result.view,
                            head.Accept(consumer, now, result.entries));
  return result;
}

}  // namespace sealbook::keytrans
