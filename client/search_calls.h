// Many Search calls at once over one channel.
#ifndef SEALBOOK_CLIENT_SEARCH_CALLS_H_
#define SEALBOOK_CLIENT_SEARCH_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "client/stop.h"
#include "proto/sealbook/v1/key_transparency.grpc.pb.h"

namespace sealbook::client {

// Milliseconds since the Unix epoch.
using Clock = std::function<uint64_t()>;

struct SearchCallResult {
  grpc::Status status;
  v1::SearchAnswer answer;
  // When the answer was there.
  uint64_t received_ms = 0;
  // Of a call that failed: when to ask again, as the server says; 0: it says
  // nothing.
  uint64_t retry_after_ms = 0;
};

// Sends the encoded SearchRequests, at most 32 outstanding, and waits for all.
// Each call may take `timeout_ms`. Results are in the order of `requests`.
// `stop`, which may be null, cancels them.
std::vector<SearchCallResult> CallSearch(
    v1::KeyTransparency::StubInterface& stub,
    absl::Span<const std::string> requests, uint64_t timeout_ms,
    const Clock& clock, Stop* stop = nullptr);

// The same over one SearchBatch stream, all answers in one tree. The stream may
// take `timeout_ms` and another one for each hundred requests. When it ends
// early, the last result is the first that was not answered, with its status;
// there are none for the requests after it. It is left early, all results OK,
// once the answers have more than `max_bytes`. `progress`, which may be empty,
// is told of every answer how many there are by now.
std::vector<SearchCallResult> CallSearchBatch(
    v1::KeyTransparency::StubInterface& stub,
    absl::Span<const std::string> requests, uint64_t timeout_ms,
    size_t max_bytes, const Clock& clock,
    const std::function<void(size_t done)>& progress, Stop* stop = nullptr);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_SEARCH_CALLS_H_
