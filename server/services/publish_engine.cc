#include "server/services/publish_engine.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/batch_plan.h"
#include "server/label_state.h"
#include "server/revocation_state.h"
#include "server/sequencer.h"
#include "server/services/publish_call.h"
#include "server/services/run_after.h"

namespace sealbook::server {
namespace {

// Items that one task judges before others get their turn: some 15 ms.
constexpr size_t kItemsPerSlice = 64;
// Labels whose states one task reads.
constexpr size_t kLabelsPerSlice = 256;
// The hint to a publisher whose share is used up.
constexpr uint64_t kShareRetryMs = 1000;
// Of the values in one answer of Validate, which may have 16 MiB.
constexpr size_t kMaxValueBytes = size_t{8} << 20;
// How long a job waits that found the queue full.
constexpr uint64_t kQueueRetryMs = 50;

// `values`: whether what would be new shows its value.
absl::StatusOr<Publication> ResultOf(const PlannedResult& planned,
                                     const BatchPlan& plan, bool values) {
  if (const auto* refused = std::get_if<absl::Status>(&planned.outcome)) {
    return *refused;
  }
  if (const auto* stored = std::get_if<Publication>(&planned.outcome)) {
    return *stored;
  }
  const PlannedVersion& version =
      plan.versions[std::get<size_t>(planned.outcome)];
  return Publication{version.key.label,
                     version.key.version,
                     0,
                     {},
                     planned.repeated,
                     values ? ValueOf(version) : std::string()};
}

// What the sequencer would answer now. INVALID_ARGUMENT: too many values.
absl::StatusOr<PublishOutcome> OutcomeOf(const BatchPlan& plan, bool values) {
  PublishOutcome outcome;
  size_t bytes = 0;
  for (const std::vector<PlannedResult>& portion : plan.results) {
    for (const PlannedResult& planned : portion) {
      outcome.results.push_back(ResultOf(planned, plan, values));
      const absl::StatusOr<Publication>& result = outcome.results.back();
      if (result.ok()) bytes += result->value.size();
      if (bytes > kMaxValueBytes) {
        return absl::InvalidArgumentError(
            "with_values: the values have more than 8 MiB; validate the items "
            "in several requests");
      }
    }
  }
  return outcome;
}

void OneByOne(size_t n, const std::function<void(size_t)>& task) {
  for (size_t i = 0; i < n; ++i) task(i);
}

// The outcomes of a request's portions as one; the first error that there is.
absl::StatusOr<PublishOutcome> Joined(
    std::vector<absl::StatusOr<PublishOutcome>> portions) {
  PublishOutcome all;
  for (absl::StatusOr<PublishOutcome>& portion : portions) {
    SEALBOOK_RETURN_IF_ERROR(portion.status());
    std::move(portion->results.begin(), portion->results.end(),
              std::back_inserter(all.results));
    all.tree_size = std::max(all.tree_size, portion->tree_size);
  }
  return all;
}

// What is only planned has neither position nor commitment. Entry 0 is never
// one that a publication made.
void DropPlanned(v1::PublishResponse& response) {
  for (v1::PublishResult& result : *response.mutable_results()) {
    for (v1::Publication& publication : *result.mutable_publications()) {
      if (publication.position() == 0) publication.clear_commitment();
    }
  }
}

}  // namespace

struct PublishEngine::Work {
  Work(PublishJob given, uint64_t now_ms)
      : job(std::move(given)),
        items(job.request, *job.publisher, now_ms, job.proposal) {}

  const PublishJob job;
  PublishCall items;
  // Of each portion; written by whoever brings it, read by the last one.
  std::vector<absl::StatusOr<PublishOutcome>> outcomes;
  std::atomic<size_t> missing = 0;

