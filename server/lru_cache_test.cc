#include "server/lru_cache.h"

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

TEST(LruCacheTest, ReturnsWhatWasPutAndNothingElse) {
  LruCache<uint64_t, std::string> cache(1 << 20);
  EXPECT_EQ(cache.Get(1), std::nullopt);
  cache.Put(1, "one", 3);
  EXPECT_EQ(cache.Get(1), "one");
  EXPECT_EQ(cache.Get(2), std::nullopt);
}

TEST(LruCacheTest, KeepsTheFirstValueOfAKey) {
  LruCache<uint64_t, std::string> cache(1 << 20);
  cache.Put(1, "one", 3);
  const size_t used = cache.used();
  cache.Put(1, "uno", 3);
  EXPECT_EQ(cache.Get(1), "one");
  EXPECT_EQ(cache.used(), used);
}

TEST(LruCacheTest, StaysWithinItsCapacity) {
  constexpr size_t kCapacity = 256 << 10;
  LruCache<uint64_t, int> cache(kCapacity);
  for (uint64_t i = 0; i < 10'000; ++i) {
    cache.Put(i, 0, 100);
    ASSERT_LE(cache.used(), kCapacity);
  }
  EXPECT_GT(cache.used(), kCapacity / 2);
}

TEST(LruCacheTest, DropsWhatWasNotUsedForLongest) {
  LruCache<uint64_t, int> cache(256 << 10);
  cache.Put(0, 7, 1000);
  for (uint64_t i = 1; i < 10'000; ++i) {
    cache.Put(i, 0, 1000);
    ASSERT_EQ(cache.Get(0), 7) << "used all the time, after " << i;
  }
  EXPECT_EQ(cache.Get(1), std::nullopt);
  EXPECT_NE(cache.Get(9'999), std::nullopt);
}

TEST(LruCacheTest, KeepsNothingWithoutCapacity) {
  LruCache<uint64_t, int> cache(0);
  cache.Put(1, 1, 0);
  EXPECT_EQ(cache.Get(1), std::nullopt);
  EXPECT_EQ(cache.used(), 0);
}

TEST(LruCacheTest, ServesSeveralThreads) {
  LruCache<uint64_t, uint64_t> cache(64 << 10);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (uint64_t i = 0; i < 20'000; ++i) {
        const uint64_t key = (i * (t + 1)) % 1000;
        if (auto value = cache.Get(key)) {
          ASSERT_EQ(*value, key * 3);
        } else {
          cache.Put(key, key * 3, 8);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sealbook::server
