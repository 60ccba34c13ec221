// How many addresses one caller may look up, so that the directory cannot be
// read out: a token bucket for each IPv4 address, IPv6 /64, or client key.
//
//   LookupLimits limits({.per_minute = 600, .burst = 2000}, clock);
//   if (auto wait_ms = limits.Take(CallerOf(*context), 1)) ... refuse ...
//
// Within any time t a caller gets at most burst + per_minute * t addresses,
// however they are asked for: every operation that answers about an address
// takes from the same bucket.
#ifndef SEALBOOK_SERVER_SERVICES_LOOKUP_LIMITS_H_
#define SEALBOOK_SERVER_SERVICES_LOOKUP_LIMITS_H_

#include <grpcpp/server_context.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "server/clock.h"
#include "server/config/config.h"

namespace sealbook::server {

// "key:<hex>", the SHA-256 of the client certificate's key, when one was shown
// (and thus verified), else gRPC's name of the peer.
std::string CallerOf(const grpc::ServerContextBase& context);

// Whom a peer is counted as: "ipv4:1.2.3.4" (IPv4 in IPv6 too), "ipv6:" with
// the first 64 bits in hex, "unix", a "key:" as it is; all others "other".
std::string LimitKey(absl::string_view peer);

// Thread-safe.
class LookupLimits {
 public:
  // Keeps the buckets of at most `max_callers` (at least 1), some 200 bytes
  // each. `clock` outlives this.
  LookupLimits(const LookupRates& rates, const Clock& clock,
               size_t max_callers = 65'536);
  LookupLimits(const LookupLimits&) = delete;
  LookupLimits& operator=(const LookupLimits&) = delete;

  // Takes `addresses` from the bucket of `peer` (see CallerOf). Absent: taken.
  // Else nothing was taken, and the same can be had after so many milliseconds.
  // More than the burst at once is never had: ask in smaller portions.
  [[nodiscard]] std::optional<uint64_t> Take(absl::string_view peer,
                                             uint64_t addresses);

  // From now on; what callers have saved up is cut to the new burst.
  void SetRates(const LookupRates& rates);

  struct Counts {
    uint64_t taken = 0;    // Addresses.
    uint64_t refused = 0;  // Addresses.
    size_t callers = 0;    // Buckets now.
  };
  Counts counts() const;

 private:
  struct Bucket {
    std::string key;
    // Tokens times 60,000, so that a millisecond adds a whole number.
    uint64_t units;
    uint64_t filled_ms;
  };
  using Buckets = std::list<Bucket>;

  uint64_t Capacity() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Refill(Bucket& bucket, uint64_t now_ms) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Bucket& Find(const std::string& key, uint64_t now_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  const size_t max_callers_;
  mutable Mutex mutex_;
  LookupRates rates_ ABSL_GUARDED_BY(mutex_);
  // Most recently used first.
  Buckets order_ ABSL_GUARDED_BY(mutex_);
  // Views of the keys in order_.
  absl::flat_hash_map<absl::string_view, Buckets::iterator> index_
      ABSL_GUARDED_BY(mutex_);
  uint64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_LOOKUP_LIMITS_H_
