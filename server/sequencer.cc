#include "server/sequencer.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "server/batch_runner.h"
#include "server/log_writer.h"
#include "server/revocation_state.h"
#include "server/worker_pool.h"

namespace sealbook::server {
namespace {

constexpr absl::string_view kRetryAfter = "sealbook/retry-after-ms";
// Revocations are small and cannot wait: they may use the free space of
// min_free_bytes down to this part of it.
constexpr uint64_t kRevocationReserve = 4;
// A disk does not empty itself in a moment.
constexpr uint64_t kDiskRetryMs = 60'000;
constexpr uint64_t kMinRetryMs = 100;
constexpr uint64_t kMaxRetryMs = 30'000;
// After a heartbeat that could not be written.
constexpr uint64_t kHeartbeatRetryMs = 1000;

absl::Status CheckRequest(const PublishRequest& request,
                          const SequencerOptions& options) {
  if (request.size() > options.queue_limit) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a request of ", request.size(), " publications is larger than the ",
        options.queue_limit, " that may wait"));
  }
  if (options.padding.on() && request.size() > options.padding.leaves) {
    return absl::InvalidArgumentError(absl::StrCat(
        request.size(), " addresses do not fit into a log entry, which has ",
        options.padding.leaves, " leaves here (constant-rate padding)"));
  }
  for (const Submission& submission : request) {
    if (IsRevocation(submission) && request.size() > 1) {
      return absl::InvalidArgumentError(
          "a revocation stands alone in its request");
    }
    // A revocation finds its labels itself.
    if (!IsRevocation(submission) &&
        (submission.label.empty() ||
         submission.label.size() > keytrans::kMaxLabelSize)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a label must have 1 to ", keytrans::kMaxLabelSize,
                       " bytes, not ", submission.label.size()));
    }
    if (submission.certificate == nullptr ||
        submission.certificate->chain == nullptr ||
        submission.certificate->chain->empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "no admitted certificate for ", absl::CHexEscape(submission.label)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Busy(absl::string_view why, uint64_t retry_ms) {
  absl::Status status = absl::ResourceExhaustedError(
      absl::StrCat(why, "; try again after ", retry_ms, " ms"));
  status.SetPayload(kRetryAfter, absl::Cord(absl::StrCat(retry_ms)));
  return status;
}

std::optional<uint64_t> RetryAfterMs(const absl::Status& status) {
  const auto payload = status.GetPayload(kRetryAfter);
  uint64_t ms = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &ms)) {
    return std::nullopt;
  }
  return ms;
}

class Sequencer::Impl {
 public:
  Impl(SequencerParts parts, SequencerOptions options, SequencerEvents events)
      : parts_(std::move(parts)),
        options_(options),
        events_(std::move(events)),
        pool_(options.worker_threads) {}
  ~Impl() { Stop(); }

  // Recovers the log, adds the barrier entry, starts the thread.
  absl::Status Start();
  absl::Status TrySubmit(PublishRequest& request, Done& done);
  void Stop();
  size_t queue_depth() const;
  uint64_t commit_lag_ms() const;
  absl::Status health() const;
  absl::Status refusal() const;
  uint64_t head_age_ms() const;

 private:
  struct Waiting {
    PublishRequest request;
    Done done;
    // By the monotonic clock.
    uint64_t since_ms = 0;
    // Of a revocation that goes over several batches: how far it has come.
    std::optional<smime::CertificateHash> revoked = std::nullopt;
    PublishOutcome gathered = {};

    size_t size() const { return AddressesOf(request); }
  };

