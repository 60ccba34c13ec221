#include "keytrans/monitor_prover.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/algorithms.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/credential_structures.h"
#include "keytrans/implicit_tree.h"
#include "keytrans/monitor_algorithms.h"
#include "keytrans/proof_recorder.h"
#include "keytrans/proving.h"
#include "keytrans/refusal.h"
#include "keytrans/update_algorithm.h"

namespace sealbook::keytrans {
namespace {

absl::Status InvalidEntry(const MonitorMapEntry& entry, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("entry with position ", entry.position, " and version ",
                   entry.version, ": ", why));
}

bool IsRightAncestor(uint64_t ancestor, uint64_t position, uint64_t size) {
  if (ancestor < position) return false;
  const std::vector<uint64_t> path = DirectPath(position, size);
  return std::find(path.begin(), path.end(), ancestor) != path.end();
}

// "The Transparency Log verifies that each MonitorMapEntry [...]". That they
// ascend is the parser's. Fills `ladder` with what monitoring them needs, not
// proven yet.
absl::Status CheckEntries(LabelVersions& label, uint64_t size,
                          absl::Span<const MonitorMapEntry> entries,
                          LadderMaker& ladder) {
  for (const MonitorMapEntry& entry : entries) {
    if (entry.position >= size) {
      return InvalidEntry(entry,
                          absl::StrCat("the tree has ", size, " log entries"));
    }
    SEALBOOK_ASSIGN_OR_RETURN(auto facts, label.Facts(entry.version));
    if (!facts.has_value()) {
      return InvalidEntry(entry, "the label has no such version");
    }
    if (entry.position != facts->position &&
        !IsRightAncestor(entry.position, facts->position, size)) {
      return InvalidEntry(entry,
                          "the position is not on the direct path of the first "
                          "log entry with that version, or to its left");
    }
    const std::vector<uint32_t> versions =
        MonitoringBinaryLadder(entry.version);
    SEALBOOK_RETURN_IF_ERROR(ladder.AddFacts(versions));
    for (uint32_t version : versions) {
      const std::optional<uint64_t>& added = ladder.PositionOf(version);
      if (added.has_value() && *added <= facts->position) continue;
      return absl::DataLossError(absl::StrCat(
          "the log contradicts itself: version ", version,
          " did not exist where version ", entry.version, " was added"));
    }
  }
  return absl::OkStatus();
}

// What is wrong after CheckEntries are entries that meet in the wrong order.
absl::Status RecordContact(ProofRecorder& recorder, const ShownTree& tree,
                           absl::Span<const MonitorMapEntry> entries,
                           std::optional<uint64_t> owner_start) {
  const absl::Status status =
      MonitorContact(recorder, tree, entries, owner_start).status();
  if (!RefusalOf(status).has_value()) return status;
  return absl::InvalidArgumentError(
      absl::StrCat("entries contradict each other: ", status.message()));
}

// Of the requester's `start`: what is wrong with it is no fault of the log.
absl::StatusOr<std::vector<uint64_t>> InitPositions(ProofRecorder& recorder,
                                                    const ShownTree& tree,
                                                    uint64_t start) {
  auto positions = OwnerInitPositions(recorder, tree, start);
  const std::optional<RefusalReason> reason = RefusalOf(positions.status());
  if (!reason.has_value()) return positions;
  const std::string message =
      absl::StrCat("start: ", positions.status().message());
  if (*reason == RefusalReason::kExpired) {
    return absl::OutOfRangeError(message);
  }
  return absl::InvalidArgumentError(message);
}

absl::Status CheckOwnerRequest(LabelVersions& label, uint64_t size,
                               const OwnerMonitorRequest& request) {
  if (request.start >= size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "start is ", request.start, ", the tree has ", size, " log entries"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(const auto greatest, label.Greatest());
  SEALBOOK_ASSIGN_OR_RETURN(const auto at_start,
                            label.GreatestAt(request.start));
  const std::optional<uint32_t>& known = request.greatest_version;
  if (known.has_value() && (!greatest.has_value() || *known > *greatest)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "greatest_version is ", *known, ", the label has ",
        greatest ? absl::StrCat("versions up to ", *greatest) : "no version"));
  }
  if (at_start.has_value() && (!known.has_value() || *known < *at_start)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "greatest_version is ", known ? absl::StrCat(*known) : "absent",
        ", log entry ", request.start, " has version ", *at_start));
  }
  return absl::OkStatus();
}

