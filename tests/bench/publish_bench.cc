// How fast new addresses are published from the sequencer's queue, beside the
// rate of VRF outputs on the same number of threads in the same run: the VRF is
// the floor, everything else is ours.
//
//   bazel run --config=bench //tests/bench:publish_bench
//
// Certificates are admitted already (1,300 bytes each, never parsed). The first
// argument is the number of addresses in the log beforehand. VRF outputs are
// measured before and after, so that a busy machine shows.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/signature.h"
#include "crypto/vrf.h"
#include "keytrans/structures.h"
#include "server/clock.h"
#include "server/prover_source.h"
#include "server/sequencer.h"
#include "server/storage/leveldb_storage.h"
#include "server/storage/memory_storage.h"
#include "server/worker_pool.h"

namespace sealbook::server {
namespace {

constexpr size_t kThreads = 2;
constexpr uint64_t kAddresses = 100'000;
constexpr size_t kRequest = 1000;
constexpr size_t kBatch = 10'000;
constexpr size_t kCertificateBytes = 1300;
constexpr size_t kVrfSample = 20'000;
constexpr size_t kCacheBytes = size_t{128} << 20;

void CheckOk(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  CheckOk(value.status());
  return *std::move(value);
}

// What some work took: by the wall clock, and of processor time on all threads,
// which says more on a machine that others use too.
struct Cost {
  double wall_us = 0;
  double cpu_us = 0;
};

Cost CostOf(uint64_t count, const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu_start = std::clock();
  work();
  const std::chrono::duration<double, std::micro> wall =
      std::chrono::steady_clock::now() - start;
  const double cpu_us =
      1e6 * static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  return {wall.count() / static_cast<double>(count),
          cpu_us / static_cast<double>(count)};
}

Cost CostOfVrfOutput(const crypto::VrfPrivateKey& key) {
  WorkerPool pool(kThreads);
  return CostOf(kVrfSample, [&] {
    pool.ForEach(kVrfSample, [&](size_t i) {
      OrDie(key.Evaluate(keytrans::EncodeVrfInput(
          absl::StrCat("sample", i, "@example.org"), 0)));
    });
  });
}

class BenchMark final : public MarkKeeper {
 public:
  absl::StatusOr<Mark> Read() override { return mark_; }
  absl::Status Advance(const Mark& mark) override {
    mark_ = mark;
    return absl::OkStatus();
  }

 private:
  Mark mark_;
};

std::shared_ptr<const smime::AdmittedCertificate> Certificate(
    uint64_t number, const std::shared_ptr<const smime::Chain>& chain) {
  auto certificate = std::make_shared<smime::AdmittedCertificate>();
  certificate->der = absl::StrCat(number, "/");
  certificate->der.resize(kCertificateBytes, 'c');
  certificate->sha256 = *smime::CertificateHash::FromBytes(
      crypto::Sha256(certificate->der).view());
  certificate->chain = chain;
  certificate->not_after_ms = int64_t{1} << 60;
  return certificate;
}

// A log and its queue.
class Log {
 public:
  explicit Log(std::unique_ptr<Storage> storage)
      : storage_(std::move(storage)), store_(*storage_) {
    signing_key_ = OrDie(
        crypto::SignaturePrivateKey::Generate(crypto::CipherSuite::kP256));
    vrf_key_ =
        OrDie(crypto::VrfPrivateKey::Generate(crypto::CipherSuite::kP256));
    keytrans::Configuration configuration;
    configuration.signature_public_key = signing_key_->public_key();
    configuration.vrf_public_key = vrf_key_->public_key();
    configuration.max_ahead = 60'000;
    configuration.max_behind = 3'600'000;
    configuration.reasonable_monitoring_window = 86'400'000;
    CheckOk(InitLog(*storage_, configuration));
    source_ = std::make_unique<StoredLog>(store_, *vrf_key_, kCacheBytes);
    SequencerParts parts;
    parts.storage = storage_.get();
    parts.mark = &mark_;
    parts.pages = &source_->pages();
    parts.visible_head = &visible_;
    parts.signing_key = signing_key_.get();
    parts.vrf_key = vrf_key_.get();
    parts.clock = &SystemClock();
    parts.random = &crypto::SystemRandom();
    SequencerOptions options;
    options.worker_threads = kThreads;
    options.batch_limit = kBatch;
    options.queue_limit = 3 * kBatch;
    sequencer_ = OrDie(Sequencer::Start(std::move(parts), options, {}));
  }

  const crypto::VrfPrivateKey& vrf_key() const { return *vrf_key_; }

