#include "client/publisher_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "client/testing/fake_server.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::PublishItem ItemOfSize(size_t certificate_bytes) {
  v1::PublishItem item;
  item.set_certificate(std::string(certificate_bytes, 'c'));
  return item;
}

class PublisherClientTest : public ::testing::Test {
 protected:
  PublisherClientTest() : log_(1000), server_(log_) {
    // Answers with the certificate's bytes.
    server_.publish = [this](grpc::ServerContext& context,
                             const v1::PublishRequest& request,
                             v1::PublishResponse& response) {
      sizes_.push_back(request.items_size());
      bytes_.push_back(request.ByteSizeLong());
      for (const v1::PublishItem& item : request.items()) {
        response.add_results()->set_message(item.certificate());
      }
      response.set_tree_size(40 + sizes_.size());
      return grpc::Status::OK;
    };
    options_.sleep = [this](uint64_t ms) { slept_.push_back(ms); };
  }
  PublisherClient Client() {
    return PublisherClient({.server = {"localhost:1", ""}},
                           server_.InProcessChannel(), options_);
  }
  // Publishes `items`, and checks that each is answered once and in order.
  absl::Status Publish(PublisherClient& client,
                       const std::vector<v1::PublishItem>& items,
                       bool validate = false) {
    answers_.clear();
    const PublishItems source = {.count = items.size(),
                                 .make = [&](size_t i) { return items[i]; }};
    const auto answered = [&](size_t i, const v1::PublishResult& result,
                              uint64_t) {
      EXPECT_EQ(i, answers_.size());
      answers_.push_back(result.message());
    };
    return validate ? client.Validate(source, answered)
                    : client.Publish(source, answered);
  }
  static std::vector<v1::PublishItem> Numbered(size_t count) {
    std::vector<v1::PublishItem> items(count);
    for (size_t i = 0; i < count; ++i) {
      items[i].set_certificate(std::to_string(i));
    }
    return items;
  }
  void ExpectNumbers(size_t count) {
    ASSERT_EQ(answers_.size(), count);
    for (size_t i = 0; i < count; ++i)
      ASSERT_EQ(answers_[i], std::to_string(i));
  }

  keytrans::TestLog log_;
  FakeServer server_;
  PublisherOptions options_;
  std::vector<int> sizes_;
  std::vector<size_t> bytes_;
  std::vector<uint64_t> slept_;
  std::vector<std::string> answers_;
};

TEST_F(PublisherClientTest, PublishesAllOverOneStream) {
  PublisherClient client = Client();
  ASSERT_TRUE(Publish(client, Numbered(5000)).ok());
  ExpectNumbers(5000);
  EXPECT_EQ(server_.streams, 1);
  EXPECT_EQ(client.tree_size(), 40 + sizes_.size());
  EXPECT_THAT(slept_, IsEmpty());
}

TEST_F(PublisherClientTest, KeepsMessagesSmall) {
  std::vector<v1::PublishItem> items;
  for (size_t i = 0; i < 700; ++i) items.push_back(ItemOfSize(100 * i % 32000));
  PublisherClient client = Client();
  ASSERT_TRUE(Publish(client, items).ok());
  EXPECT_EQ(answers_.size(), items.size());
  for (size_t bytes : bytes_) EXPECT_LE(bytes, size_t{1} << 20);
}

TEST_F(PublisherClientTest,
       ValidatesInRequestsOfAThousandItemsAndThreeMebibytes) {
  PublisherClient client = Client();
  ASSERT_TRUE(Publish(client, Numbered(2500), /*validate=*/true).ok());
  ExpectNumbers(2500);
  EXPECT_THAT(sizes_, ElementsAre(1000, 1000, 500));
  EXPECT_EQ(server_.validations, 3);
  EXPECT_EQ(server_.streams, 0);
  ASSERT_TRUE(Publish(client,
                      std::vector<v1::PublishItem>(4, ItemOfSize(1 << 20)),
                      /*validate=*/true)
                  .ok());
  for (size_t bytes : bytes_) EXPECT_LE(bytes, kMaxBytesPerRequest);
}

TEST_F(PublisherClientTest, RefusesAnItemThatNoRequestCanHold) {
  const std::vector<v1::PublishItem> items = {
      ItemOfSize(10), ItemOfSize(4 << 20), ItemOfSize(20)};
  PublisherClient client = Client();
  for (const bool validate : {false, true}) {
    ASSERT_TRUE(Publish(client, items, validate).ok());
    ASSERT_EQ(answers_.size(), 3u);
    EXPECT_EQ(answers_[0].size(), 10u);
    EXPECT_THAT(answers_[1], HasSubstr("3145728"));
    EXPECT_EQ(answers_[2].size(), 20u);
  }
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
  PublisherClient client = Client();
  ASSERT_TRUE(Publish(client, {ItemOfSize(3)}).ok());
  // What the server asked for, then twice the first delay.
  EXPECT_THAT(slept_, ElementsAre(2500, 1000));
  EXPECT_EQ(server_.streams, 3);
}

