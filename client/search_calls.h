// Many Search calls at once over one channel.
#ifndef SEALBOOK_CLIENT_SEARCH_CALLS_H_
#define SEALBOOK_CLIENT_SEARCH_CALLS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "proto/sealbook/v1/key_transparency.grpc.pb.h"

namespace sealbook::client {

// Milliseconds since the Unix epoch.
using Clock = std::function<uint64_t()>;

struct SearchCallResult {
  grpc::Status status;
  v1::SearchAnswer answer;
  // When the answer was there.
  uint64_t received_ms = 0;
};

// Sends the encoded SearchRequests, at most 32 outstanding, and waits for all.
// Each call may take `timeout_ms`. Results are in the order of `requests`.
std::vector<SearchCallResult> CallSearch(
    v1::KeyTransparency::StubInterface& stub,
    absl::Span<const std::string> requests, uint64_t timeout_ms,
    const Clock& clock);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_SEARCH_CALLS_H_
