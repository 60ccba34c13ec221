// The prefix tree by itself: adding a batch of new search keys to a tree of a
// given size, and proving and verifying binary ladders. Pages are held in
// memory and decoded whenever they are read, as without a cache.
//
//   bazel run --config=bench //tests/bench:prefix_tree_bench
//
// "bytes/key" are the page bytes that one more key costs with all versions
// kept; "pages/key" their number.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "benchmark/benchmark.h"
#include "keytrans/audit_structures.h"
#include "keytrans/auditor.h"
#include "merkle/page.h"
#include "merkle/page_store.h"
#include "merkle/prefix_proof.h"
#include "merkle/prefix_tree.h"

namespace sealbook::merkle {
namespace {

using crypto::VrfOutput;

constexpr size_t kBatchKeys = 10'000;
constexpr size_t kEntryKeys = 250;

// Keeps the pages of the newest tree only, so that large trees fit.
class NewestPages : public PageStore {
 public:
  absl::StatusOr<std::vector<std::shared_ptr<const Page>>> ReadPages(
      absl::Span<const PageId> ids) override {
    std::vector<std::shared_ptr<const Page>> pages;
    pages.reserve(ids.size());
    for (const PageId& id : ids) {
      auto stored = pages_.find(id);
      if (stored == pages_.end()) return absl::DataLossError("no such page");
      absl::StatusOr<std::shared_ptr<const Page>> page =
          Page::Decode(stored->second);
      if (!page.ok()) return page.status();
      pages.push_back(*std::move(page));
    }
    return pages;
  }

  // Adds the batch's pages, and drops those that its newest tree replaces.
  void Replace(const PrefixTreeVersion& base, PrefixTreeUpdate update) {
    absl::flat_hash_map<PageId, std::string> batch;
    for (NewPage& page : update.pages) {
      batch[page.id] = std::move(page.bytes);
    }
    std::vector<PageId> unread = {*update.versions.back().root_page};
    std::set<PageId> kept;
    while (!unread.empty()) {
      const PageId id = unread.back();
      unread.pop_back();
      auto written = batch.find(id);
      if (written == batch.end()) {
        kept.insert(id);
        continue;
      }
      AddReferences(written->second, unread);
      pages_[id] = std::move(written->second);
    }
    if (base.root_page.has_value()) Drop(*base.root_page, kept);
  }

  size_t bytes() const {
    size_t bytes = 0;
    for (const auto& [id, page] : pages_) bytes += page.size();
    return bytes;
  }

 private:
  static void AddReferences(const std::string& bytes,
                            std::vector<PageId>& out) {
    const std::shared_ptr<const Page> page = *Page::Decode(bytes);
    for (Page::Place p = Page::kFirstBottom; p < Page::kEnd; ++p) {
      if (page->kind(p) == Page::Kind::kReference) {
        out.push_back(page->reference(p));
      }
    }
  }

  void Drop(const PageId& id, const std::set<PageId>& kept) {
    if (kept.contains(id)) return;
    auto stored = pages_.find(id);
    std::vector<PageId> below;
    AddReferences(stored->second, below);
    pages_.erase(stored);
    for (const PageId& child : below) Drop(child, kept);
  }

  absl::flat_hash_map<PageId, std::string> pages_;
};

void Serial(size_t n, const std::function<void(size_t)>& task) {
  for (size_t i = 0; i < n; ++i) task(i);
}

ParallelFor Threads(size_t threads) {
  if (threads == 1) return Serial;
  return [threads](size_t n, const std::function<void(size_t)>& task) {
    std::atomic<size_t> next = 0;
    std::vector<std::thread> workers;
    for (size_t t = 0; t < threads; ++t) {
      workers.emplace_back([&] {
        for (size_t i = next++; i < n; i = next++) task(i);
      });
    }
    for (std::thread& worker : workers) worker.join();
  };
}

// A tree of `size` random keys, grown in large steps.
struct Tree {
  explicit Tree(size_t size) : random(size) {
    constexpr size_t kStep = 200'000;
    for (size_t left = size; left > 0;) {
      const size_t count = std::min(left, kStep);
      left -= count;
      Apply(Insert({Leaves(count)}, Threads(2)));
    }
  }

