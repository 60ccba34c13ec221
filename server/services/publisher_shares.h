// How much each publisher may have under way, so that one that floods cannot
// take the queue from the others: an equal part of it, whoever else is there.
// Who has nothing under way may always bring one request. What is counted is
// the owner's choice: items, which take memory, or addresses, which take the
// writer's time.
//
//   PublisherShares shares(20'000, "addresses");
//   SEALBOOK_RETURN_IF_ERROR(shares.Acquire("ca", 1000, publishers));
//   ...
//   shares.Release("ca", 1000);
//
// Thread-safe.
#ifndef SEALBOOK_SERVER_SERVICES_PUBLISHER_SHARES_H_
#define SEALBOOK_SERVER_SERVICES_PUBLISHER_SHARES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"

namespace sealbook::server {

inline constexpr size_t kMaxStreamsPerPublisher = 8;

class PublisherShares {
 public:
  // `total`: what all publishers together may have under way, of what `unit`
  // names in messages.
  explicit PublisherShares(size_t total, absl::string_view unit = "items")
      : total_(total), unit_(unit) {}
  PublisherShares(const PublisherShares&) = delete;
  PublisherShares& operator=(const PublisherShares&) = delete;

  // Takes `count` of the share of `publisher`, one of `publishers`.
  // RESOURCE_EXHAUSTED, naming both numbers: too many are under way.
  absl::Status Acquire(const std::string& publisher, size_t count,
                       size_t publishers) {
    return AcquireOrCall(publisher, count, publishers, nullptr);
  }
  // The same; when it fails, `released` is called once, from within some later
  // Release of this publisher.
  absl::Status AcquireOrCall(const std::string& publisher, size_t count,
                             size_t publishers, std::function<void()> released);
  void Release(const std::string& publisher, size_t count);

  // RESOURCE_EXHAUSTED: kMaxStreamsPerPublisher are open.
  absl::Status OpenStream(const std::string& publisher);
  void CloseStream(const std::string& publisher);

 private:
  struct Use {
    size_t taken = 0;
    size_t streams = 0;
    std::vector<std::function<void()>> waiting;
  };

  const size_t total_;
  const std::string unit_;
  Mutex mutex_;
  // Of publishers that were ever seen: as many as are configured.
  absl::flat_hash_map<std::string, Use> uses_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PUBLISHER_SHARES_H_