// The proof of an OwnerMonitorResponse.
class OwnerProof {
 public:
  OwnerProof(LabelVersions& label, LadderMaker& ladder, ProofRecorder& recorder,
             const ShownTree& tree, const OwnerMonitorRequest& request,
             size_t max_ladders)
      : label_(label),
        ladder_(ladder),
        recorder_(recorder),
        tree_(tree),
        request_(request),
        left_(max_ladders) {}

  absl::Status Record() {
    const OwnerMonitoring monitoring = {
        request_.start,
        [this](uint64_t position) { return Expected(position); },
        [this](uint64_t position) { return Stop(position); }};
    return ExplainRefusal(MonitorOwner(recorder_, tree_, monitoring).status(),
                          "what the owner monitors");
  }

 private:
  absl::StatusOr<std::optional<uint32_t>> Expected(uint64_t position) {
    SEALBOOK_ASSIGN_OR_RETURN(const auto greatest, label_.GreatestAt(position));
    SEALBOOK_RETURN_IF_ERROR(
        ladder_.Add(BaseBinaryLadder(greatest.value_or(0))));
    return greatest;
  }

  absl::StatusOr<bool> Stop(uint64_t position) {
    const size_t most = 2 * std::bit_width(tree_.size) + 2;
    if (left_ == 0 || recorder_.MostElements() + most > kMaxProofElements) {
      return true;
    }
    --left_;
    SEALBOOK_ASSIGN_OR_RETURN(const auto greatest, label_.GreatestAt(position));
    return greatest.has_value() && (!request_.greatest_version.has_value() ||
                                    *greatest > *request_.greatest_version);
  }

  LabelVersions& label_;
  LadderMaker& ladder_;
  ProofRecorder& recorder_;
  const ShownTree& tree_;
  const OwnerMonitorRequest& request_;
  size_t left_;
};

// The versions after `known` that one log entry added.
absl::StatusOr<NewVersions> NextVersions(LabelVersions& label,
                                         std::optional<uint32_t> known) {
  SEALBOOK_ASSIGN_OR_RETURN(const auto greatest, label.Greatest());
  if (known.has_value() && (!greatest.has_value() || *known > *greatest)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the label has no version ", *known));
  }
  if (known == greatest) {
    return absl::FailedPreconditionError(
        known.has_value()
            ? absl::StrCat("the label has no version after ", *known)
            : "the label has no version");
  }
  NewVersions update;
  update.previous = known;
  if (known.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(auto facts, label.Facts(*known));
    update.previous_position = facts->position;
  }
  for (uint64_t version = update.first(); version <= *greatest; ++version) {
    SEALBOOK_ASSIGN_OR_RETURN(auto facts,
                              label.Facts(static_cast<uint32_t>(version)));
    if (version == update.first()) update.position = facts->position;
    if (facts->position != update.position) break;
    update.greatest = static_cast<uint32_t>(version);
    // They come before all others of the log entry.
    if (IsSkipped(*facts)) ++update.skipped;
  }
  if (update.greatest - update.first() >= kMaxNewVersions) {
    return absl::DataLossError(
        absl::StrCat("log entry ", update.position, " added more than ",
                     kMaxNewVersions, " versions of one label"));
  }
  return update;
}

// The proof of what `tree`, whose head `head` is, shows a contact; without a
// tree, of the view's update alone.
absl::StatusOr<CombinedTreeProof> ProveContact(
    ProverSource& source, const LogHead& head,
    const std::optional<ShownTree>& tree,
    const ContactMonitorRequest& request) {
  SEALBOOK_RETURN_IF_ERROR(CheckLast(head, request.last));
  SEALBOOK_RETURN_IF_ERROR(CheckLabel(request.label));
  LabelVersions label(source, request.label, head.size());
  LadderMaker ladder(label);
  SEALBOOK_RETURN_IF_ERROR(
      CheckEntries(label, head.size(), request.entries, ladder));
  ProofRecorder recorder(source, ladder.versions(), head, request.last);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(recorder, head.size(), request.last));
  if (tree.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(
        RecordContact(recorder, *tree, request.entries, std::nullopt));
  }
  SEALBOOK_RETURN_IF_ERROR(ladder.Prove());
  return recorder.Finish();
}

}  // namespace

