#include "server/services/publisher_shares.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/testing/status_matchers.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::Refuses;

TEST(PublisherSharesTest, EachPublisherHasAnEqualShare) {
  PublisherShares shares(100);
  EXPECT_THAT(shares.Acquire("flood", 30, 2), IsOk());
  EXPECT_THAT(shares.Acquire("flood", 20, 2), IsOk());
  EXPECT_THAT(shares.Acquire("flood", 1, 2),
              Refuses(absl::StatusCode::kResourceExhausted,
                      "flood has 50 items under way, and its share of the "
                      "queue is 50"));
  EXPECT_THAT(shares.Acquire("other", 50, 2), IsOk());
  shares.Release("flood", 30);
  EXPECT_THAT(shares.Acquire("flood", 30, 2), IsOk());
}

TEST(PublisherSharesTest, WhoHasNothingUnderWayMayAlwaysBringOneRequest) {
  PublisherShares shares(100);
  EXPECT_THAT(shares.Acquire("one", 1000, 50), IsOk());
  EXPECT_THAT(shares.Acquire("one", 1, 50),
              Refuses(absl::StatusCode::kResourceExhausted, "1000 items"));
  EXPECT_THAT(shares.Acquire("two", 1000, 50), IsOk());
}

TEST(PublisherSharesTest, CallsWhoWaitsWhenItsOwnPublisherReleases) {
  PublisherShares shares(10);
  int called = 0;
  ASSERT_THAT(shares.Acquire("a", 10, 1), IsOk());
  ASSERT_THAT(shares.Acquire("b", 10, 1), IsOk());
  EXPECT_THAT(shares.AcquireOrCall("a", 5, 1, [&] { ++called; }),
              Refuses(absl::StatusCode::kResourceExhausted, "under way"));
  shares.Release("b", 10);
  EXPECT_EQ(called, 0);
  shares.Release("a", 1);
  EXPECT_EQ(called, 1);
  shares.Release("a", 9);
  EXPECT_EQ(called, 1) << "called once, it asks again itself";
}

TEST(PublisherSharesTest, LimitsTheStreamsOfAPublisher) {
  PublisherShares shares(10);
  for (size_t i = 0; i < kMaxStreamsPerPublisher; ++i) {
    ASSERT_THAT(shares.OpenStream("a"), IsOk());
  }
  EXPECT_THAT(shares.OpenStream("a"),
              Refuses(absl::StatusCode::kResourceExhausted, "8 streams open"));
  EXPECT_THAT(shares.OpenStream("b"), IsOk());
  shares.CloseStream("a");
  EXPECT_THAT(shares.OpenStream("a"), IsOk());
}

}  // namespace
}  // namespace sealbook::server
