#include "keytrans/history_prover.h"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/algorithms.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/history_algorithms.h"
#include "keytrans/proof_recorder.h"
#include "keytrans/proving.h"
#include "keytrans/refusal.h"

namespace sealbook::keytrans {
namespace {

// HistoryResponse.versions is counted in one byte.
constexpr size_t kMaxVersions = 255;
// A page is answered from memory, and stays well below what gRPC carries.
constexpr size_t kMaxValueBytes = 1 << 20;

// More than one version can add to the timestamps or to the prefix proofs of a
// page: a search and the paths to the first appearance, each from the root
// down, and five entries.
size_t MostPerVersion(uint64_t size) { return 3 * std::bit_width(size) + 5; }

// Builds one page, version by version.
class HistoryPage {
 public:
  HistoryPage(LabelVersions& label, const Configuration& configuration,
              const LogHead& head, const HistoryRequest& request)
      : label_(label),
        head_(head),
        request_(request),
        tree_(ShownBy(configuration, head.size())),
        ladder_(label),
        recorder_(label.source(), ladder_.versions(), head, request.last) {}

  absl::Status Begin() {
    return UpdateView(recorder_, tree_.size, request_.last);
  }

  // Whether a search for `version` finds it, and a value: not where it would
  // need expired log entries, and not where it was skipped.
  absl::StatusOr<bool> CanShow(uint32_t version) {
    SEALBOOK_ASSIGN_OR_RETURN(const auto facts, label_.Facts(version));
    if (facts.has_value() && IsSkipped(*facts)) return false;
    if (!tree_.maximum_lifetime.has_value()) return true;
    SEALBOOK_RETURN_IF_ERROR(ladder_.Add(BaseBinaryLadder(version)));
    ProofRecorder trial = recorder_;
    MadeLookups made = made_;
    KnownLookups known(made);
    return Provable(FindVersion(trial, tree_, known, version).status());
  }

  absl::Status Add(uint32_t version) {
    const std::vector<uint32_t> versions = BaseBinaryLadder(version);
    SEALBOOK_RETURN_IF_ERROR(ladder_.Add(versions));
    in_ladders_.insert(versions.begin(), versions.end());
    KnownLookups known(made_);
    const bool greatest = shown_.empty() && !request_.newest.has_value();
    SEALBOOK_RETURN_IF_ERROR(
        (greatest ? GreatestVersionSearch(recorder_, tree_, known, version)
                  : FindVersion(recorder_, tree_, known, version))
            .status());
    HistoryVersion entry;
    SEALBOOK_RETURN_IF_ERROR(ShowFirstAppearance(version, entry));
    SEALBOOK_ASSIGN_OR_RETURN(OpenedValue opened, label_.Value(version));
    entry.opening = opened.opening;
    entry.value = std::move(opened.value);
    entry.suffix = std::move(opened.suffix);
    value_bytes_ += entry.value.size();
    response_.versions.push_back(std::move(entry));
    shown_.insert(version);
    return absl::OkStatus();
  }

  // Whether the page can take any version more.
  bool HasRoom() const {
    return response_.versions.size() < kMaxVersions &&
           recorder_.MostElements() + MostPerVersion(tree_.size) <=
               kMaxProofElements &&
           value_bytes_ < kMaxValueBytes;
  }

  absl::StatusOr<HistoryAnswer> Finish() {
    if (!request_.newest.has_value()) response_.newest = *shown_.rbegin();
    response_.full_tree_head = MakeFullTreeHead(head_, request_.last);
    const std::vector<uint32_t> versions(in_ladders_.begin(),
                                         in_ladders_.end());
    response_.binary_ladder = ladder_.Steps(versions, shown_);
    SEALBOOK_ASSIGN_OR_RETURN(response_.history, recorder_.Finish());
    HistoryAnswer answer;
    answer.kind = SearchAnswer::Kind::kFound;
    answer.oldest = *shown_.begin();
    SEALBOOK_ASSIGN_OR_RETURN(answer.bytes, response_.Encode());
    for (HistoryVersion& version : response_.versions) {
      answer.values.push_back(std::move(version.value));
    }
    return answer;
  }

 private:
  // False: what would be needed is expired. Other errors stay.
  static absl::StatusOr<bool> Provable(const absl::Status& trial) {
    if (trial.ok()) return true;
    if (RefusalOf(trial) == RefusalReason::kExpired) return false;
    return ExplainRefusal(trial, "this version");
  }

  // Leaves entry.position out where the entries that would show it may be
  // pruned.
  absl::Status ShowFirstAppearance(uint32_t version, HistoryVersion& entry) {
    const uint64_t position = *ladder_.PositionOf(version);
    if (tree_.maximum_lifetime.has_value()) {
      ProofRecorder trial = recorder_;
      MadeLookups made = made_;
      SEALBOOK_ASSIGN_OR_RETURN(
          const bool provable,
          Provable(
              FirstAppearance(trial, tree_, made, version, position).status()));
      if (!provable) return absl::OkStatus();
    }
    entry.position = position;
    return FirstAppearance(recorder_, tree_, made_, version, position).status();
  }

