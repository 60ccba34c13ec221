// Publishes certificates over mutual TLS.
//
//   PublisherClient client(endpoint, channel, {});
//   std::vector<absl::StatusOr<v1::PublishResult>> results =
//       client.Publish(items, /*progress=*/nullptr);
//
// What the server answers is its word, signed by nobody: whoever wants proof
// that a certificate is in the log looks its address up.
#ifndef SEALBOOK_CLIENT_PUBLISHER_CLIENT_H_
#define SEALBOOK_CLIENT_PUBLISHER_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/channel.h"
#include "proto/sealbook/v1/publisher.grpc.pb.h"

namespace sealbook::client {

// The server's limits for one request.
inline constexpr size_t kMaxItemsPerRequest = 1000;
inline constexpr size_t kMaxBytesPerRequest = 3 << 20;

// Items [begin, end) of a list.
struct ItemRange {
  size_t begin = 0;
  size_t end = 0;

  friend bool operator==(const ItemRange&, const ItemRange&) = default;
};

// The fewest requests, in order, that keep to the limits. An item that is too
// large on its own stands alone.
std::vector<ItemRange> SplitIntoRequests(
    absl::Span<const v1::PublishItem> items);

struct PublisherOptions {
  // A request's time to answer.
  uint64_t timeout_ms = 120000;
  // How often a request is sent before it has failed, when the server is busy
  // or its outcome is unknown: publishing is idempotent.
  int max_attempts = 6;
  // Sleeps; injected for tests.
  std::function<void(uint64_t ms)> sleep;
};

// Not thread-safe.
class PublisherClient {
 public:
  PublisherClient(Endpoint endpoint,
                  const std::shared_ptr<grpc::ChannelInterface>& channel,
                  PublisherOptions options);

  // Results in the order of `items`: what the server said of an item (its code
  // may be a refusal), or why its request failed. After a request that failed,
  // the later ones are not sent (ABORTED). INVALID_ARGUMENT: the item alone is
  // larger than a request may be. `progress` (may be empty) is told after each
  // request how many items are done.
  std::vector<absl::StatusOr<v1::PublishResult>> Publish(
      absl::Span<const v1::PublishItem> items,
      const std::function<void(size_t done)>& progress);

  // The size of the signed tree that holds what was published last; 0 before.
  uint64_t tree_size() const { return tree_size_; }

 private:
  absl::StatusOr<v1::PublishResponse> Send(const v1::PublishRequest& request);
  absl::StatusOr<v1::PublishResponse> SendOnce(
      const v1::PublishRequest& request, uint64_t& retry_after_ms);

  Endpoint endpoint_;
  std::unique_ptr<v1::Publisher::StubInterface> stub_;
  PublisherOptions options_;
  uint64_t tree_size_ = 0;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_PUBLISHER_CLIENT_H_
