#include "client/publisher_client.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/call_timeout.h"
#include "client/patience.h"
#include "client/publish_stream.h"

namespace sealbook::client {
namespace {

constexpr uint64_t kFirstRetryMs = 500;
constexpr uint64_t kMaxRetryMs = 30000;

// When the server asks to be left alone for a time; 0 when it does not.
uint64_t PushbackMs(const grpc::ClientContext& context) {
  return std::min(RetryHintMs(context), kMaxRetryMs);
}

// Whether the same may go well another time. `progress`: something was answered
// before, so that the address, the keys and the server are right.
bool IsWorthAnother(const absl::Status& status, bool progress) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
      return true;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kDeadlineExceeded:
      return progress;
    default:
      return false;
  }
}

// The items from `first` on that one request holds; at least one unless none is
// left. `too_large`: the next item fits into no request.
v1::PublishRequest NextRequest(const PublishItems& items, size_t first,
                               bool& too_large) {
  v1::PublishRequest request;
  size_t bytes = 0;
  too_large = false;
  for (size_t i = first;
       i < items.count && request.items_size() < int{kMaxItemsPerRequest};
       ++i) {
    v1::PublishItem item = items.make(i);
    const size_t size = WireSize(item);
    if (bytes + size > kMaxBytesPerRequest) {
      too_large = bytes == 0;
      if (too_large) *request.add_items() = std::move(item);
      break;
    }
    bytes += size;
    *request.add_items() = std::move(item);
  }
  return request;
}

}  // namespace

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

absl::Status PublisherClient::Persist(
    const size_t& done,
    const std::function<absl::Status(uint64_t& pushback_ms)>& attempt) {
  uint64_t wait_ms = kFirstRetryMs;
  int failures = 0;
  while (true) {
    const size_t before = done;
    uint64_t pushback_ms = 0;
    absl::Status status = attempt(pushback_ms);
    if (status.ok()) return status;
    if (done > before) {
      failures = 0;
      wait_ms = kFirstRetryMs;
    }
    if (!IsWorthAnother(status, done > 0) ||
        ++failures >= options_.max_attempts) {
      return status;
    }
    const uint64_t ms = std::max(wait_ms, pushback_ms);
    if (options_.retrying != nullptr) options_.retrying(status, ms);
    options_.sleep(ms);
    wait_ms = std::min(2 * wait_ms, kMaxRetryMs);
  }
}

absl::Status PublisherClient::Publish(const PublishItems& items,
                                      const Answered& answered) {
  size_t done = 0;
  return Persist(done, [&](uint64_t& pushback_ms) {
    return StreamOnce(items, answered, done, pushback_ms);
  });
}

absl::Status PublisherClient::StreamOnce(const PublishItems& items,
                                         const Answered& answered, size_t& done,
                                         uint64_t& pushback_ms) {
  // The first that is too large ends a stream: what comes after it is sent on
  // the next one.
  while (done < items.count) {
    PublishItems some = items;
    some.count = done;
    std::optional<v1::PublishResult> refused;
    while (some.count < items.count && !refused.has_value()) {
      const v1::PublishItem item = items.make(some.count);
      if (IsTooLarge(item)) {
        refused = RefuseTooLarge(item);
      } else {
        ++some.count;
      }
    }
    if (some.count > done) {
      PublishStream stream(*stub_, some, done, options_.timeout_ms);
      grpc::Status status = stream.Run(answered);
      done = stream.done();
      tree_size_ = std::max(tree_size_, stream.tree_size());
      if (status.ok() && done < some.count) {
        status = grpc::Status(grpc::StatusCode::UNAVAILABLE,
                              "the server ended the stream");
      }
      if (!status.ok()) {
        pushback_ms = PushbackMs(stream.context());
        return ExplainRpc(status, endpoint_);
      }
    }
    if (refused.has_value()) answered(done++, *refused, tree_size_);
  }
  return absl::OkStatus();
}

absl::Status PublisherClient::Validate(const PublishItems& items,
                                       const Answered& answered) {
  size_t done = 0;
  return Persist(done, [&](uint64_t& pushback_ms) -> absl::Status {
    while (done < items.count) {
      bool too_large = false;
      const v1::PublishRequest request = NextRequest(items, done, too_large);
      if (too_large) {
        answered(done++, RefuseTooLarge(request.items(0)), tree_size_);
        continue;
      }
      grpc::ClientContext context;
      SetTimeout(context, options_.timeout_ms);
      v1::PublishResponse response;
      const grpc::Status status = stub_->Validate(&context, request, &response);
      if (!status.ok()) {
        pushback_ms = PushbackMs(context);
        return ExplainRpc(status, endpoint_);
      }
      if (response.results_size() != request.items_size()) {
        return absl::InternalError(absl::StrCat(
            endpoint_.server.target, " answered ", request.items_size(),
            " certificates with ", response.results_size(), " results"));
      }
      tree_size_ = std::max(tree_size_, response.tree_size());
      for (const v1::PublishResult& result : response.results()) {
        answered(done++, result, tree_size_);
      }
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<v1::RevokeResult>> PublisherClient::Revoke(
    absl::Span<const v1::RevokeItem> items) {
  std::vector<v1::RevokeResult> results;
  size_t done = 0;
  SEALBOOK_RETURN_IF_ERROR(
      Persist(done, [&](uint64_t& pushback_ms) -> absl::Status {
        while (done < items.size()) {
          v1::RevokeRequest request;
          size_t bytes = 0;
          for (size_t i = done; i < items.size() &&
                                request.items_size() < int{kMaxItemsPerRequest};
               ++i) {
            bytes += items[i].ByteSizeLong() + 8;
            if (i > done && bytes > kMaxBytesPerRequest) break;
            *request.add_items() = items[i];
          }
          grpc::ClientContext context;
          SetTimeout(context, options_.timeout_ms);
          v1::RevokeResponse response;
          const grpc::Status status =
              stub_->Revoke(&context, request, &response);
          if (!status.ok()) {
            pushback_ms = PushbackMs(context);
            return ExplainRpc(status, endpoint_);
          }
          if (response.results_size() != request.items_size()) {
            return absl::InternalError(absl::StrCat(
                endpoint_.server.target, " answered ", request.items_size(),
                " revocations with ", response.results_size(), " results"));
          }
          tree_size_ = std::max(tree_size_, response.tree_size());
          done += response.results_size();
          results.insert(results.end(), response.results().begin(),
                         response.results().end());
        }
        return absl::OkStatus();
      }));
  return results;
}

}  // namespace sealbook::client