  // Of a validation; one thread at a time.
  std::vector<PublishRequest> portions;
  std::vector<const PublishRequest*> requests;
  std::vector<LabelQuery> queries;
  // Of the first queries.
  std::vector<LabelState> states;
};

bool PublishEngine::Start(PublishJob job) {
  auto work = std::make_shared<Work>(std::move(job), parts_.clock->WallMs());
  if (PostAdmit(work)) return true;
  if (work->job.abandoned == nullptr) return false;
  AdmitLater(work);
  return true;
}

bool PublishEngine::PostAdmit(const std::shared_ptr<Work>& work) {
  // The first task can do all of the work; the others only make it faster, so
  // they may be missing.
  const std::string& publisher = work->job.publisher->id;
  const auto admit = [this, work] { Admit(work); };
  if (!parts_.queue->TryPost(publisher, admit)) return false;
  const size_t helpers =
      std::min<size_t>(parts_.queue->threads(), work->job.request.items_size());
  for (size_t i = 1; i < helpers; ++i) {
    if (!parts_.queue->TryHelp(publisher, admit)) break;
  }
  return true;
}

void PublishEngine::AdmitLater(const std::shared_ptr<Work>& work) {
  RunAfter(kQueueRetryMs, [this, work] {
    if (work->job.abandoned()) {
      Finish(*work, absl::CancelledError("nobody waits for it any more"));
      if (work->job.submitted != nullptr) work->job.submitted();
    } else if (!PostAdmit(work)) {
      AdmitLater(work);
    }
  });
}

void PublishEngine::Admit(const std::shared_ptr<Work>& work) {
  switch (work->items.AdmitSome(*parts_.admission, kItemsPerSlice)) {
    case PublishCall::Progress::kTakenByOthers:
      return;
    case PublishCall::Progress::kAllJudged:
      Sequence(work);
      return;
    case PublishCall::Progress::kMore:
      parts_.queue->GoOn(work->job.publisher->id,
                         [this, work] { Admit(work); });
  }
}

void PublishEngine::Sequence(const std::shared_ptr<Work>& work) {
  const size_t addresses = work->items.addresses();
  if (addresses > parts_.max_publications && work->job.abandoned == nullptr) {
    Finish(*work, absl::InvalidArgumentError(absl::StrCat(
                      "the request's certificates name ", addresses,
                      " addresses; the limit is ", parts_.max_publications,
                      ": publish them in several requests")));
  } else if (std::vector<PublishRequest> portions =
                 work->items.TakePortions(parts_.portion);
             portions.empty()) {
    const std::shared_ptr<const SignedHead> head = parts_.visible_head->Get();
    PublishOutcome nothing;
    nothing.tree_size = head == nullptr ? 0 : head->tree_size;
    Finish(*work, nothing);
  } else if (work->job.validate) {
    Validate(work, std::move(portions));
    return;
  } else {
    Submit(work, std::move(portions));
    return;
  }
  if (work->job.submitted != nullptr) work->job.submitted();
}

void PublishEngine::Submit(const std::shared_ptr<Work>& work,
                           std::vector<PublishRequest> portions) {
  work->outcomes.resize(portions.size(), absl::UnknownError("not there yet"));
  work->missing = portions.size();
  SubmitJob job;
  job.publisher = work->job.publisher->id;
  job.requests = std::move(portions);
  job.abandoned = work->job.abandoned;
  job.done = [work](size_t i, absl::StatusOr<PublishOutcome> outcome) {
    work->outcomes[i] = std::move(outcome);
    // The last one sees what the others wrote.
    if (work->missing.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      Finish(*work, Joined(std::move(work->outcomes)));
    }
  };
  job.submitted = [work] {
    if (work->job.submitted != nullptr) work->job.submitted();
  };
  parts_.submitter->Submit(std::move(job));
}

void PublishEngine::Validate(const std::shared_ptr<Work>& work,
                             std::vector<PublishRequest> portions) {
  const absl::Status share = parts_.shares->Acquire(
      work->job.publisher->id, work->items.addresses(), parts_.publishers());
  if (!share.ok()) {
    Finish(*work, Busy(share.message(), kShareRetryMs));
    if (work->job.submitted != nullptr) work->job.submitted();
    return;
  }
  work->portions = std::move(portions);
  for (const PublishRequest& portion : work->portions) {
    work->requests.push_back(&portion);
  }
  work->queries = QueriesOf(work->requests);
  ReadSomeLabels(work);
}

void PublishEngine::ReadSomeLabels(const std::shared_ptr<Work>& work) {
  const absl::Span<const LabelQuery> rest =
      absl::MakeConstSpan(work->queries).subspan(work->states.size());
  absl::StatusOr<std::vector<LabelState>> states = ReadLabelStates(
      *parts_.records, rest.subspan(0, kLabelsPerSlice), OneByOne);
  if (!states.ok()) return EndValidation(*work, states.status());
  std::move(states->begin(), states->end(), std::back_inserter(work->states));
  if (work->states.size() == work->queries.size()) {
    return EndValidation(*work, Plan(*work));
  }
  parts_.queue->GoOn(work->job.publisher->id,
                     [this, work] { ReadSomeLabels(work); });
}

absl::StatusOr<PublishOutcome> PublishEngine::Plan(Work& work) const {
  SEALBOOK_ASSIGN_OR_RETURN(
      const RevocationState revocations,
      ReadRevocationState(*parts_.records, work.requests, OneByOne));
  SEALBOOK_ASSIGN_OR_RETURN(
      PublishOutcome outcome,
      OutcomeOf(PlanBatch(work.requests, /*announced=*/{}, work.queries,
                          std::move(work.states), revocations,
                          static_cast<int64_t>(parts_.clock->WallMs())),
                work.job.request.with_values()));
  const std::shared_ptr<const SignedHead> head = parts_.visible_head->Get();
  outcome.tree_size = head == nullptr ? 0 : head->tree_size;
  return outcome;
}

void PublishEngine::EndValidation(
    Work& work, const absl::StatusOr<PublishOutcome>& outcome) {
  parts_.shares->Release(work.job.publisher->id, work.items.addresses());
  Finish(work, outcome);
  if (work.job.submitted != nullptr) work.job.submitted();
}

void PublishEngine::Finish(const Work& work,
                           const absl::StatusOr<PublishOutcome>& outcome) {
  if (!outcome.ok()) {
    work.job.done(outcome.status());
    return;
  }
  v1::PublishResponse response;
  work.items.FillResponse(*outcome, response);
  if (work.job.validate) DropPlanned(response);
  spdlog::info(
      "publisher {}: {} items{}, {} refused by admission, {} publications, "
      "tree size {}",
      work.job.publisher->id, response.results_size(),
      work.job.validate ? " to be validated" : "", work.items.refused(),
      outcome->results.size(), outcome->tree_size);
  work.job.done(response);
}

}  // namespace sealbook::server
