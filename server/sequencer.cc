#include "server/sequencer.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "server/batch_runner.h"
#include "server/log_writer.h"
#include "server/worker_pool.h"

namespace sealbook::server {
namespace {

constexpr absl::string_view kRetryAfter = "sealbook/retry-after-ms";
// A disk does not empty itself in a moment.
constexpr uint64_t kDiskRetryMs = 60'000;
constexpr uint64_t kMinRetryMs = 100;
constexpr uint64_t kMaxRetryMs = 30'000;
// After a heartbeat that could not be written.
constexpr uint64_t kHeartbeatRetryMs = 1000;

absl::Status Busy(absl::string_view why, uint64_t retry_ms) {
  absl::Status status = absl::ResourceExhaustedError(
      absl::StrCat(why, "; try again after ", retry_ms, " ms"));
  status.SetPayload(kRetryAfter, absl::Cord(absl::StrCat(retry_ms)));
  return status;
}

absl::Status CheckRequest(const PublishRequest& request,
                          const SequencerOptions& options) {
  if (request.size() > options.queue_limit) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a request of ", request.size(), " publications is larger than the ",
        options.queue_limit, " that may wait"));
  }
  for (const Submission& submission : request) {
    if (submission.label.empty() ||
        submission.label.size() > keytrans::kMaxLabelSize) {
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
  void Submit(PublishRequest request, Done done);
  void Stop();
  size_t queue_depth() const;
  absl::Status health() const;

 private:
  struct Waiting {
    PublishRequest request;
    Done done;
  };

  absl::Status CheckRoom(size_t count) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckDisk() const;
  uint64_t RetryHint() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Run();
  // Waits for work, at most one tick. False: there is none and none will come.
  bool TakeBatch(std::vector<Waiting>& batch);
  void RunBatch(std::vector<Waiting> batch);
  void HeartbeatIfDue();
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

  mutable Mutex mutex_;
  CondVar wake_;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  // Submissions in queue_, and in the batch that is being written.
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t in_batch_ ABSL_GUARDED_BY(mutex_) = 0;
  // Submissions a second, of the last batch; 0: not known yet.
  uint64_t rate_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);

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
  if (parts_.vrf_key->public_key() != configuration.vrf_public_key) {
    return absl::FailedPreconditionError(
        "the VRF key is not this log's: its public key is not the one in the "
        "log's configuration");
  }
  heartbeat_interval_ms_ = options_.heartbeat_interval_ms > 0
                               ? options_.heartbeat_interval_ms
                               : configuration.max_behind / 3;
  runner_ = std::make_unique<BatchRunner>(BatchRunnerParts{
      writer_.get(), parts_.vrf_key, parts_.random, parts_.clock, parallel});
  SEALBOOK_RETURN_IF_ERROR(runner_->AppendHeartbeat());
  MutexLock lock(join_mutex_);
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void Sequencer::Impl::Submit(PublishRequest request, Done done) {
  absl::Status status = CheckRequest(request, options_);
  // Asks the operating system: not under the lock.
  if (status.ok()) status = CheckDisk();
  if (status.ok()) {
    MutexLock lock(mutex_);
    status = CheckRoom(request.size());
    if (status.ok()) {
      waiting_ += request.size();
      queue_.push_back({std::move(request), std::move(done)});
      wake_.NotifyOne();
      return;
    }
  }
  done(status);
}

absl::Status Sequencer::Impl::CheckRoom(size_t count) {
  if (!failure_.ok()) {
    return absl::UnavailableError(
        absl::StrCat("the log's writer has stopped: ", failure_.message()));
  }
  if (stopping_) return absl::UnavailableError("shutting down");
  if (waiting_ + count <= options_.queue_limit) return absl::OkStatus();
  return Busy(absl::StrCat("the queue is full: ", waiting_,
                           " publications wait, at most ", options_.queue_limit,
                           " may"),
              RetryHint());
}

absl::Status Sequencer::Impl::CheckDisk() const {
  if (!parts_.disk_space) return absl::OkStatus();
  const absl::StatusOr<DiskSpace> space = parts_.disk_space();
  if (!space.ok()) {
    return Busy(absl::StrCat("the free disk space cannot be read: ",
                             space.status().message()),
                kDiskRetryMs);
  }
  if (space->free_bytes >= options_.min_free_bytes) return absl::OkStatus();
  return Busy(
      absl::StrCat("the disk is nearly full: ", space->free_bytes,
                   " bytes are free, ", options_.min_free_bytes, " are needed"),
      kDiskRetryMs);
}

uint64_t Sequencer::Impl::RetryHint() const {
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

absl::Status Sequencer::Impl::health() const {
  MutexLock lock(mutex_);
  return failure_;
}

void Sequencer::Impl::Run() {
  std::vector<Waiting> batch;
  while (TakeBatch(batch)) {
    if (!batch.empty()) RunBatch(std::move(batch));
    batch.clear();
    if (writer_->stopped().ok()) HeartbeatIfDue();
    if (!writer_->stopped().ok()) return;
  }
}

bool Sequencer::Impl::TakeBatch(std::vector<Waiting>& batch) {
  MutexLock lock(mutex_);
  if (queue_.empty() && !stopping_) {
    wake_.WaitFor(mutex_, std::chrono::milliseconds(options_.idle_tick_ms));
  }
  if (queue_.empty()) return !stopping_;
  // Never empty, whatever the size of the first request.
  do {
    const size_t size = queue_.front().request.size();
    waiting_ -= size;
    in_batch_ += size;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  } while (!queue_.empty() &&
           in_batch_ + queue_.front().request.size() <= options_.batch_limit);
  return true;
}

void Sequencer::Impl::RunBatch(std::vector<Waiting> batch) {
  std::vector<const PublishRequest*> requests;
  requests.reserve(batch.size());
  for (const Waiting& waiting : batch) requests.push_back(&waiting.request);
  const uint64_t started = parts_.clock->MonotonicMs();
  absl::StatusOr<std::vector<PublishOutcome>> outcomes = runner_->Run(requests);
  const uint64_t taken = parts_.clock->MonotonicMs() - started;
  {
    MutexLock lock(mutex_);
    if (taken > 0) rate_ = std::max<uint64_t>(1, 1000 * in_batch_ / taken);
    in_batch_ = 0;
  }
  if (!outcomes.ok()) Report(outcomes.status());
  for (size_t i = 0; i < batch.size(); ++i) {
    if (outcomes.ok()) {
      batch[i].done(std::move((*outcomes)[i]));
    } else {
      batch[i].done(outcomes.status());
    }
  }
}

void Sequencer::Impl::HeartbeatIfDue() {
  const uint64_t now = parts_.clock->MonotonicMs();
  if (now < writer_->last_entry_monotonic_ms() + heartbeat_interval_ms_ ||
      now < next_heartbeat_ms_) {
    return;
  }
  const absl::Status status = runner_->AppendHeartbeat();
  if (status.ok()) return;
  next_heartbeat_ms_ = now + kHeartbeatRetryMs;
  Report(status);
}

void Sequencer::Impl::Report(const absl::Status& status) {
  if (writer_->stopped().ok()) {
    if (events_.refused) events_.refused(status);
    return;
  }
  RefuseAll(writer_->stopped());
  if (events_.stopped) events_.stopped(writer_->stopped());
}

void Sequencer::Impl::RefuseAll(const absl::Status& why) {
  std::deque<Waiting> refused;
  {
    MutexLock lock(mutex_);
    failure_ = why;
    refused.swap(queue_);
    waiting_ = 0;
  }
  for (Waiting& waiting : refused) {
    waiting.done(absl::UnavailableError(
        absl::StrCat("the log's writer has stopped: ", why.message())));
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
  impl_->Submit(std::move(request), std::move(done));
}

void Sequencer::Stop() { impl_->Stop(); }

size_t Sequencer::queue_depth() const { return impl_->queue_depth(); }

absl::Status Sequencer::health() const { return impl_->health(); }

absl::Status InitLog(Storage& storage,
                     const keytrans::Configuration& configuration) {
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