TEST_F(PublisherClientTest, GoesOnWhereTheConnectionBroke) {
  auto answer = server_.publish;
  int calls = 0;
  server_.publish = [&](grpc::ServerContext& context,
                        const v1::PublishRequest& request,
                        v1::PublishResponse& response) {
    // Every third message meets a broken connection.
    if (++calls % 3 == 0) {
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
    }
    return answer(context, request, response);
  };
  std::vector<std::string> told;
  options_.retrying = [&](const absl::Status& why, uint64_t ms) {
    told.emplace_back(why.message());
  };
  PublisherClient client = Client();
  ASSERT_TRUE(Publish(client, Numbered(5000)).ok());
  ExpectNumbers(5000);
  EXPECT_GT(server_.streams, 1);
  ASSERT_FALSE(told.empty());
  EXPECT_THAT(told[0], HasSubstr("gone"));
  // Progress starts the delays anew.
  for (uint64_t ms : slept_) EXPECT_EQ(ms, 500u);
}

TEST_F(PublisherClientTest, GivesUpAtOnceWhereNothingEverWorked) {
  server_.publish = [](grpc::ServerContext& context,
                       const v1::PublishRequest& request,
                       v1::PublishResponse& response) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "nobody here");
  };
  PublisherClient client = Client();
  const absl::Status status = Publish(client, {ItemOfSize(3)});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("nobody here"));
  EXPECT_THAT(slept_, IsEmpty());
}

TEST_F(PublisherClientTest, GivesUpOnAServerThatStaysBusy) {
  server_.publish = [](grpc::ServerContext& context,
                       const v1::PublishRequest& request,
                       v1::PublishResponse& response) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full");
  };
  PublisherClient client = Client();
  const absl::Status status = Publish(client, {ItemOfSize(3)});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("busy"));
  EXPECT_THAT(slept_, ElementsAre(500, 1000, 2000, 4000, 8000, 16000, 30000,
                                  30000, 30000));
}

TEST_F(PublisherClientTest, SendsNothingAfterAFailure) {
  server_.publish = [&](grpc::ServerContext& context,
                        const v1::PublishRequest& request,
                        v1::PublishResponse& response) {
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "who are you");
  };
  PublisherClient client = Client();
  const absl::Status status = Publish(client, Numbered(3000));
  EXPECT_EQ(server_.streams, 1);
  EXPECT_THAT(slept_, IsEmpty());
  EXPECT_THAT(answers_, IsEmpty());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("who are you"), HasSubstr("--cert")));
}

TEST_F(PublisherClientTest, RefusesAnswersToWhatItDidNotAsk) {
  server_.publish = [](grpc::ServerContext& context,
                       const v1::PublishRequest& request,
                       v1::PublishResponse& response) {
    // The second item's, and not the first one's.
    response.add_results();
    return grpc::Status::OK;
  };
  PublisherClient client = Client();
  const auto items = Numbered(2);
  EXPECT_EQ(Publish(client, items, /*validate=*/true).code(),
            absl::StatusCode::kInternal);
  server_.shift_sequences = 1;
  const absl::Status status = Publish(client, items);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("item 1 where item 0 is the next"));
}

TEST_F(PublisherClientTest, DoesNotWaitForAServerThatStandsStill) {
  options_.timeout_ms = 200;
  server_.publish = [](grpc::ServerContext& context,
                       const v1::PublishRequest& request,
                       v1::PublishResponse& response) {
    while (!context.IsCancelled()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return grpc::Status::OK;
  };
  PublisherClient client = Client();
  const absl::Status status = Publish(client, Numbered(2));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("stands still"));
}

TEST_F(PublisherClientTest, RevokesInRequestsOfAThousandItems) {
  std::vector<int> sizes;
  server_.revoke = [&](const v1::RevokeRequest& request,
                       v1::RevokeResponse& response) {
    sizes.push_back(request.items_size());
    for (const v1::RevokeItem& item : request.items()) {
      response.add_results()->set_message(item.sha256());
    }
    response.set_tree_size(77);
    return grpc::Status::OK;
  };
  std::vector<v1::RevokeItem> items(1001);
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].set_sha256(std::to_string(i));
  }
  PublisherClient client = Client();
  const auto results = client.Revoke(items);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(sizes, ElementsAre(1000, 1));
  ASSERT_EQ(results->size(), 1001u);
  EXPECT_EQ((*results)[1000].message(), "1000");
  EXPECT_EQ(client.tree_size(), 77u);
}

}  // namespace
}  // namespace sealbook::client
