#include "keytrans/prover.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/algorithms.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/proof_recorder.h"

namespace sealbook::keytrans {
namespace {

absl::Status CheckRequest(const TreeHead& head, const SearchRequest& request) {
  if (request.version.has_value()) {
    return absl::UnimplementedError(
        "fixed-version search is not offered by this server");
  }
  if (request.label.size() > kMaxLabelSize) {
    return absl::InvalidArgumentError(absl::StrCat(
        "label has ", request.label.size(), " bytes, at most ", kMaxLabelSize));
  }
  if (request.last.has_value() && *request.last == 0) {
    return absl::InvalidArgumentError(
        "last is 0: leave it out where no tree head was observed");
  }
  if (request.last.has_value() && *request.last > head.tree_size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "last is ", *request.last, ", larger than the tree, ", head.tree_size));
  }
  return absl::OkStatus();
}

FullTreeHead MakeFullTreeHead(const TreeHead& head,
                              const SearchRequest& request) {
  if (request.last == head.tree_size) return FullTreeHead{};
  return FullTreeHead{head};
}

// The greatest version that existed when the tree had `size` entries.
absl::StatusOr<std::optional<uint32_t>> GreatestVersionAsOf(
    ProverSource& source, absl::string_view label, uint64_t size) {
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<uint32_t> greatest,
                            source.ReadGreatestVersion(label));
  // Only versions of a commit that is not signed yet are stepped over.
  while (greatest.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(auto facts,
                              source.ReadVersions(label, {*greatest}));
    if (facts[0].has_value() && facts[0]->position < size) break;
    greatest =
        *greatest == 0 ? std::nullopt : std::optional<uint32_t>(*greatest - 1);
  }
  return greatest;
}

// The ladder's VRF proofs, and what the recorder needs to know of its versions.
struct Ladder {
  std::vector<BinaryLadderStep> steps;
  std::map<uint32_t, LadderVersion> versions;
};

absl::StatusOr<Ladder> MakeLadder(ProverSource& source, absl::string_view label,
                                  uint32_t target, uint64_t size) {
  std::vector<uint32_t> versions = BaseBinaryLadder(target);
  SEALBOOK_ASSIGN_OR_RETURN(auto facts, source.ReadVersions(label, versions));
  Ladder ladder;
  for (size_t i = 0; i < versions.size(); ++i) {
    SEALBOOK_ASSIGN_OR_RETURN(auto proven, source.ProveVrf(label, versions[i]));
    LadderVersion version{proven.output, std::nullopt};
    BinaryLadderStep step{std::move(proven.proof), std::nullopt};
    if (facts[i].has_value() && facts[i]->position < size) {
      version.position = facts[i]->position;
      if (versions[i] != target) step.commitment = facts[i]->commitment;
    }
    ladder.steps.push_back(std::move(step));
    ladder.versions.emplace(versions[i], version);
  }
  return ladder;
}

absl::StatusOr<SearchAnswer> AnswerFound(ProverSource& source,
                                         const Configuration& configuration,
                                         const TreeHead& head,
                                         const SearchRequest& request,
                                         uint32_t target) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Ladder ladder, MakeLadder(source, request.label, target, head.tree_size));
  SEALBOOK_ASSIGN_OR_RETURN(OpenedValue opened,
                            source.ReadValue(request.label, target));
  SearchResponse response;
  response.full_tree_head = MakeFullTreeHead(head, request);
  response.version = target;
  response.opening = opened.opening;
  response.value = std::move(opened.value);
  response.binary_ladder = std::move(ladder.steps);

  ProofRecorder recorder(source, ladder.versions, head.tree_size, request.last);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(recorder, head.tree_size, request.last));
  SEALBOOK_RETURN_IF_ERROR(
      GreatestVersionSearch(recorder, head.tree_size,
                            configuration.reasonable_monitoring_window, target)
          .status());
  SEALBOOK_ASSIGN_OR_RETURN(response.search, recorder.Finish());

  SearchAnswer answer;
  answer.found = true;
  SEALBOOK_ASSIGN_OR_RETURN(answer.bytes, response.Encode());
  answer.value = std::move(response.value);
  return answer;
}

absl::StatusOr<SearchAnswer> AnswerAbsent(ProverSource& source,
                                          const Configuration& configuration,
                                          const TreeHead& head,
                                          const SearchRequest& request) {
  SEALBOOK_ASSIGN_OR_RETURN(auto proven, source.ProveVrf(request.label, 0));
  AbsenceResponse response;
  response.full_tree_head = MakeFullTreeHead(head, request);
  response.proof = std::move(proven.proof);
  const std::map<uint32_t, LadderVersion> versions = {
      {0, LadderVersion{proven.output, std::nullopt}}};
  ProofRecorder recorder(source, versions, head.tree_size, request.last);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(recorder, head.tree_size, request.last));
  SEALBOOK_RETURN_IF_ERROR(AbsenceSearch(
      recorder, head.tree_size, configuration.reasonable_monitoring_window));
  SEALBOOK_ASSIGN_OR_RETURN(response.search, recorder.Finish());

  SearchAnswer answer;
  SEALBOOK_ASSIGN_OR_RETURN(answer.bytes, response.Encode());
  return answer;
}

}  // namespace

absl::StatusOr<SearchAnswer> AnswerSearch(ProverSource& source,
                                          const Configuration& configuration,
                                          const TreeHead& head,
                                          const SearchRequest& request) {
  SEALBOOK_RETURN_IF_ERROR(CheckRequest(head, request));
  SEALBOOK_ASSIGN_OR_RETURN(
      std::optional<uint32_t> greatest,
      GreatestVersionAsOf(source, request.label, head.tree_size));
  if (!greatest.has_value()) {
    return AnswerAbsent(source, configuration, head, request);
  }
  return AnswerFound(source, configuration, head, request, *greatest);
}

}  // namespace sealbook::keytrans