  LabelVersions& label_;
  const LogHead& head_;
  const HistoryRequest& request_;
  const ShownTree tree_;
  LadderMaker ladder_;
  ProofRecorder recorder_;
  MadeLookups made_;
  HistoryResponse response_;
  std::set<uint32_t> in_ladders_;
  std::set<uint32_t> shown_;
  size_t value_bytes_ = 0;
};

// The rightmost entry that is not later than `time`; absent when the log began
// later. Timestamps never run backwards.
absl::StatusOr<std::optional<uint64_t>> PositionAt(ProverSource& source,
                                                   uint64_t size,
                                                   uint64_t time) {
  uint64_t not_later = 0;  // Entries [0, not_later) are not later.
  uint64_t later = size;
  while (not_later < later) {
    const uint64_t middle = not_later + (later - not_later) / 2;
    SEALBOOK_ASSIGN_OR_RETURN(std::vector<LogEntry> read,
                              source.ReadEntries({middle}));
    if (read[0].timestamp <= time) {
      not_later = middle + 1;
    } else {
      later = middle;
    }
  }
  if (not_later == 0) return std::nullopt;
  return not_later - 1;
}

absl::StatusOr<HistoryAnswer> AnswerBySearch(ProverSource& source,
                                             const Configuration& configuration,
                                             const LogHead& head,
                                             const HistoryRequest& request) {
  SEALBOOK_ASSIGN_OR_RETURN(
      SearchAnswer found,
      AnswerSearch(source, configuration, head,
                   {request.last, request.label, std::nullopt}));
  HistoryAnswer answer;
  answer.kind = found.kind == SearchAnswer::Kind::kAbsent
                    ? SearchAnswer::Kind::kAbsent
                    : SearchAnswer::Kind::kGreatest;
  answer.bytes = std::move(found.bytes);
  if (answer.kind != SearchAnswer::Kind::kAbsent) {
    answer.values.push_back(std::move(found.value));
  }
  return answer;
}

}  // namespace

absl::StatusOr<HistoryAnswer> AnswerHistory(ProverSource& source,
                                            const Configuration& configuration,
                                            const LogHead& head,
                                            const HistoryRequest& request,
                                            size_t max_versions) {
  SEALBOOK_RETURN_IF_ERROR(CheckLast(head, request.last));
  SEALBOOK_RETURN_IF_ERROR(CheckLabel(request.label));
  LabelVersions label(source, request.label, head.size());
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<uint32_t> greatest, label.Greatest());
  if (!greatest.has_value() || request.newest.value_or(0) > *greatest) {
    return AnswerBySearch(source, configuration, head, request);
  }
  HistoryPage page(label, configuration, head, request);
  SEALBOOK_RETURN_IF_ERROR(page.Begin());
  const uint32_t newest = request.newest.value_or(*greatest);
  SEALBOOK_RETURN_IF_ERROR(
      ExplainRefusal(page.Add(newest), absl::StrCat("version ", newest)));
  for (uint32_t version = newest;
       version > 0 && newest - version + 1 < max_versions && page.HasRoom();) {
    --version;
    // The page ends here; who asks for the next one is told why.
    SEALBOOK_ASSIGN_OR_RETURN(bool can_show, page.CanShow(version));
    if (!can_show) break;
    SEALBOOK_RETURN_IF_ERROR(page.Add(version));
  }
  return page.Finish();
}

absl::StatusOr<AsOfAnswer> AnswerAsOf(ProverSource& source,
                                      const Configuration& configuration,
                                      const LogHead& head,
                                      const AsOfRequest& request) {
  SEALBOOK_RETURN_IF_ERROR(CheckLast(head, request.last));
  SEALBOOK_RETURN_IF_ERROR(CheckLabel(request.label));
  StateAsOf state{request.time, std::nullopt, std::nullopt};
  SEALBOOK_ASSIGN_OR_RETURN(state.position,
                            PositionAt(source, head.size(), request.time));
  LabelVersions label(source, request.label, head.size());
  LadderMaker ladder(label);
  std::vector<uint32_t> versions;
  AsOfResponse response;
  AsOfAnswer answer;
  if (state.position.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(state.version, label.GreatestAt(*state.position));
    versions = state.version.has_value() ? BaseBinaryLadder(*state.version)
                                         : std::vector<uint32_t>{0};
  }
  SEALBOOK_RETURN_IF_ERROR(ladder.Add(versions));

  ProofRecorder recorder(source, ladder.versions(), head, request.last);
  MadeLookups made;
  SEALBOOK_RETURN_IF_ERROR(UpdateView(recorder, head.size(), request.last));
  SEALBOOK_RETURN_IF_ERROR(ExplainRefusal(
      VerifyStateAsOf(recorder, ShownBy(configuration, head.size()), made,
                      state)
          .status(),
      "the state at that time"));
  SEALBOOK_ASSIGN_OR_RETURN(response.search, recorder.Finish());

  response.full_tree_head = MakeFullTreeHead(head, request.last);
  response.position = state.position;
  if (state.version.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(OpenedValue opened, label.Value(*state.version));
    response.in_force =
        VersionInForce{*state.version, opened.opening, std::move(opened.value),
                       std::move(opened.suffix)};
    answer.value = response.in_force->value;
    response.binary_ladder = ladder.Steps(versions, {*state.version});
  } else {
    // Version 0 may exist by now; its absence then needs no commitment.
    response.binary_ladder = ladder.Steps(versions, {0});
  }
  SEALBOOK_ASSIGN_OR_RETURN(answer.bytes, response.Encode());
  return answer;
}

}  // namespace sealbook::keytrans
