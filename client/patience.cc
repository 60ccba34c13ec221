#include "client/patience.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sealbook::client {
namespace {

// Long enough to be let through in portions, short enough that somebody who
// watches sees it move.
constexpr uint64_t kFirstWaitMs = 2000;
constexpr uint64_t kMaxOwnWaitMs = 30000;
// What a server may ask for.
constexpr uint64_t kMaxWaitMs = 60000;

constexpr char kHintUrl[] = "sealbook.dev/retry-after-ms";

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

uint64_t RetryHintMs(const absl::Status& status) {
  const auto hint = status.GetPayload(kHintUrl);
  uint64_t ms = 0;
  if (!hint.has_value() || !absl::SimpleAtoi(std::string(*hint), &ms)) return 0;
  return ms;
}

absl::Status WithRetryHint(absl::Status status, uint64_t ms) {
  if (ms > 0) status.SetPayload(kHintUrl, absl::Cord(absl::StrCat(ms)));
  return status;
}

Patience::Patience(PatienceOptions options) : options_(std::move(options)) {
  if (options_.sleep != nullptr) return;
  options_.sleep = [stop = options_.stop](uint64_t ms) {
    if (stop != nullptr) {
      stop->Sleep(ms);
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    }
  };
}

bool Patience::Wait(uint64_t hint_ms) {
  const Stop* stop = options_.stop;
  if (waits_ >= options_.max_waits) return false;
  if (stop != nullptr && stop->requested()) return false;
  // Never shifted beyond what is cut anyway.
  const uint64_t own =
      std::min(kFirstWaitMs << std::min(waits_, 5), kMaxOwnWaitMs);
  const uint64_t ms = std::clamp(hint_ms, own, kMaxWaitMs);
  if (ms > options_.max_total_ms - waited_ms_) return false;
  ++waits_;
  waited_ms_ += ms;
  if (options_.waiting != nullptr) options_.waiting(ms);
  options_.sleep(ms);
  return stop == nullptr || !stop->requested();
}

}  // namespace sealbook::client