  PrefixLeaf Leaf() {
    PrefixLeaf leaf;
    for (size_t i = 0; i < 32; i += 8) {
      const uint64_t words[2] = {random(), random()};
      std::memcpy(leaf.vrf_output.data() + i, &words[0], 8);
      std::memcpy(leaf.commitment.data() + i, &words[1], 8);
    }
    return leaf;
  }

  std::vector<PrefixLeaf> Leaves(size_t count) {
    std::vector<PrefixLeaf> leaves;
    leaves.reserve(count);
    for (size_t i = 0; i < count; ++i) leaves.push_back(Leaf());
    return leaves;
  }

  std::vector<std::vector<PrefixLeaf>> Batch() {
    std::vector<std::vector<PrefixLeaf>> entries;
    for (size_t i = 0; i < kBatchKeys / kEntryKeys; ++i) {
      entries.push_back(Leaves(kEntryKeys));
    }
    return entries;
  }

  PrefixTreeUpdate Insert(const std::vector<std::vector<PrefixLeaf>>& entries,
                          const ParallelFor& parallel) {
    return *InsertLeaves(store, tree, position, entries, parallel);
  }

  void Apply(PrefixTreeUpdate update) {
    const PrefixTreeVersion base = tree;
    tree = update.versions.back();
    position += update.versions.size();
    store.Replace(base, std::move(update));
  }

