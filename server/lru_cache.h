// A bounded cache of immutable values, in shards, each with its own lock and
// its own order of use.
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
#include <list>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "base/mutex.h"

namespace sealbook::server {

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
    if (found == shard.index.end()) return std::nullopt;
    shard.order.splice(shard.order.begin(), shard.order, found->second);
    return found->second->value;
  }

  // `bytes`: memory that the value takes. A key that is there already keeps its
  // value: values are immutable.
  void Put(const Key& key, Value value, size_t bytes) {
    const size_t charge = bytes + kOverhead;
    if (charge > shard_capacity_) return;
    Shard& shard = ShardOf(key);
    MutexLock lock(shard.mutex);
    if (shard.index.contains(key)) return;
    shard.order.push_front({key, std::move(value), charge});
    shard.index.emplace(key, shard.order.begin());
    shard.used += charge;
    while (shard.used > shard_capacity_) {
      shard.used -= shard.order.back().charge;
      shard.index.erase(shard.order.back().key);
      shard.order.pop_back();
    }
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

 private:
  static constexpr size_t kShards = 16;

  struct Item {
    Key key;
    Value value;
    size_t charge;
  };
  // A list node and a hash slot with its share of empty slots.
  static constexpr size_t kOverhead =
      sizeof(Item) + 4 * sizeof(void*) + 2 * (sizeof(Key) + sizeof(void*));

  struct Shard {
    Mutex mutex;
    // Most recently used first.
    std::list<Item> order ABSL_GUARDED_BY(mutex);
    absl::flat_hash_map<Key, typename std::list<Item>::iterator> index
        ABSL_GUARDED_BY(mutex);
    size_t used ABSL_GUARDED_BY(mutex) = 0;
  };

  Shard& ShardOf(const Key& key) {
    return shards_[(absl::Hash<Key>{}(key) >> 40) % kShards];
  }

  const size_t shard_capacity_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_LRU_CACHE_H_