  absl::Status CheckRoom(const PublishRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckDisk(const PublishRequest& request) const;
  uint64_t RetryHint() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Run();
  // Waits for work, at most one tick. False: there is none and none will come.
  bool TakeBatch(std::vector<Waiting>& batch);
  void RunBatch(std::vector<Waiting> batch);
  absl::StatusOr<std::vector<BatchOutcome>> Write(std::vector<Waiting>& batch);
  // Takes in what a batch has brought. True: all of it is there.
  static bool Gather(BatchOutcome outcome, Waiting& waiting);
  void HeartbeatIfDue();
  // Lets others see how the writer stands.
  void NoteState();
  // With padding: how long to wait for the next entry; 0: it is due.
  uint64_t UntilSlotMs() const;
  uint64_t ThisSlot() const {
    return options_.padding.on() ? options_.padding.Slot(parts_.clock->WallMs())
                                 : 0;
  }
  size_t BatchLimit() const {
    return options_.padding.on() ? options_.padding.leaves
                                 : options_.batch_limit;
  }
  // Reports an error of the writer; refuses everything that waits if the writer
  // has stopped.
  void Report(const absl::Status& status);
  void RefuseAll(const absl::Status& why);

  const SequencerParts parts_;
  const SequencerOptions options_;
  const SequencerEvents events_;
  WorkerPool pool_;
  // The thread's alone, once it runs.
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<BatchRunner> runner_;
  uint64_t heartbeat_interval_ms_ = 0;
  uint64_t next_heartbeat_ms_ = 0;
  // What the last heartbeat failed with; OK again once there is an entry.
  absl::Status heartbeat_;
  // With padding: the interval that has its entry.
  uint64_t slot_ = 0;

  mutable Mutex mutex_;
  CondVar wake_;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  // Addresses in queue_, and in the batch that is being written.
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t in_batch_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of the oldest request in the batch, while in_batch_ > 0.
  uint64_t batch_since_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  // Addresses a second, of the last batch; 0: not known yet.
  uint64_t rate_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  absl::Status refusal_ ABSL_GUARDED_BY(mutex_);
  // By the monotonic clock, of the newest head.
  uint64_t head_since_ms_ ABSL_GUARDED_BY(mutex_) = 0;

  Mutex join_mutex_;
  std::thread thread_ ABSL_GUARDED_BY(join_mutex_);
};

absl::Status Sequencer::Impl::Start() {
  const merkle::ParallelFor parallel =
      [this](size_t n, const std::function<void(size_t)>& task) {
        pool_.ForEach(n, task);
      };
  SEALBOOK_ASSIGN_OR_RETURN(
      writer_, LogWriter::Open({parts_.storage, parts_.mark, parts_.pages,
                                parts_.visible_head, parts_.signing_key,
                                parts_.clock, parallel}));
  const keytrans::Configuration& configuration = writer_->configuration();
  if (options_.padding.interval_ms > configuration.max_behind / 4) {
    return absl::InvalidArgumentError(absl::StrCat(
        "padding: an interval of ", options_.padding.interval_ms,
        " ms is too long for this log: at most a quarter of its max_behind, ",
        configuration.max_behind / 4, " ms, or clients refuse its heads"));
  }
  if (parts_.vrf_key->public_key() != configuration.vrf_public_key) {
    return absl::FailedPreconditionError(
        "the VRF key is not this log's: its public key is not the one in the "
        "log's configuration");
  }
  heartbeat_interval_ms_ = options_.heartbeat_interval_ms > 0
                               ? options_.heartbeat_interval_ms
                               : configuration.max_behind / 3;
  runner_ = std::make_unique<BatchRunner>(
      BatchRunnerParts{writer_.get(), parts_.vrf_key, parts_.random,
                       parts_.clock, parallel, options_.padding});
  slot_ = ThisSlot();
  SEALBOOK_RETURN_IF_ERROR(runner_->AppendHeartbeat());
  NoteState();
  MutexLock lock(join_mutex_);
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

absl::Status Sequencer::Impl::TrySubmit(PublishRequest& request, Done& done) {
  SEALBOOK_RETURN_IF_ERROR(CheckRequest(request, options_));
  // Asks the operating system: not under the lock.
  SEALBOOK_RETURN_IF_ERROR(CheckDisk(request));
  MutexLock lock(mutex_);
  SEALBOOK_RETURN_IF_ERROR(CheckRoom(request));
  waiting_ += AddressesOf(request);
  queue_.push_back(
      {std::move(request), std::move(done), parts_.clock->MonotonicMs()});
  wake_.NotifyOne();
  return absl::OkStatus();
}

absl::Status Sequencer::Impl::CheckRoom(const PublishRequest& request) {
  if (!failure_.ok()) {
    return absl::UnavailableError(
        absl::StrCat("the log's writer has stopped: ", failure_.message()));
  }
  if (stopping_) return absl::UnavailableError("shutting down");
  // A revocation of many addresses cannot wait for a queue that is empty.
  const size_t count = IsRevocation(request) ? 1 : AddressesOf(request);
  if (waiting_ + count <= options_.queue_limit) return absl::OkStatus();
  return Busy(absl::StrCat("the queue is full: ", waiting_,
                           " publications wait, at most ", options_.queue_limit,
                           " may"),
              RetryHint());
}

absl::Status Sequencer::Impl::CheckDisk(const PublishRequest& request) const {
  // An empty request writes nothing.
  if (!parts_.disk_space || request.empty()) return absl::OkStatus();
  const absl::StatusOr<DiskSpace> space = parts_.disk_space();
  if (!space.ok()) {
    return Busy(absl::StrCat("the free disk space cannot be read: ",
                             space.status().message()),
                kDiskRetryMs);
  }
  const bool urgent = request[0].cause == PublishCause::kRevoked;
  const uint64_t needed = urgent ? options_.min_free_bytes / kRevocationReserve
                                 : options_.min_free_bytes;
  if (space->free_bytes >= needed) return absl::OkStatus();
  return Busy(absl::StrCat("the disk is nearly full: ", space->free_bytes,
                           " bytes are free, ", needed, " are needed"),
              kDiskRetryMs);
}

uint64_t Sequencer::Impl::RetryHint() const {
  if (options_.padding.on()) {
    return std::clamp(
        options_.padding.interval_ms * waiting_ / options_.padding.leaves,
        kMinRetryMs, kMaxRetryMs);
  }
  if (rate_ == 0) return 10 * kMinRetryMs;
  return std::clamp(1000 * waiting_ / rate_, kMinRetryMs, kMaxRetryMs);
}

void Sequencer::Impl::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyOne();
  }
  MutexLock lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

size_t Sequencer::Impl::queue_depth() const {
  MutexLock lock(mutex_);
  return waiting_ + in_batch_;
}

uint64_t Sequencer::Impl::commit_lag_ms() const {
  MutexLock lock(mutex_);
  if (in_batch_ == 0 && queue_.empty()) return 0;
  const uint64_t since =
      in_batch_ > 0 ? batch_since_ms_ : queue_.front().since_ms;
  return parts_.clock->MonotonicMs() - since;
}

absl::Status Sequencer::Impl::health() const {
  MutexLock lock(mutex_);
  return failure_;
}

absl::Status Sequencer::Impl::refusal() const {
  MutexLock lock(mutex_);
  return refusal_;
}

uint64_t Sequencer::Impl::head_age_ms() const {
  MutexLock lock(mutex_);
  return parts_.clock->MonotonicMs() - head_since_ms_;
}

void Sequencer::Impl::NoteState() {
  absl::Status clocks = writer_->CheckClocks();
  MutexLock lock(mutex_);
  refusal_ = clocks.ok() ? heartbeat_ : std::move(clocks);
  head_since_ms_ = writer_->last_entry_monotonic_ms();
}

void Sequencer::Impl::Run() {
  std::vector<Waiting> batch;
  while (TakeBatch(batch)) {
    if (!batch.empty()) RunBatch(std::move(batch));
    batch.clear();
    if (writer_->stopped().ok()) HeartbeatIfDue();
    if (!writer_->stopped().ok()) return;
    NoteState();
  }
  // With padding nothing can be hurried.
  RefuseAll(absl::UnavailableError("shutting down"));
}

bool Sequencer::Impl::TakeBatch(std::vector<Waiting>& batch) {
  MutexLock lock(mutex_);
  // With padding, what is due is all that waits then, or an entry without it.
  for (uint64_t wait_ms = UntilSlotMs(); wait_ms > 0 && !stopping_;
       wait_ms = UntilSlotMs()) {
    wake_.WaitFor(mutex_, std::chrono::milliseconds(
                              std::min(wait_ms, options_.idle_tick_ms)));
  }
  if (options_.padding.on() && stopping_) return false;
  if (queue_.empty() && !stopping_ && !options_.padding.on()) {
    wake_.WaitFor(mutex_, std::chrono::milliseconds(options_.idle_tick_ms));
  }
  if (queue_.empty()) return !stopping_;
  absl::flat_hash_set<std::string> revoked;
  batch_since_ms_ = queue_.front().since_ms;
  // Never empty, whatever the size of the first request.
  do {
    const PublishRequest& next = queue_.front().request;
    // It may need the entry for itself.
    if (options_.padding.on() && IsRevocation(next) && !batch.empty()) break;
    // A second one has to see what the first one wrote.
    if (IsRevocation(next) &&
        !revoked.insert(SerialKeyOf(*next[0].certificate)).second) {
      break;
    }
    const size_t size = queue_.front().size();
    waiting_ -= size;
    in_batch_ += size;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (options_.padding.on() && IsRevocation(batch.back().request)) break;
  } while (!queue_.empty() &&
           in_batch_ + queue_.front().size() <= BatchLimit());
  return true;
}

absl::StatusOr<std::vector<BatchOutcome>> Sequencer::Impl::Write(
    std::vector<Waiting>& batch) {
  std::vector<BatchWork> work;
  work.reserve(batch.size());
  size_t published = 0;
  for (const Waiting& waiting : batch) {
    work.push_back({&waiting.request, waiting.revoked});
    if (!IsRevocation(waiting.request)) published += waiting.size();
  }
  const size_t room = BatchLimit() - std::min(published, BatchLimit());
  SEALBOOK_ASSIGN_OR_RETURN(auto outcomes,
                            runner_->Run(absl::MakeSpan(work), room));
  for (size_t i = 0; i < batch.size(); ++i) batch[i].revoked = work[i].done;
  return outcomes;
}

bool Sequencer::Impl::Gather(BatchOutcome outcome, Waiting& waiting) {
  PublishOutcome& gathered = waiting.gathered;
  gathered.tree_size = outcome.outcome.tree_size;
  if (gathered.results.empty()) {
    gathered.results = std::move(outcome.outcome.results);
  } else {
    std::move(outcome.outcome.results.begin(), outcome.outcome.results.end(),
              std::back_inserter(gathered.results));
  }
  return !outcome.more;
}

void Sequencer::Impl::RunBatch(std::vector<Waiting> batch) {
  const uint64_t started = parts_.clock->MonotonicMs();
  const uint64_t slot = ThisSlot();
  absl::StatusOr<std::vector<BatchOutcome>> outcomes = Write(batch);
  if (outcomes.ok()) slot_ = slot;
  const uint64_t taken = parts_.clock->MonotonicMs() - started;
  BatchReport report{.taken_ms = taken, .written = outcomes.ok()};
  std::vector<Waiting> ended;
  std::vector<Waiting> unfinished;
  for (size_t i = 0; i < batch.size(); ++i) {
    if (outcomes.ok()) {
      for (const auto& result : (*outcomes)[i].outcome.results) {
        report.damaged += absl::IsDataLoss(result.status()) ? 1 : 0;
      }
    }
    const bool done =
        !outcomes.ok() || Gather(std::move((*outcomes)[i]), batch[i]);
    (done ? ended : unfinished).push_back(std::move(batch[i]));
  }
  {
    MutexLock lock(mutex_);
    if (taken > 0) rate_ = std::max<uint64_t>(1, 1000 * in_batch_ / taken);
    report.publications = in_batch_;
    in_batch_ = 0;
    // First in the next batch, in their order.
    for (size_t i = unfinished.size(); i-- > 0;) {
      waiting_ += unfinished[i].size();
      queue_.push_front(std::move(unfinished[i]));
    }
  }
  // A request without submissions only waits for what came before it.
  if (events_.batch_ended && report.publications > 0) {
    events_.batch_ended(report);
  }
  if (!outcomes.ok()) Report(outcomes.status());
  for (Waiting& waiting : ended) {
    if (outcomes.ok()) {
      waiting.done(std::move(waiting.gathered));
    } else {
      waiting.done(outcomes.status());
    }
  }
}

uint64_t Sequencer::Impl::UntilSlotMs() const {
  if (!options_.padding.on()) return 0;
  const uint64_t now = parts_.clock->WallMs();
  const uint64_t slot = options_.padding.Slot(now);
  // A clock that was set back is the writer's to judge.
  if (slot == slot_) return slot + options_.padding.interval_ms - now;
  const uint64_t monotonic_ms = parts_.clock->MonotonicMs();
  return next_heartbeat_ms_ - std::min(next_heartbeat_ms_, monotonic_ms);
}

void Sequencer::Impl::HeartbeatIfDue() {
  const uint64_t now = parts_.clock->MonotonicMs();
  if (now < next_heartbeat_ms_) return;
  const bool due =
      options_.padding.on()
          ? UntilSlotMs() == 0
          : now >= writer_->last_entry_monotonic_ms() + heartbeat_interval_ms_;
  if (due) {
    const uint64_t slot = ThisSlot();
    heartbeat_ = runner_->AppendHeartbeat();
    if (heartbeat_.ok()) {
      slot_ = slot;
    } else {
      next_heartbeat_ms_ = now + kHeartbeatRetryMs;
    }
    if (events_.heartbeat_ended) events_.heartbeat_ended(heartbeat_.ok());
    if (!heartbeat_.ok()) Report(heartbeat_);
  } else {
    heartbeat_ = absl::OkStatus();
  }
}

void Sequencer::Impl::Report(const absl::Status& status) {
  if (writer_->stopped().ok()) {
    if (events_.refused) events_.refused(status);
    return;
  }
  {
    MutexLock lock(mutex_);
    failure_ = writer_->stopped();
  }
  RefuseAll(writer_->stopped());
  if (events_.stopped) events_.stopped(writer_->stopped());
}

void Sequencer::Impl::RefuseAll(const absl::Status& why) {
  std::deque<Waiting> refused;
  {
    MutexLock lock(mutex_);
    refused.swap(queue_);
    waiting_ = 0;
  }
  for (Waiting& waiting : refused) {
    const std::string message =
        absl::StrCat("the log's writer has stopped: ", why.message());
    waiting.done(waiting.revoked.has_value() ? absl::AbortedError(message)
                                             : absl::UnavailableError(message));
  }
}

absl::StatusOr<std::unique_ptr<Sequencer>> Sequencer::Start(
    SequencerParts parts, SequencerOptions options, SequencerEvents events) {
  auto impl =
      std::make_unique<Impl>(std::move(parts), options, std::move(events));
  SEALBOOK_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Sequencer>(new Sequencer(std::move(impl)));
}

Sequencer::Sequencer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sequencer::~Sequencer() = default;

void Sequencer::Submit(std::vector<Submission> request, Done done) {
  const absl::Status status = impl_->TrySubmit(request, done);
  if (!status.ok()) done(status);
}

absl::Status Sequencer::TrySubmit(std::vector<Submission>& request,
                                  Done& done) {
  return impl_->TrySubmit(request, done);
}

void Sequencer::Stop() { impl_->Stop(); }

size_t Sequencer::queue_depth() const { return impl_->queue_depth(); }

uint64_t Sequencer::commit_lag_ms() const { return impl_->commit_lag_ms(); }

absl::Status Sequencer::health() const { return impl_->health(); }

absl::Status Sequencer::refusal() const { return impl_->refusal(); }

uint64_t Sequencer::head_age_ms() const { return impl_->head_age_ms(); }

absl::Status InitLog(Storage& storage,
                     const keytrans::Configuration& configuration) {
  SEALBOOK_RETURN_IF_ERROR(CheckModeServed(configuration));
  LogStore store(storage);
  const absl::Status found = store.ReadConfiguration().status();
  if (found.ok()) {
    return absl::AlreadyExistsError(
        "there is a log in this store already; it is not made anew");
  }
  if (!absl::IsNotFound(found)) return found;
  SEALBOOK_ASSIGN_OR_RETURN(auto head, store.ReadHead());
  if (head.has_value()) {
    return absl::DataLossError(
        "the store holds log entries, but no configuration; it is not touched");
  }
  return store.WriteConfiguration(configuration);
}

}  // namespace sealbook::server
