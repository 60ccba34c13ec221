#include "client/patience.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"

namespace sealbook::client {
namespace {

// Long enough to be let through in portions, short enough that somebody who
// watches sees it move.
constexpr uint64_t kFirstWaitMs = 2000;
constexpr uint64_t kMaxOwnWaitMs = 30000;
// What a server may ask for.
constexpr uint64_t kMaxWaitMs = 60000;

}  // namespace

uint64_t RetryHintMs(const grpc::ClientContext& context) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto hint = trailers.find("grpc-retry-pushback-ms");
  uint64_t ms = 0;
  if (hint == trailers.end() ||
      !absl::SimpleAtoi(std::string(hint->second.data(), hint->second.size()),
                        &ms)) {
    return 0;
  }
  return ms;
}

Patience::Patience(PatienceOptions options) : options_(std::move(options)) {
  if (options_.sleep == nullptr) {
    options_.sleep = [](uint64_t ms) {
      std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    };
  }
}

bool Patience::Wait(uint64_t hint_ms) {
  if (waits_ >= options_.max_waits) return false;
  // Never shifted beyond what is cut anyway.
  const uint64_t own =
      std::min(kFirstWaitMs << std::min(waits_, 5), kMaxOwnWaitMs);
  ++waits_;
  const uint64_t ms = std::clamp(hint_ms, own, kMaxWaitMs);
  if (options_.waiting != nullptr) options_.waiting(ms);
  options_.sleep(ms);
  return true;
}

}  // namespace sealbook::client
