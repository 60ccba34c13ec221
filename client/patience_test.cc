#include "client/patience.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace sealbook::client {
namespace {

using ::testing::ElementsAre;

class PatienceTest : public ::testing::Test {
 protected:
  Patience patience_{{.max_waits = 6,
                      .sleep = [this](uint64_t ms) { slept_.push_back(ms); },
                      .waiting = [this](uint64_t ms) { told_.push_back(ms); }}};
  std::vector<uint64_t> slept_;
  std::vector<uint64_t> told_;
};

TEST_F(PatienceTest, WaitsAsLongAsTheServerSays) {
  EXPECT_TRUE(patience_.Wait(5000));
  patience_.Answered();
  EXPECT_TRUE(patience_.Wait(1));
  patience_.Answered();
  EXPECT_TRUE(patience_.Wait(3'600'000));
  EXPECT_THAT(slept_, ElementsAre(5000, 2000, 60000));
  EXPECT_EQ(told_, slept_);
}

TEST_F(PatienceTest, WaitsLongerEachTimeAndThenNoMore) {
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(patience_.Wait(100)) << i;
  EXPECT_FALSE(patience_.Wait(100));
  EXPECT_THAT(slept_, ElementsAre(2000, 4000, 8000, 16000, 30000, 30000));
  // An answer begins a new row.
  patience_.Answered();
  EXPECT_TRUE(patience_.Wait(100));
  EXPECT_EQ(slept_.back(), 2000u);
}

TEST_F(PatienceTest, WaitsNoLongerThanItMayInAll) {
  Patience patience({.sleep = [this](uint64_t ms) { slept_.push_back(ms); },
                     .max_total_ms = 9000});
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(patience.Wait(4000));
    patience.Answered();
  }
  EXPECT_FALSE(patience.Wait(1001));
  EXPECT_THAT(slept_, ElementsAre(4000, 4000));
}

TEST_F(PatienceTest, DoesNotWaitWhereItIsToStop) {
  Stop stop;
  Patience patience({.sleep =
                         [&](uint64_t ms) {
                           slept_.push_back(ms);
                           stop.Request();
                         },
                     .stop = &stop});
  EXPECT_FALSE(patience.Wait(100));
  EXPECT_FALSE(patience.Wait(100));
  EXPECT_THAT(slept_, ElementsAre(2000));
}

TEST_F(PatienceTest, AStopEndsAWait) {
  Stop stop;
  Patience patience({.waiting =
                         [&](uint64_t) {
                           // Before the sleep: which then does not begin.
                           stop.Request();
                         },
                     .stop = &stop});
  EXPECT_FALSE(patience.Wait(60000));
}

TEST_F(PatienceTest, AStatusCarriesTheHint) {
  const absl::Status limited = absl::ResourceExhaustedError("too many");
  EXPECT_EQ(RetryHintMs(limited), 0u);
  EXPECT_EQ(RetryHintMs(WithRetryHint(limited, 0)), 0u);
  EXPECT_EQ(RetryHintMs(WithRetryHint(limited, 2500)), 2500u);
}

}  // namespace
}  // namespace sealbook::client
