#include "server/services/submitter.h"

#include <deque>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "server/services/run_after.h"

namespace sealbook::server {
namespace {

// The hint to a publisher whose share is used up.
constexpr uint64_t kShareRetryMs = 1000;
// Longer waits (a full disk) are the caller's.
constexpr uint64_t kMaxWaitMs = 30'000;

}  // namespace

// The jobs of each publisher that can wait; the first one is at it. One alone
// asks for room: else each release would wake all of them.
struct Submitter::Lines {
  Mutex mutex;
  absl::flat_hash_map<std::string, std::deque<std::shared_ptr<Work>>> by_id
      ABSL_GUARDED_BY(mutex);

  // True: it is the first.
  bool Enter(const std::shared_ptr<Work>& work);
  // Takes the first one out. The next one; null: there is none.
  std::shared_ptr<Work> Leave(const std::string& publisher);
};

struct Submitter::Work {
  SubmitJob job;
  size_t next = 0;
  // Null for a job that cannot wait. When its last request is answered, the
  // submitter may be gone; the lines are not.
  std::shared_ptr<Lines> lines;
};

bool Submitter::Lines::Enter(const std::shared_ptr<Work>& work) {
  MutexLock lock(mutex);
  auto& line = by_id[work->job.publisher];
  line.push_back(work);
  return line.size() == 1;
}

std::shared_ptr<Submitter::Work> Submitter::Lines::Leave(
    const std::string& publisher) {
  MutexLock lock(mutex);
  const auto line = by_id.find(publisher);
  line->second.pop_front();
  if (!line->second.empty()) return line->second.front();
  by_id.erase(line);
  return nullptr;
}

Submitter::Submitter(Parts parts)
    : parts_(std::move(parts)), lines_(std::make_shared<Lines>()) {}

void Submitter::Submit(SubmitJob job) {
  auto work = std::make_shared<Work>();
  work->job = std::move(job);
  if (work->job.abandoned != nullptr) {
    work->lines = lines_;
    if (!lines_->Enter(work)) return;
  }
  Go(work);
}

void Submitter::Go(const std::shared_ptr<Work>& work) {
  while (work->next < work->job.requests.size()) {
    bool waits = false;
    const absl::Status submitted = SubmitNext(work, waits);
    // Another thread may be at it already.
    if (waits) return;
    if (!submitted.ok()) FailRest(*work, submitted);
  }
  // This object may be gone, unless another job waits for it.
  if (work->lines != nullptr) {
    const auto next = work->lines->Leave(work->job.publisher);
    if (next != nullptr) GoSoon(next);
  }
  if (work->job.submitted != nullptr) work->job.submitted();
}

absl::Status Submitter::SubmitNext(const std::shared_ptr<Work>& work,
                                   bool& waits) {
  SubmitJob& job = work->job;
  const bool patient = job.abandoned != nullptr;
  if (patient && job.abandoned()) {
    return absl::CancelledError("nobody waits for it any more");
  }
  const size_t i = work->next;
  const size_t addresses = AddressesOf(job.requests[i]);
  std::function<void()> released;
  if (patient) released = [this, work] { GoSoon(work); };
  const absl::Status share = parts_.shares->AcquireOrCall(
      job.publisher, addresses, parts_.publishers(), std::move(released));
  if (!share.ok()) {
    waits = patient;
    return Busy(share.message(), kShareRetryMs);
  }
  Sequencer::Done done = [this, work, i,
                          addresses](absl::StatusOr<PublishOutcome> outcome) {
    parts_.shares->Release(work->job.publisher, addresses);
    work->job.done(i, std::move(outcome));
  };
  const absl::Status taken = parts_.sequencer->TrySubmit(job.requests[i], done);
  if (taken.ok()) {
    ++work->next;
    return absl::OkStatus();
  }
  parts_.shares->Release(job.publisher, addresses);
  const std::optional<uint64_t> retry_ms = RetryAfterMs(taken);
  if (patient && retry_ms.has_value() && *retry_ms <= kMaxWaitMs) {
    waits = true;
    RunAfter(*retry_ms, [this, work] { GoSoon(work); });
  }
  return taken;
}

void Submitter::GoSoon(const std::shared_ptr<Work>& work) {
  parts_.queue->GoOn(work->job.publisher, [this, work] { Go(work); });
}

void Submitter::FailRest(Work& work, const absl::Status& why) {
  while (work.next < work.job.requests.size()) {
    work.job.done(work.next++, why);
  }
}

}  // namespace sealbook::server