absl::StatusOr<std::string> AnswerContactMonitor(
    ProverSource& source, const Configuration& configuration,
    const LogHead& head, const ContactMonitorRequest& request) {
  ContactMonitorResponse response;
  SEALBOOK_ASSIGN_OR_RETURN(
      response.monitor,
      ProveContact(source, head, ShownBy(configuration, head.size()), request));
  response.full_tree_head = MakeFullTreeHead(head, request.last);
  return response.Encode();
}

absl::StatusOr<std::string> AnswerCredentialUpdate(
    ProverSource& source, const Configuration& configuration,
    uint64_t distinguished, const ContactMonitorRequest& request) {
  const LogHead head(TreeHead{distinguished + 1, {}});
  std::optional<ShownTree> tree;
  if (configuration.mode == DeploymentMode::kContactMonitoring) {
    tree = ShownBy(configuration, head.size());
    tree->rightmost_distinguished = true;
  }
  CredentialUpdate update;
  SEALBOOK_ASSIGN_OR_RETURN(update.monitor,
                            ProveContact(source, head, tree, request));
  return update.Encode();
}

absl::StatusOr<std::string> AnswerOwnerInit(ProverSource& source,
                                            const Configuration& configuration,
                                            const LogHead& head,
                                            const OwnerInitRequest& request) {
  SEALBOOK_RETURN_IF_ERROR(CheckLast(head, request.last));
  SEALBOOK_RETURN_IF_ERROR(CheckLabel(request.label));
  LabelVersions label(source, request.label, head.size());
  LadderMaker ladder(label);
  SEALBOOK_RETURN_IF_ERROR(ladder.Add({0}));
  ProofRecorder recorder(source, ladder.versions(), head, request.last);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(recorder, head.size(), request.last));
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::vector<uint64_t> positions,
      InitPositions(recorder, ShownBy(configuration, head.size()),
                    request.start));

  OwnerInitResponse response;
  std::set<uint32_t> versions = {0};
  for (uint64_t position : positions) {
    SEALBOOK_ASSIGN_OR_RETURN(const auto greatest, label.GreatestAt(position));
    if (!greatest.has_value()) break;
    response.greatest_versions.push_back(*greatest);
    const std::vector<uint32_t> in_ladder = BaseBinaryLadder(*greatest);
    versions.insert(in_ladder.begin(), in_ladder.end());
  }
  const std::vector<uint32_t> ascending(versions.begin(), versions.end());
  SEALBOOK_RETURN_IF_ERROR(ladder.Add(ascending));
  SEALBOOK_RETURN_IF_ERROR(ExplainRefusal(
      InitOwner(recorder, positions, response.greatest_versions), "start"));
  response.full_tree_head = MakeFullTreeHead(head, request.last);
  SEALBOOK_ASSIGN_OR_RETURN(response.init, recorder.Finish());
  // Commitments of what existed at `start` (KEYTRANS rule 8).
  std::set<uint32_t> later;
  for (uint32_t version : ascending) {
    if (response.greatest_versions.empty() ||
        version > response.greatest_versions[0]) {
      later.insert(version);
    }
  }
  response.binary_ladder = ladder.Steps(ascending, later);
  return response.Encode();
}