  std::mt19937_64 random;
  NewestPages store;
  PrefixTreeVersion tree;
  uint64_t position = 1'000'000;
};

// Built once for each size.
Tree& TreeOf(size_t size) {
  static std::map<size_t, std::unique_ptr<Tree>> trees;
  std::unique_ptr<Tree>& tree = trees[size];
  if (tree == nullptr) tree = std::make_unique<Tree>(size);
  return *tree;
}

// Args: keys in the tree, threads. Every iteration adds the same batch to the
// same tree.
void BM_InsertBatch(benchmark::State& state) {
  Tree& tree = TreeOf(state.range(0));
  const auto entries = tree.Batch();
  const ParallelFor parallel = Threads(state.range(1));
  size_t bytes = 0, pages = 0;
  for (auto _ : state) {
    const PrefixTreeUpdate update = tree.Insert(entries, parallel);
    pages = update.pages.size();
    bytes = 0;
    for (const NewPage& page : update.pages) bytes += page.bytes.size();
  }
  state.SetItemsProcessed(state.iterations() * kBatchKeys);
  state.counters["bytes/key"] = static_cast<double>(bytes) / kBatchKeys;
  state.counters["pages/key"] = static_cast<double>(pages) / kBatchKeys;
  state.counters["time/key"] = benchmark::Counter(
      state.iterations() * kBatchKeys,
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_InsertBatch)
    ->ArgNames({"keys", "threads"})
    ->ArgsProduct({{100'000, 1'000'000}, {1, 2}})
    ->Args({10'000'000, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// From nothing to `keys` in batches: what all versions together cost.
void BM_Grow(benchmark::State& state) {
  const size_t keys = state.range(0);
  size_t bytes = 0, newest = 0;
  for (auto _ : state) {
    Tree tree(0);
    bytes = 0;
    for (size_t count = 0; count < keys; count += kBatchKeys) {
      PrefixTreeUpdate update = tree.Insert(tree.Batch(), Threads(2));
      for (const NewPage& page : update.pages) bytes += page.bytes.size();
      state.PauseTiming();
      tree.Apply(std::move(update));
      state.ResumeTiming();
    }
    state.PauseTiming();
    newest = tree.store.bytes();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * keys);
  state.counters["bytes/key"] = static_cast<double>(bytes) / keys;
  state.counters["newest_bytes/key"] = static_cast<double>(newest) / keys;
}
BENCHMARK(BM_Grow)
    ->ArgName("keys")
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->UseRealTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// The lookups of a look-up of a label with one version: a ladder of two keys in
// one tree.
std::vector<PrefixLookup> Ladder(Tree& tree, size_t keys) {
  std::vector<VrfOutput> ladder;
  for (size_t i = 0; i < keys; ++i) ladder.push_back(tree.Leaf().vrf_output);
  return {{tree.tree, ladder}};
}

// Args: keys in the tree, keys of a ladder.
void BM_ProveLadder(benchmark::State& state) {
  Tree& tree = TreeOf(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<PrefixLookup> lookups = Ladder(tree, state.range(1));
    state.ResumeTiming();
    benchmark::DoNotOptimize(ProveLookups(tree.store, lookups));
  }
}
BENCHMARK(BM_ProveLadder)
    ->ArgNames({"keys", "ladder"})
    ->ArgsProduct({{1'000'000}, {2, 10}})
    ->Unit(benchmark::kMicrosecond);

void BM_VerifyLadder(benchmark::State& state) {
  Tree& tree = TreeOf(state.range(0));
  const std::vector<PrefixLookup> lookups = Ladder(tree, state.range(1));
  const PrefixProof proof = ProveLookups(tree.store, lookups)->front();
  std::vector<PrefixQuery> queries;
  for (const VrfOutput& key : lookups[0].keys) queries.push_back({.key = key});
  for (auto _ : state) {
    benchmark::DoNotOptimize(EvaluatePrefixProof(queries, proof));
  }
  state.counters["elements"] = static_cast<double>(proof.elements.size());
}
BENCHMARK(BM_VerifyLadder)
    ->ArgNames({"keys", "ladder"})
    ->ArgsProduct({{1'000'000}, {2, 10}})
    ->Unit(benchmark::kMicrosecond);

// An auditor's work for a full log entry, from its bytes ([KT] "Auditing").
// Args: keys in the tree, leaves that the entry adds.
void BM_Audit(benchmark::State& state) {
  Tree& tree = TreeOf(state.range(0));
  keytrans::AuditorUpdate update;
  update.added = tree.Leaves(state.range(1));
  std::sort(update.added.begin(), update.added.end(),
            [](const PrefixLeaf& a, const PrefixLeaf& b) {
              return a.vrf_output < b.vrf_output;
            });
  PrefixLookup lookup{tree.tree, {}};
  for (const PrefixLeaf& leaf : update.added) {
    lookup.keys.push_back(leaf.vrf_output);
  }
  update.proof = ProveLookups(tree.store, {lookup})->front();
  const std::string bytes = *update.Encode();
  keytrans::AuditorState before;
  before.size = (uint64_t{1} << 20) - 1;
  before.prefix_root = tree.tree.root;
  before.full_subtrees.resize(20);
  for (auto _ : state) {
    keytrans::AuditorState after = before;
    const auto parsed = keytrans::AuditorUpdate::Parse(bytes);
    if (!parsed.ok() || !Audit(*parsed, after).ok()) {
      state.SkipWithError("the update is refused");
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
  state.counters["bytes/leaf"] =
      static_cast<double>(bytes.size()) / static_cast<double>(state.range(1));
}
BENCHMARK(BM_Audit)
    ->ArgNames({"keys", "leaves"})
    ->ArgsProduct({{1'000'000}, {1, 255}})
    ->Unit(benchmark::kMicrosecond);

// What everything here is to be seen against.
void BM_HashNode(benchmark::State& state) {
  crypto::Hash hash;
  for (auto _ : state) hash = HashPrefixParent(hash, hash);
  benchmark::DoNotOptimize(hash);
}
BENCHMARK(BM_HashNode);

// A page in the middle of a large tree, and one with leaves.
void BM_DecodePage(benchmark::State& state) {
  PageWriter writer;
  std::function<void(size_t)> add = [&](size_t level) {
    if (level == Page::kLevels) {
      if (state.range(0) == 0) {
        writer.AddReference({4'000, 300}, crypto::Hash());
      } else {
        writer.AddLeaf(PrefixLeaf());
      }
      return;
    }
    writer.AddParent();
    add(level + 1);
    add(level + 1);
  };
  add(0);
  const std::string bytes = writer.Finish();
  for (auto _ : state) benchmark::DoNotOptimize(Page::Decode(bytes));
  state.counters["bytes"] = static_cast<double>(bytes.size());
  state.counters["memory"] =
      static_cast<double>((*Page::Decode(bytes))->MemoryBytes());
}
BENCHMARK(BM_DecodePage)->ArgName("leaves")->Arg(0)->Arg(1);

}  // namespace
}  // namespace sealbook::merkle

BENCHMARK_MAIN();
