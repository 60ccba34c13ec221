#include "server/batch_runner.h"

#include <deque>
#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "server/label_state.h"
#include "server/revocation_state.h"

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

// A batch's requests with each revocation replaced by one request for each
// certificate that it concerns.
struct BatchRunner::Expansion {
  std::vector<const PublishRequest*> requests;
  // Of each of them: the index of its work.
  std::vector<size_t> owners;
  // Revocations as they were asked for.
  std::vector<const PublishRequest*> revocations;
  // Requests that were not given; addresses stay.
  std::deque<PublishRequest> made;
  // Of each work.
  struct Progress {
    std::optional<smime::CertificateHash> done;
    bool more = false;
    // What could not be expanded.
    std::vector<absl::Status> failures;
  };
  std::vector<Progress> progress;
  // Addresses that revocations change.
  size_t changed = 0;
  bool full = false;

  void Add(const PublishRequest* request, size_t owner) {
    requests.push_back(request);
    owners.push_back(owner);
  }
  // Adds the certificates of a revocation for which there is room. Errors other
  // than DATA_LOSS.
  absl::Status AddRevocation(const LogStore& store, const BatchWork& work,
                             size_t owner, size_t room);
};

absl::Status BatchRunner::Expansion::AddRevocation(const LogStore& store,
                                                   const BatchWork& work,
                                                   size_t owner, size_t room) {
  Progress& mine = progress[owner];
  mine.done = work.done;
  revocations.push_back(work.request);
  // Whoever found no room comes first in the next batch: order of arrival.
  mine.more = full;
  if (full) return absl::OkStatus();
  const auto certificates = CertificatesOf(store, *work.request);
  if (absl::IsDataLoss(certificates.status())) {
    mine.failures.push_back(certificates.status());
    return absl::OkStatus();
  }
  SEALBOOK_RETURN_IF_ERROR(certificates.status());
  for (const smime::CertificateHash& certificate : *certificates) {
    if (work.done.has_value() && certificate <= *work.done) continue;
    auto one = ExpandRevocation(store, *work.request, certificate);
    if (!one.ok() && !absl::IsDataLoss(one.status())) return one.status();
    if (one.ok() && changed > 0 && changed + one->size() > room) {
      mine.more = full = true;
      return absl::OkStatus();
    }
    mine.done = certificate;
    if (!one.ok()) {
      mine.failures.push_back(one.status());
      continue;
    }
    changed += one->size();
    made.push_back(*std::move(one));
    if (!made.back().empty()) Add(&made.back(), owner);
  }
  return absl::OkStatus();
}

absl::StatusOr<BatchRunner::Expansion> BatchRunner::Expand(
    absl::Span<const BatchWork> work, size_t room) const {
  Expansion expansion;
  expansion.progress.resize(work.size());
  for (size_t i = 0; i < work.size(); ++i) {
    if (IsRevocation(*work[i].request)) {
      SEALBOOK_RETURN_IF_ERROR(
          expansion.AddRevocation(parts_.writer->store(), work[i], i, room));
    } else {
      expansion.Add(work[i].request, i);
    }
  }
  return expansion;
}

absl::StatusOr<BatchPlan> BatchRunner::Plan(const Expansion& expansion) const {
  const std::vector<LabelQuery> queries = QueriesOf(expansion.requests);
  SEALBOOK_ASSIGN_OR_RETURN(
      std::vector<LabelState> states,
      ReadLabelStates(parts_.writer->store(), queries, parts_.parallel));
  SEALBOOK_ASSIGN_OR_RETURN(
      const RevocationState revocations,
      ReadRevocationState(parts_.writer->store(), expansion.requests,
                          parts_.parallel));
  return PlanBatch(
      expansion.requests, expansion.revocations, queries, std::move(states),
      revocations, static_cast<int64_t>(parts_.clock->WallMs()),
      parts_.padding.on() ? parts_.padding.leaves : kMaxLeavesPerEntry);
}

absl::StatusOr<std::vector<BatchOutcome>> BatchRunner::Run(
    absl::Span<BatchWork> work, size_t room) {
  SEALBOOK_RETURN_IF_ERROR(parts_.writer->CheckClocks());
  const std::optional<uint64_t> timestamp_ms = Timestamp();
  SEALBOOK_ASSIGN_OR_RETURN(Expansion expansion, Expand(work, room));
  SEALBOOK_ASSIGN_OR_RETURN(const BatchPlan plan, Plan(expansion));
  const uint64_t first_position = parts_.writer->tree_size();
  SealedBatch sealed;
  if (!plan.versions.empty()) {
    SEALBOOK_RETURN_IF_ERROR(AppendPlan(plan, timestamp_ms, sealed));
  } else if (parts_.padding.on()) {
    SEALBOOK_RETURN_IF_ERROR(AppendPadding(timestamp_ms));
  }
  std::vector<BatchOutcome> outcomes(work.size());
  for (size_t r = 0; r < plan.results.size(); ++r) {
    for (const PlannedResult& result : plan.results[r]) {
      outcomes[expansion.owners[r]].outcome.results.push_back(
          ToResult(result, plan, sealed, first_position));
    }
  }
  for (size_t i = 0; i < work.size(); ++i) {
    const Expansion::Progress& progress = expansion.progress[i];
    for (const absl::Status& failure : progress.failures) {
      outcomes[i].outcome.results.push_back(failure);
    }
    outcomes[i].outcome.tree_size = parts_.writer->tree_size();
    outcomes[i].more = progress.more;
    work[i].done = progress.done;
  }
  return outcomes;
}

absl::Status BatchRunner::AppendPlan(const BatchPlan& plan,
                                     std::optional<uint64_t> timestamp_ms,
                                     SealedBatch& sealed) {
  SEALBOOK_ASSIGN_OR_RETURN(
      sealed, SealBatch(plan, parts_.writer->tree_size(), known_issuers_,
                        *parts_.vrf_key, *parts_.random, parts_.parallel));
  SEALBOOK_RETURN_IF_ERROR(
      AddPadding(parts_.padding.leaves, *parts_.random, sealed.batch));
  sealed.batch.timestamp_ms = timestamp_ms;
  SEALBOOK_RETURN_IF_ERROR(parts_.writer->Append(std::move(sealed.batch)));
  if (known_issuers_.size() > kMaxKnownIssuers) known_issuers_.clear();
  known_issuers_.insert(sealed.new_issuers.begin(), sealed.new_issuers.end());
  return absl::OkStatus();
}

absl::Status BatchRunner::AppendHeartbeat() {
  return AppendPadding(Timestamp());
}

std::optional<uint64_t> BatchRunner::Timestamp() const {
  if (!parts_.padding.on()) return std::nullopt;
  return parts_.padding.Slot(parts_.clock->WallMs());
}

absl::Status BatchRunner::AppendPadding(std::optional<uint64_t> timestamp_ms) {
  SEALBOOK_ASSIGN_OR_RETURN(
      LogBatch padding,
      PaddingBatch(*parts_.random,
                   parts_.padding.on() ? parts_.padding.leaves : 1));
  padding.timestamp_ms = timestamp_ms;
  return parts_.writer->Append(std::move(padding));
}

}  // namespace sealbook::server
