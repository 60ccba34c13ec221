#include "keytrans/prover.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/algorithms.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/history_algorithms.h"
#include "keytrans/proof_recorder.h"
#include "keytrans/proving.h"

namespace sealbook::keytrans {
namespace {

// A greatest-version search when the request names no version.
absl::Status RecordSearch(ProofRecorder& recorder, const ShownTree& tree,
                          const SearchRequest& request, uint32_t target) {
  KnownLookups known;
  SEALBOOK_RETURN_IF_ERROR(UpdateView(recorder, tree.size, request.last));
  if (!request.version.has_value()) {
    return GreatestVersionSearch(recorder, tree, known, target).status();
  }
  return ExplainRefusal(FindVersion(recorder, tree, known, target).status(),
                        absl::StrCat("version ", target));
}

// Requires: version `target` exists in the tree of `head`.
absl::StatusOr<SearchAnswer> AnswerVersion(LabelVersions& label,
                                           const Configuration& configuration,
                                           const LogHead& head,
                                           const SearchRequest& request,
                                           uint32_t target) {
  const std::vector<uint32_t> versions = BaseBinaryLadder(target);
  LadderMaker ladder(label);
  SEALBOOK_RETURN_IF_ERROR(ladder.Add(versions));
  SearchResponse response;
  response.full_tree_head = MakeFullTreeHead(head, request.last);
  response.binary_ladder = ladder.Steps(versions, {target});

  ProofRecorder recorder(label.source(), ladder.versions(), head, request.last);
  SEALBOOK_RETURN_IF_ERROR(RecordSearch(
      recorder, ShownBy(configuration, head.size()), request, target));
  SEALBOOK_ASSIGN_OR_RETURN(response.search, recorder.Finish());

  if (!request.version.has_value()) response.version = target;
  SEALBOOK_ASSIGN_OR_RETURN(OpenedValue opened, label.Value(target));
  response.opening = opened.opening;
  response.value = std::move(opened.value);
  response.suffix = std::move(opened.suffix);

  SearchAnswer answer;
  answer.kind = SearchAnswer::Kind::kFound;
  SEALBOOK_ASSIGN_OR_RETURN(answer.bytes, response.Encode());
  answer.value = std::move(response.value);
  return answer;
}

absl::StatusOr<SearchAnswer> AnswerAbsent(ProverSource& source,
                                          const Configuration& configuration,
                                          const LogHead& head,
                                          const SearchRequest& request) {
  SEALBOOK_ASSIGN_OR_RETURN(auto proven, source.ProveVrf(request.label, 0));
  AbsenceResponse response;
  response.full_tree_head = MakeFullTreeHead(head, request.last);
  response.proof = std::move(proven.proof);
  const std::map<uint32_t, LadderVersion> versions = {
      {0, LadderVersion{proven.output, std::nullopt}}};
  ProofRecorder recorder(source, versions, head, request.last);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(recorder, head.size(), request.last));
  SEALBOOK_RETURN_IF_ERROR(
      AbsenceSearch(recorder, ShownBy(configuration, head.size())));
  SEALBOOK_ASSIGN_OR_RETURN(response.search, recorder.Finish());

  SearchAnswer answer;
  answer.kind = SearchAnswer::Kind::kAbsent;
  SEALBOOK_ASSIGN_OR_RETURN(answer.bytes, response.Encode());
  return answer;
}

}  // namespace

absl::StatusOr<SearchAnswer> AnswerSearch(ProverSource& source,
                                          const Configuration& configuration,
                                          const LogHead& head,
                                          const SearchRequest& request) {
  SEALBOOK_RETURN_IF_ERROR(CheckLast(head, request.last));
  SEALBOOK_RETURN_IF_ERROR(CheckLabel(request.label));
  LabelVersions label(source, request.label, head.size());
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<uint32_t> greatest, label.Greatest());
  if (!greatest.has_value()) {
    return AnswerAbsent(source, configuration, head, request);
  }
  if (!request.version.has_value() || *request.version <= *greatest) {
    return AnswerVersion(label, configuration, head, request,
                         request.version.value_or(*greatest));
  }
  SearchRequest without_version = request;
  without_version.version.reset();
  SEALBOOK_ASSIGN_OR_RETURN(
      SearchAnswer answer,
      AnswerVersion(label, configuration, head, without_version, *greatest));
  answer.kind = SearchAnswer::Kind::kGreatest;
  return answer;
}

absl::StatusOr<std::string> AnswerDistinguished(
    ProverSource& source, const Configuration& configuration,
    const LogHead& head, const DistinguishedRequest& request) {
  SEALBOOK_RETURN_IF_ERROR(CheckLast(head, request.last));
  const std::map<uint32_t, LadderVersion> no_versions;
  ProofRecorder recorder(source, no_versions, head, request.last);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(recorder, head.size(), request.last));
  SEALBOOK_RETURN_IF_ERROR(
      WalkDistinguished(recorder, ShownBy(configuration, head.size()),
                        request.stop)
          .status());
  DistinguishedResponse response;
  response.full_tree_head = MakeFullTreeHead(head, request.last);
  SEALBOOK_ASSIGN_OR_RETURN(response.distinguished, recorder.Finish());
  return response.Encode();
}

}  // namespace sealbook::keytrans
