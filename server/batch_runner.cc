#include "server/batch_runner.h"

#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "server/label_state.h"

namespace sealbook::server {
namespace {

// A log has some hundred issuing certificates; beyond this the set starts anew,
// which only costs writing some of them again.
constexpr size_t kMaxKnownIssuers = 4096;

absl::StatusOr<Publication> ToResult(const PlannedResult& planned,
                                     const BatchPlan& plan,
                                     const SealedBatch& sealed,
                                     uint64_t first_position) {
  if (const auto* refused = std::get_if<absl::Status>(&planned.outcome)) {
    return *refused;
  }
  if (const auto* stored = std::get_if<Publication>(&planned.outcome)) {
    return *stored;
  }
  const size_t v = std::get<size_t>(planned.outcome);
  const PlannedVersion& version = plan.versions[v];
  return Publication{version.key.label, version.key.version,
                     first_position + version.entry, sealed.commitments[v],
                     planned.repeated};
}

}  // namespace

absl::StatusOr<std::vector<PublishOutcome>> BatchRunner::Run(
    absl::Span<const PublishRequest* const> requests) {
  SEALBOOK_RETURN_IF_ERROR(parts_.writer->CheckClocks());
  const std::vector<LabelQuery> queries = QueriesOf(requests);
  SEALBOOK_ASSIGN_OR_RETURN(
      std::vector<LabelState> states,
      ReadLabelStates(parts_.writer->store(), queries, parts_.parallel));
  const BatchPlan plan =
      PlanBatch(requests, queries, std::move(states),
                static_cast<int64_t>(parts_.clock->WallMs()));
  const uint64_t first_position = parts_.writer->tree_size();
  SealedBatch sealed;
  if (!plan.versions.empty()) {
    SEALBOOK_RETURN_IF_ERROR(AppendPlan(plan, sealed));
  }
  std::vector<PublishOutcome> outcomes(requests.size());
  for (size_t r = 0; r < requests.size(); ++r) {
    outcomes[r].tree_size = parts_.writer->tree_size();
    for (const PlannedResult& result : plan.results[r]) {
      outcomes[r].results.push_back(
          ToResult(result, plan, sealed, first_position));
    }
  }
  return outcomes;
}

absl::Status BatchRunner::AppendPlan(const BatchPlan& plan,
                                     SealedBatch& sealed) {
  SEALBOOK_ASSIGN_OR_RETURN(
      sealed, SealBatch(plan, parts_.writer->tree_size(), known_issuers_,
                        *parts_.vrf_key, *parts_.random, parts_.parallel));
  SEALBOOK_RETURN_IF_ERROR(parts_.writer->Append(std::move(sealed.batch)));
  if (known_issuers_.size() > kMaxKnownIssuers) known_issuers_.clear();
  known_issuers_.insert(sealed.new_issuers.begin(), sealed.new_issuers.end());
  return absl::OkStatus();
}

absl::Status BatchRunner::AppendHeartbeat() {
  SEALBOOK_ASSIGN_OR_RETURN(LogBatch padding, PaddingBatch(*parts_.random));
  return parts_.writer->Append(std::move(padding));
}

}  // namespace sealbook::server
