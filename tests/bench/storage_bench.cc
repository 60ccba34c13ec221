// The LevelDB store by itself, with records shaped like those that publishing
// 10,000 new addresses at a time makes: pages and values under growing keys,
// labels and versions under random ones.
//
//   bazel run --config=bench //tests/bench:storage_bench
//
// Publish/D: 1,000,000 addresses into an empty store, a commit an iteration.
// D = 2: as the server does it, what grows in a database of its own. D = 1: for
// comparison, everything in one. "slowest_ms" is the longest commit,
// which waits for LevelDB to merge tables; "cpu_us" the time that all threads
// spent for an address; "written" the bytes handed to the system for a byte of
// records. ReadBatch/K: batches of K random records out of the store that the
// last Publish left; items are records. "anon_mb" is the process's RssAnon.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
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
// Keys and values.
constexpr double kBytesPerAddress =
    kPagesPerAddress * (8 + kPageBytes) + 13 + 4 + 13 + 100 + 13 + kValueBytes;

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

double ProcessorSeconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

double BytesWritten() {
  std::ifstream io("/proc/self/io");
  for (std::string word; io >> word;) {
    double bytes = 0;
    if (word == "wchar:" && io >> bytes) return bytes;
  }
  return 0;
}

class BenchStore {
 public:
  explicit BenchStore(int databases)
      : pages_(databases == 2 ? Table::kPages : Table::kIssuers),
        values_(databases == 2 ? Table::kValues : Table::kSerials),
        directory_("/tmp/storage-bench-XXXXXX") {
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

  CommitRequest MakeBatch() {
    CommitRequest request;
    if (addresses_ > 0) request.expected_head = BigEndian(addresses_);
    request.new_head = BigEndian(addresses_ + kBatch);
    request.puts.reserve(kBatch * (kPagesPerAddress + 3));
    for (uint64_t i = addresses_; i < addresses_ + kBatch; ++i) {
      for (size_t page = 0; page < kPagesPerAddress; ++page) {
        request.puts.push_back(
            {pages_, PageKey(i) + BigEndian(page), Noise(kPageBytes)});
      }
      request.puts.push_back({Table::kLabels, Spread(i) + "@mail", Noise(4)});
      request.puts.push_back(
          {Table::kVersions, Spread(i) + "@mail", Noise(100)});
      request.puts.push_back({values_, ValueKey(i), Noise(kValueBytes)});
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

  // Tables of pages and of values.
  Table pages() const { return pages_; }
  Table values() const { return values_; }
  static std::string PageKey(uint64_t i) { return BigEndian(i); }
  static std::string ValueKey(uint64_t i) { return BigEndian(i) + Spread(i); }

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
  const Table pages_;
  const Table values_;
  std::string directory_;
  std::unique_ptr<Storage> storage_;
  uint64_t addresses_ = 0;
};

// The store of the last Publish.
std::unique_ptr<BenchStore>& LastStore() {
  static std::unique_ptr<BenchStore> store;
  return store;
}

// Waits until LevelDB's background thread has nothing left to do.
void Settle() {
  for (double before = -1; ProcessorSeconds() - before > 0.1;) {
    before = ProcessorSeconds();
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

void Publish(benchmark::State& state) {
  // The stores share LevelDB's one background thread.
  LastStore().reset();
  LastStore() = std::make_unique<BenchStore>(static_cast<int>(state.range(0)));
  BenchStore& store = *LastStore();
  double slowest = 0;
  const double cpu_before = ProcessorSeconds();
  const double written_before = BytesWritten();
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
  const double addresses = static_cast<double>(store.addresses());
  state.counters["cpu_us"] =
      (ProcessorSeconds() - cpu_before) * 1e6 / addresses;
  state.counters["written"] =
      (BytesWritten() - written_before) / (addresses * kBytesPerAddress);
  state.counters["slowest_ms"] = slowest * 1e3;
  state.counters["anon_mb"] = AnonymousMegabytes();
}
BENCHMARK(Publish)->Arg(1)->Arg(2)->Iterations(100)->UseManualTime()->Unit(
    benchmark::kMillisecond);

void ReadBatch(benchmark::State& state, bool pages) {
  BenchStore& store = *LastStore();
  const Table table = pages ? store.pages() : store.values();
  Settle();
  std::mt19937_64 random(2);
  std::vector<std::string> keys(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    for (std::string& key : keys) {
      const uint64_t i = random() % store.addresses();
      key = pages ? BenchStore::PageKey(i) + BigEndian(0)
                  : BenchStore::ValueKey(i);
    }
    state.ResumeTiming();
    const auto values = store.storage().Read(table, keys);
    if (!values.ok() || !values->front().has_value()) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["anon_mb"] = AnonymousMegabytes();
}
BENCHMARK_CAPTURE(ReadBatch, Pages, true)->Arg(1)->Arg(20)->Arg(170);
BENCHMARK_CAPTURE(ReadBatch, Values, false)->Arg(1)->Arg(20);

}  // namespace
}  // namespace sealbook::server

BENCHMARK_MAIN();
