#include "server/services/lookup_limits.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

class SetClock final : public Clock {
 public:
  uint64_t WallMs() const override { return 0; }
  uint64_t MonotonicMs() const override { return now; }
  uint64_t now = 5'000;
};

TEST(LimitKeyTest, AnIpv4AddressIsOneCallerWhateverItsPort) {
  EXPECT_EQ(LimitKey("ipv4:192.0.2.7:50123"), "ipv4:192.0.2.7");
  EXPECT_EQ(LimitKey("ipv4:192.0.2.7:443"), "ipv4:192.0.2.7");
  EXPECT_NE(LimitKey("ipv4:192.0.2.8:443"), LimitKey("ipv4:192.0.2.7:443"));
  EXPECT_EQ(LimitKey("ipv6:[::ffff:192.0.2.7]:443"), "ipv4:192.0.2.7");
}

TEST(LimitKeyTest, AnIpv6NetworkOf64BitsIsOneCaller) {
  const std::string key = LimitKey("ipv6:%5B2001:db8:1:2::1%5D:443");
  EXPECT_EQ(key, "ipv6:20010db800010002");
  EXPECT_EQ(LimitKey("ipv6:[2001:db8:1:2:ffff::9]:1"), key);
  EXPECT_NE(LimitKey("ipv6:[2001:db8:1:3::1]:443"), key);
  EXPECT_EQ(LimitKey("ipv6:%5Bfe80::1%25eth0%5D:443"), "ipv6:fe80000000000000");
  EXPECT_EQ(LimitKey("ipv6:%5B::1%5D:5"), "ipv6:0000000000000000");
}

TEST(LimitKeyTest, OthersAreKeysSocketsOrOneForAll) {
  EXPECT_EQ(LimitKey("unix:/run/sealbook.sock"), "unix");
  EXPECT_EQ(LimitKey("unix:"), "unix");
  EXPECT_EQ(LimitKey("key:00ff"), "key:00ff");
  for (const char* odd : {"", "ipv4:", "ipv4:1.2.3:4", "ipv6:[x]:1",
                          "ipv6:", "vsock:1:2", ":", "ipv4:1.2.3.4"}) {
    EXPECT_EQ(LimitKey(odd), "other") << odd;
  }
}

class LookupLimitsTest : public ::testing::Test {
 protected:
  SetClock clock_;
  LookupLimits limits_{{.per_minute = 60, .burst = 10}, clock_, 3};
};

TEST_F(LookupLimitsTest, GivesTheBurstAndThenTheRate) {
  EXPECT_FALSE(limits_.Take("key:a", 10).has_value());
  EXPECT_EQ(limits_.Take("key:a", 1), 1'000u);
  clock_.now += 999;
  EXPECT_EQ(limits_.Take("key:a", 1), 1u);
  clock_.now += 1;
  EXPECT_FALSE(limits_.Take("key:a", 1).has_value());
  EXPECT_EQ(limits_.Take("key:a", 3), 3'000u);
  EXPECT_FALSE(limits_.Take("key:b", 1).has_value()) << "another caller";
  EXPECT_EQ(limits_.counts().taken, 12u);
  EXPECT_EQ(limits_.counts().refused, 5u);
}

TEST_F(LookupLimitsTest, NeverSavesUpMoreThanTheBurst) {
  EXPECT_FALSE(limits_.Take("key:a", 1).has_value());
  clock_.now += uint64_t{1} << 62;
  EXPECT_FALSE(limits_.Take("key:a", 10).has_value());
  EXPECT_TRUE(limits_.Take("key:a", 1).has_value());
}

TEST_F(LookupLimitsTest, RefusesMoreThanTheBurstAtOnceAndTakesNothing) {
  EXPECT_TRUE(limits_.Take("key:a", 11).has_value());
  EXPECT_TRUE(limits_.Take("key:a", UINT64_MAX).has_value());
  EXPECT_FALSE(limits_.Take("key:a", 10).has_value());
}

TEST_F(LookupLimitsTest, HarvestingEndsAtTheCeiling) {
  // Every millisecond, as fast as it goes, in portions of 1 to 4 addresses and
  // from every address of one network.
  uint64_t had = 0;
  constexpr uint64_t kMinutes = 10;
  for (uint64_t ms = 0; ms < kMinutes * 60'000; ++ms, ++clock_.now) {
    const uint64_t portion = 1 + ms % 4;
    const std::string peer = absl::StrCat("ipv6:[2001:db8::", ms % 9999, "]:1");
    if (!limits_.Take(peer, portion).has_value()) had += portion;
  }
  EXPECT_LE(had, 10 + kMinutes * 60);
  EXPECT_GE(had, kMinutes * 60) << "the rate itself is to be had";
}

TEST_F(LookupLimitsTest, ManyNetworksGainNothingOverTheCeilingOfEach) {
  // Nine callers share room for three; each of them has its own ceiling.
  uint64_t had = 0;
  constexpr uint64_t kMinutes = 2;
  for (uint64_t ms = 0; ms < kMinutes * 60'000; ++ms, ++clock_.now) {
    if (!limits_.Take(absl::StrCat("key:", ms % 9), 1).has_value()) ++had;
  }
  EXPECT_LE(had, 9 * (10 + kMinutes * 60));
  EXPECT_LE(limits_.counts().callers, 3u);
}

TEST_F(LookupLimitsTest, ForgettingAnEmptyBucketDoesNotFillIt) {
  EXPECT_FALSE(limits_.Take("key:a", 10).has_value());
  for (const char* other : {"key:b", "key:c", "key:d"}) {
    (void)limits_.Take(other, 1);
  }
  EXPECT_TRUE(limits_.Take("key:a", 1).has_value());
  EXPECT_EQ(limits_.counts().callers, 3u);
}

TEST_F(LookupLimitsTest, NewRatesHoldAtOnce) {
  limits_.SetRates({.per_minute = 6'000, .burst = 2});
  EXPECT_FALSE(limits_.Take("key:a", 2).has_value());
  EXPECT_EQ(limits_.Take("key:a", 1), 10u);
  limits_.SetRates({.per_minute = 6'000, .burst = 20});
  clock_.now += 100;
  EXPECT_FALSE(limits_.Take("key:a", 10).has_value());
}

}  // namespace
}  // namespace sealbook::server
