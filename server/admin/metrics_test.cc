#include "server/admin/metrics.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, CountsCallsByMethodAndStatus) {
  Metrics metrics;
  metrics.CallEnded("a.B/C", grpc::StatusCode::OK, 700);
  metrics.CallEnded("a.B/C", grpc::StatusCode::OK, 2'000'000);
  metrics.CallEnded("a.B/C", grpc::StatusCode::RESOURCE_EXHAUSTED, 10);
  const std::string page = metrics.Page(ServerStatus());
  EXPECT_THAT(
      page, HasSubstr("sealbook_calls_total{code=\"OK\",method=\"a.B/C\"} 2"));
  EXPECT_THAT(page, HasSubstr("sealbook_calls_total{code=\"RESOURCE_EXHAUSTED\""
                              ",method=\"a.B/C\"} 1"));
  EXPECT_THAT(page, HasSubstr("sealbook_call_seconds_bucket{method=\"a.B/C\","
                              "le=\"0.001\"} 2"));
  EXPECT_THAT(page,
              HasSubstr("sealbook_call_seconds_count{method=\"a.B/C\"} 3"));
}

TEST(MetricsTest, CountsTheCallsThatAreUnderWay) {
  Metrics metrics;
  metrics.CallBegan();
  metrics.CallBegan();
  EXPECT_THAT(metrics.Page(ServerStatus()),
              HasSubstr("\nsealbook_calls_active 2\n"));
  metrics.CallGone();
  metrics.CallGone();
  EXPECT_THAT(metrics.Page(ServerStatus()),
              HasSubstr("\nsealbook_calls_active 0\n"));
}

TEST(MetricsTest, CountsBatchesAndReloads) {
  Metrics metrics;
  metrics.BatchEnded(
      {.publications = 300, .taken_ms = 40, .damaged = 2, .written = true});
  metrics.BatchEnded({.publications = 200, .taken_ms = 40, .written = false});
  metrics.HeartbeatEnded(true);
  metrics.HeartbeatEnded(false);
  metrics.HeartbeatEnded(false);
  metrics.ConfigurationReloaded(true);
  const std::string page = metrics.Page(ServerStatus());
  EXPECT_THAT(page, HasSubstr("sealbook_batches_total{written=\"yes\"} 1"));
  EXPECT_THAT(page, HasSubstr("sealbook_batches_total{written=\"no\"} 1"));
  EXPECT_THAT(page, HasSubstr("sealbook_publications_total 300"));
  EXPECT_THAT(page, HasSubstr("sealbook_damaged_results_total 2"));
  EXPECT_THAT(page,
              HasSubstr("sealbook_batch_publications_bucket{le=\"255\"} 0"));
  EXPECT_THAT(page, HasSubstr("sealbook_batch_publications_sum 300"));
  EXPECT_THAT(page, HasSubstr("sealbook_batch_seconds_sum 0.04"));
  EXPECT_THAT(page, HasSubstr("sealbook_heartbeats_total{written=\"yes\"} 1"));
  EXPECT_THAT(page, HasSubstr("sealbook_heartbeats_total{written=\"no\"} 2"));
  EXPECT_THAT(page, HasSubstr("sealbook_reloads_total{taken=\"yes\"} 1"));
  EXPECT_THAT(page, HasSubstr("sealbook_reloads_total{taken=\"no\"} 0"));
}

TEST(MetricsTest, ShowsWhatIsSampled) {
  ServerStatus now;
  now.now_ms = 50'000;
  now.max_behind_ms = 60'000;
  now.tree_size = 12;
  now.mark_tree_size = 13;
  now.head_timestamp_ms = 40'500;
  now.queue_depth = 4;
  now.commit_lag_ms = 250;
  now.lookups_refused = 6;
  now.unknown_publishers = 7;
  now.caches["pages"] = {8, 9, 10};
  const Metrics metrics;
  std::string page = metrics.Page(now);
  for (const char* line :
       {"# TYPE sealbook_tree_size gauge", "sealbook_tree_size 12",
        "sealbook_mark_tree_size 13", "sealbook_head_age_seconds 9.5",
        "sealbook_queue_depth 4", "sealbook_commit_lag_seconds 0.25",
        "# TYPE sealbook_lookup_addresses_limited_total counter",
        "sealbook_lookup_addresses_limited_total 6",
        "sealbook_unknown_publisher_calls_total 7",
        "sealbook_cache_hits_total{cache=\"pages\"} 8",
        "sealbook_cache_misses_total{cache=\"pages\"} 9", "sealbook_ready 1"}) {
    EXPECT_THAT(page, HasSubstr(std::string(line) + "\n"));
  }
  now.stopping = true;
  page = metrics.Page(now);
  EXPECT_THAT(page, HasSubstr("\nsealbook_ready 0\n"));
}

}  // namespace
}  // namespace sealbook::server
