#include "client/publisher_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/testing/fake_server.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

v1::PublishItem ItemOfSize(size_t certificate_bytes) {
  v1::PublishItem item;
  item.set_certificate(std::string(certificate_bytes, 'c'));
  return item;
}

// What a request with items [begin, end) takes on the wire.
size_t WireSize(const std::vector<v1::PublishItem>& items,
                const ItemRange& range) {
  v1::PublishRequest request;
  for (size_t i = range.begin; i < range.end; ++i) {
    *request.add_items() = items[i];
  }
  return request.ByteSizeLong();
}

TEST(SplitIntoRequestsTest, KeepsToAThousandItems) {
  EXPECT_THAT(SplitIntoRequests({}), SizeIs(0));
  std::vector<v1::PublishItem> items(1000, ItemOfSize(10));
  EXPECT_THAT(SplitIntoRequests(items), ElementsAre(ItemRange{0, 1000}));
  items.push_back(ItemOfSize(10));
  EXPECT_THAT(SplitIntoRequests(items),
              ElementsAre(ItemRange{0, 1000}, ItemRange{1000, 1001}));
}

TEST(SplitIntoRequestsTest, KeepsToThreeMebibytesOnTheWire) {
  std::vector<v1::PublishItem> items;
  for (size_t i = 0; i < 700; ++i) items.push_back(ItemOfSize(100 * i % 32000));
  std::vector<ItemRange> ranges = SplitIntoRequests(items);
  ASSERT_GT(ranges.size(), 2u);
  size_t next = 0;
  for (const ItemRange& range : ranges) {
    EXPECT_EQ(range.begin, next);
    next = range.end;
    EXPECT_LE(WireSize(items, range), kMaxBytesPerRequest);
    if (range.end < items.size()) {
      EXPECT_GT(WireSize(items, {range.begin, range.end + 1}),
                kMaxBytesPerRequest);
    }
  }
  EXPECT_EQ(next, items.size());
}

TEST(SplitIntoRequestsTest, FillsARequestToTheLastByte) {
  std::vector<v1::PublishItem> items = {ItemOfSize(1 << 20),
                                        ItemOfSize(1 << 20), ItemOfSize(0)};
  size_t rest = kMaxBytesPerRequest - WireSize(items, {0, 2});
  // Tag and length of the item, tag and length of the certificate.
  items[2] = ItemOfSize(rest - 8);
  ASSERT_EQ(WireSize(items, {0, 3}), kMaxBytesPerRequest);
  EXPECT_THAT(SplitIntoRequests(items), ElementsAre(ItemRange{0, 3}));
  items[2] = ItemOfSize(rest - 7);
  EXPECT_THAT(SplitIntoRequests(items),
              ElementsAre(ItemRange{0, 2}, ItemRange{2, 3}));
}

class PublisherClientTest : public ::testing::Test {
 protected:
  PublisherClientTest() : log_(1000), server_(log_) {
    server_.publish = [this](grpc::ServerContext& context,
                             const v1::PublishRequest& request,
                             v1::PublishResponse& response) {
      sizes_.push_back(request.items_size());
      for (int i = 0; i < request.items_size(); ++i) {
        response.add_results()->set_message(request.items(i).certificate());
      }
      response.set_tree_size(40 + sizes_.size());
      return grpc::Status::OK;
    };
  }
  PublisherClient Client() {
    PublisherOptions options;
    options.sleep = [this](uint64_t ms) { slept_.push_back(ms); };
    return PublisherClient({.server = {"localhost:1", ""}},
                           server_.InProcessChannel(), options);
  }

  keytrans::TestLog log_;
  FakeServer server_;
  std::vector<int> sizes_;
  std::vector<uint64_t> slept_;
};

TEST_F(PublisherClientTest, SendsAllAndKeepsTheirOrder) {
  std::vector<v1::PublishItem> items(2500);
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].set_certificate(std::to_string(i));
  }
  std::vector<size_t> progress;
  PublisherClient client = Client();
  auto results =
      client.Publish(items, [&](size_t done) { progress.push_back(done); });
  ASSERT_EQ(results.size(), items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    ASSERT_TRUE(results[i].ok()) << results[i].status();
    EXPECT_EQ(results[i]->message(), std::to_string(i));
  }
  EXPECT_THAT(sizes_, ElementsAre(1000, 1000, 500));
  EXPECT_THAT(progress, ElementsAre(1000, 2000, 2500));
  EXPECT_EQ(client.tree_size(), 43u);
}

TEST_F(PublisherClientTest, RefusesAnItemThatNoRequestCanHold) {
  std::vector<v1::PublishItem> items = {ItemOfSize(10), ItemOfSize(4 << 20),
                                        ItemOfSize(20)};
  auto results = Client().Publish(items, nullptr);
  EXPECT_TRUE(results[0].ok());
  EXPECT_EQ(results[1].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(results[1].status().message()), HasSubstr("3145728"));
  EXPECT_TRUE(results[2].ok());
  EXPECT_THAT(sizes_, ElementsAre(1, 1));
}

TEST_F(PublisherClientTest, TriesAgainWhenTheServerIsBusy) {
  auto answer = server_.publish;
  int calls = 0;
  server_.publish = [&](grpc::ServerContext& context,
                        const v1::PublishRequest& request,
                        v1::PublishResponse& response) {
    ++calls;
    if (calls == 1) {
      context.AddTrailingMetadata("grpc-retry-pushback-ms", "2500");
      return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full");
    }
    if (calls == 2) return grpc::Status(grpc::StatusCode::ABORTED, "unknown");
    return answer(context, request, response);
  };
  auto results = Client().Publish({ItemOfSize(3)}, nullptr);
  ASSERT_TRUE(results[0].ok()) << results[0].status();
  // What the server asked for, then twice the first delay.
  EXPECT_THAT(slept_, ElementsAre(2500, 1000));
}

TEST_F(PublisherClientTest, GivesUpOnAServerThatStaysBusy) {
  server_.publish = [](grpc::ServerContext& context,
                       const v1::PublishRequest& request,
                       v1::PublishResponse& response) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full");
  };
  auto results = Client().Publish({ItemOfSize(3)}, nullptr);
  EXPECT_EQ(results[0].status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(results[0].status().message()), HasSubstr("busy"));
  EXPECT_EQ(slept_.size(), 5u);
}

TEST_F(PublisherClientTest, SendsNothingAfterAFailure) {
  int calls = 0;
  server_.publish = [&](grpc::ServerContext& context,
                        const v1::PublishRequest& request,
                        v1::PublishResponse& response) {
    ++calls;
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "who are you");
  };
  std::vector<v1::PublishItem> items(1001, ItemOfSize(10));
  auto results = Client().Publish(items, nullptr);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(slept_.empty());
  EXPECT_EQ(results[0].status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(results[0].status().message()),
              AllOf(HasSubstr("who are you"), HasSubstr("--cert")));
  EXPECT_EQ(results[1000].status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(results[1000].status().message()),
              HasSubstr("not sent"));
}

TEST_F(PublisherClientTest, RefusesAnAnswerWithAnotherNumberOfResults) {
  server_.publish = [](grpc::ServerContext& context,
                       const v1::PublishRequest& request,
                       v1::PublishResponse& response) {
    response.add_results();
    return grpc::Status::OK;
  };
  auto results = Client().Publish({ItemOfSize(1), ItemOfSize(2)}, nullptr);
  EXPECT_EQ(results[0].status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(results[0].status().message()),
              HasSubstr("2 certificates with 1 results"));
}

}  // namespace
}  // namespace sealbook::client
