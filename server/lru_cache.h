// A bounded cache of immutable values, in shards, each with its own lock. What
// was not used for long goes first, by the CLOCK rule: a hand goes round over
// the values, drops those that were not used since it passed them last, and a
// hit only leaves a mark. A list in the order of use is exact, but each hit
// writes to three of its nodes: for look-ups, which hit some eighty pages, that
// was a tenth of the time.
//
//   LruCache<merkle::PageId, std::shared_ptr<const Page>> cache(64 << 20);
//   cache.Put(id, page, page_bytes);
//   std::optional<std::shared_ptr<const Page>> hit = cache.Get(id);
//
// Thread-safe. Values are copied out: keep them cheap to copy.
#ifndef SEALBOOK_SERVER_LRU_CACHE_H_
#define SEALBOOK_SERVER_LRU_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "base/mutex.h"

namespace sealbook::server {

// What a cache did since it was made, and the bytes that it uses now.
struct CacheCounts {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t bytes = 0;
};

template <typename Key, typename Value>
class LruCache {
 public:
  // Holds values of at most `capacity` bytes together, bookkeeping included. 0
  // keeps nothing.
  explicit LruCache(size_t capacity) : shard_capacity_(capacity / kShards) {}
  LruCache(const LruCache&) = delete;
  LruCache& operator=(const LruCache&) = delete;

  std::optional<Value> Get(const Key& key) {
    Shard& shard = ShardOf(key);
    MutexLock lock(shard.mutex);
    auto found = shard.index.find(key);
    if (found == shard.index.end()) {
      ++shard.misses;
      return std::nullopt;
    }
    ++shard.hits;
    Item& item = shard.items[found->second];
    item.used = true;
    return item.value;
  }

  // `bytes`: memory that the value takes. A key that is there already keeps its
  // value: values are immutable.
  void Put(const Key& key, Value value, size_t bytes) {
    const size_t charge = bytes + kOverhead;
    if (charge > shard_capacity_) return;
    Shard& shard = ShardOf(key);
    MutexLock lock(shard.mutex);
    if (shard.index.contains(key)) return;
    const size_t place = shard.FreePlace();
    shard.items[place] = {key, std::move(value), charge};
    shard.index.emplace(key, place);
    shard.used += charge;
    while (shard.used > shard_capacity_) shard.Advance(place);
  }

  // Bytes in use, bookkeeping included.
  size_t used() const {
    size_t sum = 0;
    for (Shard& shard : shards_) {
      MutexLock lock(shard.mutex);
      sum += shard.used;
    }
    return sum;
  }

  CacheCounts counts() const {
    CacheCounts sum;
    for (Shard& shard : shards_) {
      MutexLock lock(shard.mutex);
      sum.hits += shard.hits;
      sum.misses += shard.misses;
      sum.bytes += shard.used;
    }
    return sum;
  }

 private:
  static constexpr size_t kShards = 16;

  struct Item {
    Key key{};
    Value value{};
    // 0: a place that is free.
    size_t charge = 0;
    bool used = false;
  };
  // An item and a hash slot, each with its share of empty ones.
  static constexpr size_t kOverhead =
      2 * sizeof(Item) + 2 * (sizeof(Key) + sizeof(size_t));

  struct Shard {
    size_t FreePlace() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
      if (free.empty()) {
        items.emplace_back();
        return items.size() - 1;
      }
      const size_t place = free.back();
      free.pop_back();
      return place;
    }
    // Moves the hand by one place; what is at `keep` stays.
    void Advance(size_t keep) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
      const size_t place = hand;
      hand = (hand + 1) % items.size();
      Item& item = items[place];
      if (item.charge == 0 || place == keep) return;
      if (item.used) {
        item.used = false;
        return;
      }
      index.erase(item.key);
      used -= item.charge;
      item = Item();
      free.push_back(place);
    }

    Mutex mutex;
    std::vector<Item> items ABSL_GUARDED_BY(mutex);
    std::vector<size_t> free ABSL_GUARDED_BY(mutex);
    size_t hand ABSL_GUARDED_BY(mutex) = 0;
    // Places in `items`.
    absl::flat_hash_map<Key, size_t> index ABSL_GUARDED_BY(mutex);
    size_t used ABSL_GUARDED_BY(mutex) = 0;
    uint64_t hits ABSL_GUARDED_BY(mutex) = 0;
    uint64_t misses ABSL_GUARDED_BY(mutex) = 0;
  };

  Shard& ShardOf(const Key& key) {
    return shards_[(absl::Hash<Key>{}(key) >> 40) % kShards];
  }

  const size_t shard_capacity_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_LRU_CACHE_H_
