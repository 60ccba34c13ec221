#include "client/publisher_client.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sealbook::client {
namespace {

constexpr uint64_t kFirstRetryMs = 500;
constexpr uint64_t kMaxRetryMs = 30000;

// What an item adds to an encoded PublishRequest: tag, length, bytes.
size_t EncodedSize(const v1::PublishItem& item) {
  size_t size = item.ByteSizeLong();
  size_t length_bytes = 1;
  for (size_t rest = size >> 7; rest > 0; rest >>= 7) ++length_bytes;
  return 1 + length_bytes + size;
}

// When the server asks to be left alone for a time; 0 when it does not.
uint64_t PushbackMs(const grpc::ClientContext& context) {
  const auto& metadata = context.GetServerTrailingMetadata();
  auto it = metadata.find("grpc-retry-pushback-ms");
  uint64_t ms = 0;
  if (it == metadata.end() ||
      !absl::SimpleAtoi(std::string(it->second.data(), it->second.size()),
                        &ms)) {
    return 0;
  }
  return std::min(ms, kMaxRetryMs);
}

}  // namespace

std::vector<ItemRange> SplitIntoRequests(
    absl::Span<const v1::PublishItem> items) {
  std::vector<ItemRange> ranges;
  size_t bytes = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    size_t size = EncodedSize(items[i]);
    bool full = ranges.empty() || bytes + size > kMaxBytesPerRequest ||
                i - ranges.back().begin == kMaxItemsPerRequest;
    if (full) {
      ranges.push_back({i, i});
      bytes = 0;
    }
    ranges.back().end = i + 1;
    bytes += size;
  }
  return ranges;
}

PublisherClient::PublisherClient(
    Endpoint endpoint, const std::shared_ptr<grpc::ChannelInterface>& channel,
    PublisherOptions options)
    : endpoint_(std::move(endpoint)),
      stub_(v1::Publisher::NewStub(channel)),
      options_(std::move(options)) {
  if (options_.sleep == nullptr) {
    options_.sleep = [](uint64_t ms) {
      std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    };
  }
}

std::vector<absl::StatusOr<v1::PublishResult>> PublisherClient::Publish(
    absl::Span<const v1::PublishItem> items,
    const std::function<void(size_t done)>& progress) {
  std::vector<absl::StatusOr<v1::PublishResult>> results(
      items.size(), absl::AbortedError("not sent: an earlier request failed"));
  for (const ItemRange& range : SplitIntoRequests(items)) {
    v1::PublishRequest request;
    for (size_t i = range.begin; i < range.end; ++i) {
      *request.add_items() = items[i];
    }
    if (request.ByteSizeLong() > kMaxBytesPerRequest) {
      results[range.begin] = absl::InvalidArgumentError(
          absl::StrCat("this certificate and its intermediates have ",
                       request.ByteSizeLong(), " bytes, a request at most ",
                       kMaxBytesPerRequest));
      continue;
    }
    absl::StatusOr<v1::PublishResponse> response = Send(request);
    for (size_t i = range.begin; i < range.end; ++i) {
      if (response.ok()) {
        results[i] = std::move(
            *response->mutable_results(static_cast<int>(i - range.begin)));
      } else {
        results[i] = response.status();
      }
    }
    if (!response.ok()) break;
    tree_size_ = std::max(tree_size_, response->tree_size());
    if (progress != nullptr) progress(range.end);
  }
  return results;
}

absl::StatusOr<v1::PublishResponse> PublisherClient::Send(
    const v1::PublishRequest& request) {
  uint64_t wait_ms = kFirstRetryMs;
  for (int attempt = 1;; ++attempt) {
    uint64_t pushback_ms = 0;
    absl::StatusOr<v1::PublishResponse> response =
        SendOnce(request, pushback_ms);
    bool again = absl::IsResourceExhausted(response.status()) ||
                 absl::IsAborted(response.status());
    if (!again || attempt >= options_.max_attempts) return response;
    options_.sleep(std::max(wait_ms, pushback_ms));
    wait_ms = std::min(2 * wait_ms, kMaxRetryMs);
  }
}

absl::StatusOr<v1::PublishResponse> PublisherClient::SendOnce(
    const v1::PublishRequest& request, uint64_t& retry_after_ms) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(options_.timeout_ms));
  v1::PublishResponse response;
  grpc::Status status = stub_->Publish(&context, request, &response);
  if (!status.ok()) {
    retry_after_ms = PushbackMs(context);
    return ExplainRpc(status, endpoint_);
  }
  if (response.results_size() != request.items_size()) {
    return absl::InternalError(absl::StrCat(
        endpoint_.server.target, " answered ", request.items_size(),
        " certificates with ", response.results_size(), " results"));
  }
  return response;
}

}  // namespace sealbook::client
