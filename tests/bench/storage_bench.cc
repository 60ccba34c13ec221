// The LevelDB store by itself, with records shaped like those that publishing
// 10,000 new addresses at a time makes: pages under growing keys, labels,
// versions and values under random ones.
//
//   bazel run --config=bench //tests/bench:storage_bench
//
// Publish/N: one commit an iteration on top of N addresses, write-out included;
// "slowest_ms" is the longest commit. ReadPages/K, ReadValues/K: batches of K
// random records out of the store that Publish left; items are records.
// "anon_mb" is the process's RssAnon at the end.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "server/storage/leveldb_storage.h"
#include "server/storage/storage.h"

namespace sealbook::server {
namespace {

constexpr size_t kBatch = 10'000;
constexpr size_t kPagesPerAddress = 3;
constexpr size_t kPageBytes = 450;
constexpr size_t kValueBytes = 1500;

std::string BigEndian(uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> shift));
  }
  return bytes;
}

// Well spread and the same for the same number.
std::string Spread(uint64_t number) {
  return BigEndian(number * 0x9e3779b97f4a7c15u);
}

double AnonymousMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == "RssAnon:" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

// One store for all benchmarks, so that reads find what Publish wrote.
class BenchStore {
 public:
  BenchStore() : directory_("/tmp/storage-bench-XXXXXX") {
    if (mkdtemp(directory_.data()) == nullptr) std::abort();
    auto storage = LevelDbStorage::Create(directory_ + "/log", {});
    if (!storage.ok()) std::abort();
    storage_ = *std::move(storage);
    for (size_t i = 0; i < noise_.capacity(); ++i) {
      noise_.push_back(static_cast<char>(random_()));
    }
  }
  ~BenchStore() {
    storage_.reset();
    std::filesystem::remove_all(directory_);
  }

  void GrowTo(uint64_t addresses) {
    while (addresses_ < addresses) Publish(MakeBatch());
  }

  CommitRequest MakeBatch() {
    CommitRequest request;
    if (addresses_ > 0) request.expected_head = BigEndian(addresses_);
    request.new_head = BigEndian(addresses_ + kBatch);
    request.puts.reserve(kBatch * (kPagesPerAddress + 3));
    for (uint64_t i = addresses_; i < addresses_ + kBatch; ++i) {
      for (size_t page = 0; page < kPagesPerAddress; ++page) {
        request.puts.push_back({Table::kPages,
                                BigEndian(i * kPagesPerAddress + page),
                                Noise(kPageBytes)});
      }
      request.puts.push_back({Table::kLabels, Spread(i) + "@mail", Noise(4)});
      request.puts.push_back(
          {Table::kVersions, Spread(i) + "@mail", Noise(100)});
      request.puts.push_back(
          {Table::kValues, Spread(i) + "@mail", Noise(kValueBytes)});
    }
    return request;
  }

  void Publish(const CommitRequest& request) {
    const absl::Status status = storage_->Commit(request);
    if (!status.ok()) {
      std::cerr << status << std::endl;
      std::abort();
    }
    addresses_ += kBatch;
  }

  uint64_t addresses() const { return addresses_; }
  Storage& storage() { return *storage_; }

 private:
  std::string Noise(size_t bytes) {
    return noise_.substr(random_() % (noise_.size() - bytes), bytes);
  }

  std::mt19937_64 random_{1};
  std::string noise_ = [] {
    std::string noise;
    noise.reserve(1 << 20);
    return noise;
  }();
  std::string directory_;
  std::unique_ptr<Storage> storage_;
  uint64_t addresses_ = 0;
};

BenchStore& Store() {
  static BenchStore store;
  return store;
}

void Publish(benchmark::State& state) {
  BenchStore& store = Store();
  store.GrowTo(state.range(0));
  double slowest = 0;
  for (auto _ : state) {
    const CommitRequest request = store.MakeBatch();
    const auto start = std::chrono::steady_clock::now();
    store.Publish(request);
    const std::chrono::duration<double> taken =
        std::chrono::steady_clock::now() - start;
    state.SetIterationTime(taken.count());
    slowest = std::max(slowest, taken.count());
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
  state.counters["slowest_ms"] = slowest * 1e3;
  state.counters["anon_mb"] = AnonymousMegabytes();
}
BENCHMARK(Publish)->Arg(0)->Arg(200'000)->Iterations(20)->UseManualTime()->Unit(
    benchmark::kMillisecond);

void ReadBatch(benchmark::State& state, Table table) {
  BenchStore& store = Store();
  store.GrowTo(200'000);
  std::mt19937_64 random(2);
  std::vector<std::string> keys(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    for (std::string& key : keys) {
      const uint64_t i = random() % store.addresses();
      key = table == Table::kPages ? BigEndian(i * kPagesPerAddress)
                                   : Spread(i) + "@mail";
    }
    state.ResumeTiming();
    const auto values = store.storage().Read(table, keys);
    if (!values.ok() || !values->front().has_value()) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["anon_mb"] = AnonymousMegabytes();
}
BENCHMARK_CAPTURE(ReadBatch, Pages, Table::kPages)->Arg(1)->Arg(20)->Arg(170);
BENCHMARK_CAPTURE(ReadBatch, Values, Table::kValues)->Arg(1)->Arg(20);

}  // namespace
}  // namespace sealbook::server

BENCHMARK_MAIN();
