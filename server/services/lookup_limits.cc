#include "server/services/lookup_limits.h"

#include <arpa/inet.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "smime/certificate.h"
#include "smime/types.h"

namespace sealbook::server {
namespace {

constexpr uint64_t kUnitsPerToken = 60'000;
constexpr size_t kNetworkBytes = 8;  // An IPv6 /64.

std::string Ipv4Key(absl::string_view address) {
  in_addr parsed{};
  const std::string text(address);
  if (inet_pton(AF_INET, text.c_str(), &parsed) != 1) return "other";
  return absl::StrCat("ipv4:", text);
}

// `address` as in "[fe80::1%25eth0]", the brackets perhaps percent-encoded.
std::string Ipv6Key(absl::string_view address) {
  if (!absl::ConsumePrefix(&address, "%5B")) {
    absl::ConsumePrefix(&address, "[");
  }
  if (!absl::ConsumeSuffix(&address, "%5D")) {
    absl::ConsumeSuffix(&address, "]");
  }
  // A zone says which interface of ours it came in by, not who it is.
  const std::string text(address.substr(0, address.find('%')));
  in6_addr parsed{};
  if (inet_pton(AF_INET6, text.c_str(), &parsed) != 1) return "other";
  const absl::string_view bytes(reinterpret_cast<const char*>(parsed.s6_addr),
                                sizeof(parsed.s6_addr));
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    char v4[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, bytes.data() + 12, v4, sizeof(v4));
    return absl::StrCat("ipv4:", v4);
  }
  return absl::StrCat("ipv6:",
                      absl::BytesToHexString(bytes.substr(0, kNetworkBytes)));
}

}  // namespace

std::string CallerOf(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> caller =
      context.auth_context();
  const std::vector<grpc::string_ref> pems =
      caller->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (pems.empty()) return context.peer();
  const absl::StatusOr<std::vector<std::string>> ders = smime::ReadCertificates(
      absl::string_view(pems.front().data(), pems.front().size()));
  if (!ders.ok()) return context.peer();
  const absl::StatusOr<smime::KeyHash> key =
      smime::HashSubjectKey(ders->front());
  return key.ok() ? absl::StrCat("key:", key->ToHex()) : context.peer();
}

std::string LimitKey(absl::string_view peer) {
  if (absl::StartsWith(peer, "key:")) return std::string(peer);
  if (absl::StartsWith(peer, "unix:")) return "unix";
  const absl::string_view host = peer.substr(0, peer.rfind(':'));
  absl::string_view address = host;
  if (absl::ConsumePrefix(&address, "ipv4:")) return Ipv4Key(address);
  if (absl::ConsumePrefix(&address, "ipv6:")) return Ipv6Key(address);
  return "other";
}

LookupLimits::LookupLimits(const LookupRates& rates, const Clock& clock,
                           size_t max_callers)
    : clock_(clock), max_callers_(max_callers), rates_(rates) {}

uint64_t LookupLimits::Capacity() const {
  return rates_.burst * kUnitsPerToken;
}

void LookupLimits::Refill(Bucket& bucket, uint64_t now_ms) const {
  const uint64_t room = Capacity() - std::min(bucket.units, Capacity());
  const uint64_t passed = now_ms - bucket.filled_ms;
  // Divided, since the product of a long time and a high rate does not fit.
  if (passed > room / rates_.per_minute) {
    bucket.units = Capacity();
  } else {
    bucket.units =
        std::min(bucket.units, Capacity()) + passed * rates_.per_minute;
  }
  bucket.filled_ms = now_ms;
}

LookupLimits::Bucket& LookupLimits::Find(const std::string& key,
                                         uint64_t now_ms) {
  const auto found = index_.find(key);
  if (found != index_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    Refill(order_.front(), now_ms);
    return order_.front();
  }
  uint64_t units = Capacity();
  if (order_.size() >= max_callers_) {
    Bucket& oldest = order_.back();
    Refill(oldest, now_ms);
    // A bucket that is full again can be forgotten. One that is not could come
    // back full, so while such ones are forgotten newcomers start empty: nobody
    // gains by using more networks than there is room for.
    if (oldest.units < Capacity()) units = 0;
    index_.erase(oldest.key);
    order_.pop_back();
  }
  order_.push_front({key, units, now_ms});
  index_.emplace(order_.front().key, order_.begin());
  return order_.front();
}

std::optional<uint64_t> LookupLimits::Take(absl::string_view peer,
                                           uint64_t addresses) {
  const std::string key = LimitKey(peer);
  MutexLock lock(mutex_);
  // Read under the lock: time never runs backwards for a bucket.
  Bucket& bucket = Find(key, clock_.MonotonicMs());
  const bool possible = addresses <= rates_.burst;
  const uint64_t needed = possible ? addresses * kUnitsPerToken : Capacity();
  if (possible && bucket.units >= needed) {
    bucket.units -= needed;
    taken_ += addresses;
    return std::nullopt;
  }
  refused_ += addresses;
  const uint64_t missing = needed - std::min(needed, bucket.units);
  return std::max<uint64_t>(
      1, (missing + rates_.per_minute - 1) / rates_.per_minute);
}

void LookupLimits::SetRates(const LookupRates& rates) {
  MutexLock lock(mutex_);
  rates_ = rates;
}

LookupLimits::Counts LookupLimits::counts() const {
  MutexLock lock(mutex_);
  return {taken_, refused_, order_.size()};
}

}  // namespace sealbook::server