absl::StatusOr<std::string> AnswerOwnerMonitor(
    ProverSource& source, const Configuration& configuration,
    const LogHead& head, const OwnerMonitorRequest& request,
    size_t max_ladders) {
  SEALBOOK_RETURN_IF_ERROR(CheckLast(head, request.last));
  SEALBOOK_RETURN_IF_ERROR(CheckLabel(request.label));
  LabelVersions label(source, request.label, head.size());
  SEALBOOK_RETURN_IF_ERROR(CheckOwnerRequest(label, head.size(), request));
  LadderMaker ladder(label);
  SEALBOOK_RETURN_IF_ERROR(
      CheckEntries(label, head.size(), request.entries, ladder));
  ProofRecorder recorder(source, ladder.versions(), head, request.last);
  const ShownTree tree = ShownBy(configuration, head.size());
  SEALBOOK_RETURN_IF_ERROR(UpdateView(recorder, head.size(), request.last));
  SEALBOOK_RETURN_IF_ERROR(
      RecordContact(recorder, tree, request.entries, request.start));
  SEALBOOK_RETURN_IF_ERROR(
      OwnerProof(label, ladder, recorder, tree, request, max_ladders).Record());
  SEALBOOK_RETURN_IF_ERROR(ladder.Prove());
  OwnerMonitorResponse response;
  response.full_tree_head = MakeFullTreeHead(head, request.last);
  SEALBOOK_ASSIGN_OR_RETURN(response.monitor, recorder.Finish());
  return response.Encode();
}

absl::StatusOr<UpdateAnswer> AnswerUpdate(ProverSource& source,
                                          const Configuration& configuration,
                                          const LogHead& head,
                                          const UpdateRequest& request,
                                          bool created) {
  SEALBOOK_RETURN_IF_ERROR(CheckLast(head, request.last));
  SEALBOOK_RETURN_IF_ERROR(CheckLabel(request.label));
  LabelVersions label(source, request.label, head.size());
  SEALBOOK_ASSIGN_OR_RETURN(const NewVersions update,
                            NextVersions(label, request.greatest_version));
  LadderMaker ladder(label);
  const std::vector<uint32_t> shown = UpdateLadder(update);
  SEALBOOK_RETURN_IF_ERROR(ladder.Add(shown));
  SEALBOOK_RETURN_IF_ERROR(ladder.Add(BaseBinaryLadder(update.greatest)));
  SEALBOOK_RETURN_IF_ERROR(
      ladder.Add(BaseBinaryLadder(update.previous.value_or(0))));
  ProofRecorder recorder(source, ladder.versions(), head, request.last);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(recorder, head.size(), request.last));
  const KnownInclusion known =
      [&ladder](uint32_t version, uint64_t position) -> absl::StatusOr<bool> {
    const std::optional<uint64_t>& added = ladder.PositionOf(version);
    return added.has_value() && *added <= position;
  };
  SEALBOOK_RETURN_IF_ERROR(ExplainRefusal(
      VerifyNewVersions(recorder, ShownBy(configuration, head.size()), update,
                        known)
          .status(),
      "the update"));
  UpdateAnswer answer;
  answer.greatest = update.greatest;
  SEALBOOK_ASSIGN_OR_RETURN(const auto greatest, label.Greatest());
  answer.more = *greatest > update.greatest;

  UpdateResponse response;
  response.full_tree_head = MakeFullTreeHead(head, request.last);
  response.position = update.position;
  const std::set<uint32_t> all(shown.begin(), shown.end());
  response.binary_ladder = ladder.Steps(shown, all);
  SEALBOOK_ASSIGN_OR_RETURN(response.update, recorder.Finish());
  if (configuration.mode == DeploymentMode::kThirdPartyManagement) {
    response.skipped_versions = update.skipped;
  }
  for (uint64_t version = uint64_t{update.first()} + update.skipped;
       version <= update.greatest; ++version) {
    SEALBOOK_ASSIGN_OR_RETURN(OpenedValue opened,
                              label.Value(static_cast<uint32_t>(version)));
    response.info.push_back({opened.opening, std::move(opened.suffix)});
    answer.values.push_back(opened.value);
    response.values.push_back({std::move(opened.value)});
  }
  if (created) {
    if (response.values != request.values) {
      return absl::FailedPreconditionError(
          absl::StrCat("log entry ", update.position,
                       " holds other versions of the label than were created"));
    }
    response.values.clear();
  }
  SEALBOOK_ASSIGN_OR_RETURN(answer.bytes, response.Encode());
  return answer;
}

}  // namespace sealbook::keytrans