  // Requests for `count` addresses that are not in the log.
  std::vector<std::vector<Submission>> NewRequests(uint64_t count) {
    std::vector<std::vector<Submission>> requests;
    while (requests.size() * kRequest < count) {
      std::vector<Submission>& request = requests.emplace_back();
      for (size_t i = 0; i < kRequest; ++i, ++next_) {
        Submission submission;
        submission.label = absl::StrCat("person", next_, "@example.org");
        submission.certificate = Certificate(next_, chain_);
        submission.publisher = "bench";
        request.push_back(std::move(submission));
      }
    }
    return requests;
  }

  // Publishes them; two batches wait in the queue all the time.
  void Publish(std::vector<std::vector<Submission>> requests) {
    for (std::vector<Submission>& request : requests) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        ended_.wait(lock,
                    [&] { return outstanding_ + kRequest <= 2 * kBatch; });
        outstanding_ += kRequest;
      }
      sequencer_->Submit(std::move(request),
                         [this](const absl::StatusOr<PublishOutcome>& outcome) {
                           Finish(outcome);
                         });
    }
    std::unique_lock<std::mutex> lock(mutex_);
    ended_.wait(lock, [&] { return outstanding_ == 0; });
  }

 private:
  void Finish(const absl::StatusOr<PublishOutcome>& outcome) {
    CheckOk(outcome.status());
    for (const auto& result : outcome->results) CheckOk(result.status());
    std::unique_lock<std::mutex> lock(mutex_);
    outstanding_ -= kRequest;
    ended_.notify_one();
  }

  const std::unique_ptr<Storage> storage_;
  LogStore store_;
  BenchMark mark_;
  VisibleHead visible_;
  std::unique_ptr<crypto::SignaturePrivateKey> signing_key_;
  std::unique_ptr<crypto::VrfPrivateKey> vrf_key_;
  std::unique_ptr<StoredLog> source_;
  const std::shared_ptr<const smime::Chain> chain_ =
      std::make_shared<smime::Chain>(
          2, smime::Issuer{std::string(kCertificateBytes, 'i'), {}, {}});
  uint64_t next_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
  size_t outstanding_ = 0;
  std::unique_ptr<Sequencer> sequencer_;
};

void Measure(benchmark::State& state, std::unique_ptr<Storage> storage) {
  Log log(std::move(storage));
  for (int64_t done = 0; done < state.range(0); done += kAddresses) {
    log.Publish(log.NewRequests(kAddresses));
  }
  std::vector<std::vector<Submission>> requests = log.NewRequests(kAddresses);
  const Cost before = CostOfVrfOutput(log.vrf_key());
  Cost cost;
  for (auto _ : state) {
    cost = CostOf(kAddresses, [&] { log.Publish(std::move(requests)); });
    state.SetIterationTime(cost.wall_us * kAddresses / 1e6);
  }
  const Cost after = CostOfVrfOutput(log.vrf_key());
  const double vrf_wall_us = (before.wall_us + after.wall_us) / 2;
  const double vrf_cpu_us = (before.cpu_us + after.cpu_us) / 2;
  state.counters["addresses/s"] = 1e6 / cost.wall_us;
  state.counters["vrf_outputs/s"] = 1e6 / vrf_wall_us;
  state.counters["ratio"] = vrf_wall_us / cost.wall_us;
  state.counters["cpu_us/address"] = cost.cpu_us;
  state.counters["cpu_us/vrf_output"] = vrf_cpu_us;
  state.counters["cpu_ratio"] = vrf_cpu_us / cost.cpu_us;
}

void PublishInMemory(benchmark::State& state) {
  Measure(state, OrDie(MemoryStorage::Create(std::make_shared<MemoryDisk>())));
}
BENCHMARK(PublishInMemory)
    ->Arg(0)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void PublishInLevelDb(benchmark::State& state) {
  std::string directory =
      (std::filesystem::temp_directory_path() / "publish-bench-XXXXXX")
          .string();
  if (mkdtemp(directory.data()) == nullptr) {
    return state.SkipWithError("no temporary directory");
  }
  Measure(state, OrDie(LevelDbStorage::Create(directory + "/log", {})));
  uint64_t bytes = 0;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(directory)) {
    if (file.is_regular_file()) bytes += file.file_size();
  }
  state.counters["bytes/address"] =
      static_cast<double>(bytes) / (state.range(0) + kAddresses);
  std::filesystem::remove_all(directory);
}
BENCHMARK(PublishInLevelDb)
    ->Arg(0)
    ->Arg(1'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sealbook::server

BENCHMARK_MAIN();
