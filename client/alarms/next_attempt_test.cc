#include "client/alarms/next_attempt.h"

#include <gtest/gtest.h>

#include <limits>

namespace sealbook::client {
namespace {

constexpr uint64_t kNow = 1787045400000;
constexpr uint64_t kMinute = 60'000;

TEST(NextAttemptTest, IsDueAtOnceBeforeTheFirst) {
  EXPECT_EQ(NextAttempt(0, kNow), kNow);
}

TEST(NextAttemptTest, DoublesFromOneMinuteToSixHours) {
  uint64_t minutes = 1;
  for (uint32_t attempts = 1; attempts <= 9; ++attempts, minutes *= 2) {
    EXPECT_EQ(NextAttempt(attempts, kNow), kNow + minutes * kMinute);
  }
  EXPECT_EQ(NextAttempt(10, kNow), kNow + 360 * kMinute);
  EXPECT_EQ(NextAttempt(11, kNow), kNow + 360 * kMinute);
}

TEST(NextAttemptTest, NeverEndsAndNeverOverflows) {
  for (uint32_t attempts :
       {32u, 63u, 64u, 65u, 1000u, std::numeric_limits<uint32_t>::max()}) {
    EXPECT_EQ(NextAttempt(attempts, kNow), kNow + kLongestRetryMs) << attempts;
  }
}

TEST(NextAttemptTest, AServerThatIsDownForAWeekIsAskedSomeFortyTimes) {
  uint64_t now = kNow;
  uint32_t attempts = 0;
  while (now < kNow + 7 * 24 * 60 * kMinute) {
    now = NextAttempt(++attempts, now);
  }
  EXPECT_GT(attempts, 28u);
  EXPECT_LT(attempts, 42u);
}

}  // namespace
}  // namespace sealbook::client
