#include "client/ldap/proven.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sealbook::client::ldap {
namespace {

constexpr uint64_t kNow = 1'000'000;

ProvenPtr Make(const std::string& label, size_t bytes = 0,
               uint64_t head_ms = kNow, uint64_t answered_ms = kNow) {
  auto proven = std::make_shared<Proven>();
  proven->label = label;
  proven->issuers = {std::string(bytes, 'x')};
  proven->head_ms = head_ms;
  proven->answered_ms = answered_ms;
  return proven;
}

TEST(ProvenCacheTest, ForgetsWhatIsTooOld) {
  ProvenCache cache({.max_age_ms = 100, .max_behind_ms = 1000});
  cache.Put(Make("a"));
  EXPECT_NE(cache.Get("a", kNow), nullptr);
  EXPECT_NE(cache.Get("a", kNow + 99), nullptr);
  EXPECT_EQ(cache.Get("a", kNow + 100), nullptr);
  // It is gone for good.
  EXPECT_EQ(cache.Get("a", kNow), nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(ProvenCacheTest, ShowsNothingThatTheLogWouldBeRefusedFor) {
  ProvenCache cache({.max_age_ms = 100'000, .max_behind_ms = 1000});
  // The newest log entry was 990 ms old when it was proven.
  cache.Put(Make("a", 0, kNow - 990));
  EXPECT_NE(cache.Get("a", kNow + 10), nullptr);
  EXPECT_EQ(cache.Get("a", kNow + 11), nullptr);
  // Ahead of this clock, within max_ahead.
  cache.Put(Make("b", 0, kNow + 50));
  EXPECT_NE(cache.Get("b", kNow), nullptr);
}

TEST(ProvenCacheTest, TrustsNoAgeOfAClockThatWasSetBack) {
  ProvenCache cache({.max_age_ms = 100, .max_behind_ms = 1000});
  cache.Put(Make("a"));
  EXPECT_EQ(cache.Get("a", kNow - 1), nullptr);
}

TEST(ProvenCacheTest, KeepsNothingWhenItIsOff) {
  ProvenCache cache({.max_age_ms = 0, .max_behind_ms = 1000});
  cache.Put(Make("a"));
  EXPECT_EQ(cache.Get("a", kNow), nullptr);
}

TEST(ProvenCacheTest, DropsTheLeastRecentlyUsedAtItsBound) {
  ProvenCache cache(
      {.max_bytes = 10'000, .max_age_ms = 100, .max_behind_ms = 1000});
  cache.Put(Make("a", 3000));
  cache.Put(Make("b", 3000));
  EXPECT_NE(cache.Get("a", kNow), nullptr);
  cache.Put(Make("c", 3000));
  EXPECT_EQ(cache.Get("b", kNow), nullptr);
  EXPECT_NE(cache.Get("a", kNow), nullptr);
  // What does not fit at all drives nothing out.
  cache.Put(Make("d", 20'000));
  EXPECT_EQ(cache.Get("d", kNow), nullptr);
  EXPECT_NE(cache.Get("c", kNow), nullptr);
}

TEST(ProvenCacheTest, StaysWithinItsBound) {
  ProvenCache cache(
      {.max_bytes = 50'000, .max_age_ms = 100, .max_behind_ms = 1000});
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    cache.Put(Make("a" + std::to_string(random() % 100), random() % 9000));
    (void)cache.Get("a" + std::to_string(random() % 100), kNow);
    ASSERT_LE(cache.bytes(), 50'000u) << i;
  }
  cache.Clear();
  EXPECT_EQ(cache.bytes(), 0u);
}

}  // namespace
}  // namespace sealbook::client::ldap
