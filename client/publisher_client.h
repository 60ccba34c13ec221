// Publishes certificates over mutual TLS.
//
//   PublisherClient client(endpoint, channel, {});
//   absl::Status all = client.Publish(
//       {.count = n, .make = [&](size_t i) { return ItemOf(files[i]); }},
//       [&](size_t i, const v1::PublishResult& result, uint64_t) { ... });
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

// The server's limits for one request, and for one message of a stream.
inline constexpr size_t kMaxItemsPerRequest = 1000;
inline constexpr size_t kMaxBytesPerRequest = 3 << 20;
// Items of a stream that may lack an acknowledgement; half of what the server
// allows, so that it always has something to read.
inline constexpr size_t kMaxUnacknowledged = 2000;

struct PublisherOptions {
  // How long a call may take, and how long a stream may stand still.
  uint64_t timeout_ms = 120000;
  // How often the same is tried before it has failed, when the server is busy,
  // the outcome is unknown, or a connection that worked has broken: publishing
  // is idempotent.
  int max_attempts = 10;
  // Sleeps; injected for tests.
  std::function<void(uint64_t ms)> sleep;
  // Told before it sleeps: why, and how long. May be empty.
  std::function<void(const absl::Status& why, uint64_t ms)> retrying;
};

// What is to be published. `make` is called in ascending order, and again from
// some earlier item on after a connection broke; from another thread, but never
// from two at once.
struct PublishItems {
  size_t count = 0;
  std::function<v1::PublishItem(size_t index)> make;
};

// Not thread-safe.
class PublisherClient {
 public:
  // Called on the caller's thread, once for each item, in their order, with the
  // size of a signed tree that holds it.
  using Answered = std::function<void(
      size_t index, const v1::PublishResult& result, uint64_t tree_size)>;

  PublisherClient(Endpoint endpoint,
                  const std::shared_ptr<grpc::ChannelInterface>& channel,
                  PublisherOptions options);

  // Publishes all over a stream, and opens another one when it breaks. OK: all
  // have been answered (an answer may be a refusal; so it is for an item that
  // is larger than a message may be, without asking). Else why it gave up; what
  // was not answered may have been published or not.
  absl::Status Publish(const PublishItems& items, const Answered& answered);
  // The same, but nothing is written.
  absl::Status Validate(const PublishItems& items, const Answered& answered);

  // Results in the order of `items`.
  absl::StatusOr<std::vector<v1::RevokeResult>> Revoke(
      absl::Span<const v1::RevokeItem> items);

  // The size of the signed tree that holds what was published last; 0 before.
  uint64_t tree_size() const { return tree_size_; }

 private:
  // Calls `attempt`, which counts what is answered up in `done`, until it is OK
  // or there is no use in going on.
  absl::Status Persist(
      const size_t& done,
      const std::function<absl::Status(uint64_t& pushback_ms)>& attempt);
  // One stream for the items from `done` on.
  absl::Status StreamOnce(const PublishItems& items, const Answered& answered,
                          size_t& done, uint64_t& pushback_ms);

  Endpoint endpoint_;
  std::unique_ptr<v1::Publisher::StubInterface> stub_;
  PublisherOptions options_;
  uint64_t tree_size_ = 0;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_PUBLISHER_CLIENT_H_
