#include "server/admin/server_status.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

ServerStatus Healthy() {
  ServerStatus status;
  status.version = "1.2.3";
  status.log = "abcd";
  status.now_ms = 1'700'000'100'000;
  status.started_ms = 1'700'000'000'000;
  status.max_behind_ms = 60'000;
  status.tree_size = 7;
  status.head_timestamp_ms = 1'700'000'090'000;
  status.head_held_ms = 9'000;
  status.mark_tree_size = 7;
  status.queue_depth = 3;
  status.commit_lag_ms = 44;
  status.publishers = 2;
  status.unknown_publishers = 5;
  status.lookups_taken = 11;
  status.lookups_refused = 12;
  status.lookup_callers = 13;
  status.caches["pages"] = {3, 1, 1 << 20};
  return status;
}

TEST(ServerStatusTest, IsReadyWithAHeadThatIsYoungEnough) {
  ServerStatus status = Healthy();
  EXPECT_EQ(status.NotReady(), "");
  status.head_timestamp_ms = status.now_ms - 30'000;
  EXPECT_EQ(status.NotReady(), "");
  status.head_timestamp_ms -= 1;
  EXPECT_THAT(status.NotReady(), HasSubstr("is 30s old"));
  // A head of the near future is no old one.
  status.head_timestamp_ms = status.now_ms + 1'000;
  status.head_held_ms = 0;
  EXPECT_EQ(status.HeadAgeMs(), 0u);
  EXPECT_EQ(status.NotReady(), "");
}

TEST(ServerStatusTest, AgesAHeadThoughTheClockWasSetBack) {
  ServerStatus status = Healthy();
  status.now_ms = status.head_timestamp_ms - 7'200'000;
  status.head_held_ms = 30'000;
  EXPECT_EQ(status.NotReady(), "");
  status.head_held_ms = 31'000;
  EXPECT_EQ(status.HeadAgeMs(), 31'000u);
  EXPECT_THAT(status.NotReady(), HasSubstr("is 31s old"));
}

TEST(ServerStatusTest, IsNotReadyWhileNoEntryIsWritten) {
  ServerStatus status = Healthy();
  status.refusal = "the wall clock has jumped back";
  EXPECT_EQ(status.NotReady(),
            "no entry is written: the wall clock has jumped back");
  status.head_held_ms = 31'000;
  EXPECT_THAT(status.NotReady(), HasSubstr("is 31s old"));
  EXPECT_THAT(status.NotReady(), HasSubstr("jumped back"));
}

TEST(ServerStatusTest, SaysWhyItIsNotReady) {
  ServerStatus status = Healthy();
  status.tree_size = 0;
  EXPECT_THAT(status.NotReady(), HasSubstr("no tree head"));
  status.stopping = true;
  EXPECT_EQ(status.NotReady(), "stopping");
  status.failure = "ABORTED: disk";
  EXPECT_THAT(status.NotReady(), HasSubstr("ABORTED: disk"));
}

TEST(ServerStatusTest, JsonHoldsEveryField) {
  ServerStatus status = Healthy();
  status.failure = "bytes \xff and \"quotes\"";
  status.refusal = "clocks";
  status.stopping = true;
  const std::string json = ToJson(status);
  EXPECT_THAT(json, HasSubstr("\"ready\": false"));
  absl::StatusOr<ServerStatus> read = StatusFromJson(json);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToJson(*read), json);
  EXPECT_EQ(read->lookup_callers, 13u);
  EXPECT_EQ(read->head_held_ms, 9'000u);
  EXPECT_EQ(read->refusal, "clocks");
  EXPECT_EQ(read->caches["pages"].bytes, 1u << 20);
  EXPECT_TRUE(read->stopping);
}

TEST(ServerStatusTest, RefusesOtherJson) {
  for (const char* text : {"", "{}", "[]", "{\"version\": 3}", "<html>"}) {
    const absl::Status status = StatusFromJson(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("status"));
  }
}

TEST(ServerStatusTest, TextIsForPeople) {
  ServerStatus status = Healthy();
  EXPECT_THAT(ToText(status), StartsWith("ready\n"));
  EXPECT_THAT(ToText(status), HasSubstr("2023-11-14 22:14:50 UTC, 10s old"));
  EXPECT_THAT(ToText(status), HasSubstr("3 of 4 reads (75.0%), 1.0 MiB"));
  EXPECT_THAT(ToText(status), HasSubstr("3 wait, the oldest for 44 ms"));
  status.stopping = true;
  EXPECT_THAT(ToText(status), StartsWith("NOT READY: stopping\n"));
}

}  // namespace
}  // namespace sealbook::server
