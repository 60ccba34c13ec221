#include "client/publish_stream.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sealbook::client {
namespace {

// What one message of the stream holds at most: small enough to flow, large
// enough not to cost.
constexpr int kItemsPerMessage = 500;
constexpr size_t kBytesPerMessage = 1 << 20;

size_t LengthBytes(size_t length) {
  size_t bytes = 1;
  for (size_t rest = length >> 7; rest > 0; rest >>= 7) ++bytes;
  return bytes;
}

}  // namespace

size_t WireSize(const v1::PublishItem& item) {
  // Tag and length of the item, of the element with its number, and the number.
  const size_t size = item.ByteSizeLong();
  const size_t element = size + 1 + LengthBytes(size) + 11;
  return element + 1 + LengthBytes(element);
}

bool IsTooLarge(const v1::PublishItem& item) {
  return WireSize(item) > kMaxBytesPerRequest;
}

v1::PublishResult RefuseTooLarge(const v1::PublishItem& item) {
  v1::PublishResult result;
  result.set_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
  result.set_message(absl::StrCat(
      "request-size: this certificate and its intermediates have ",
      item.ByteSizeLong(), " bytes, a request at most ", kMaxBytesPerRequest));
  return result;
}

PublishStream::PublishStream(v1::Publisher::StubInterface& stub,
                             const PublishItems& items, size_t first,
                             uint64_t timeout_ms)
    : items_(items),
      timeout_ms_(timeout_ms),
      done_(first),
      sent_(first),
      acknowledged_(first) {
  stream_ = stub.PublishStream(&context_);
  reader_ = std::thread([this] { ReadAll(); });
  writer_ = std::thread([this, first] { WriteAll(first); });
}

PublishStream::~PublishStream() {
  if (writer_.joinable()) writer_.join();
  if (reader_.joinable()) reader_.join();
}

grpc::Status PublishStream::Run(const PublisherClient::Answered& answered) {
  grpc::Status broken;
  while (true) {
    v1::PublishStreamResponse response;
    {
      MutexLock lock(mutex_);
      const auto wait = std::chrono::milliseconds(timeout_ms_);
      while (received_.empty() && !over_) {
        if (changed_.WaitFor(mutex_, wait) || !broken.ok()) continue;
        broken = grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED,
                              "the stream stands still");
        context_.TryCancel();
      }
      if (received_.empty()) break;
      response = std::move(received_.front());
      received_.pop_front();
    }
    tree_size_ = std::max(tree_size_, response.tree_size());
    for (const v1::PublishAcknowledgement& one : response.acknowledgements()) {
      if (!broken.ok()) break;
      if (one.sequence() != done_ || done_ == items_.count) {
        broken = grpc::Status(
            grpc::StatusCode::INTERNAL,
            absl::StrCat("the server acknowledged item ", one.sequence(),
                         " where item ", done_, " is the next"));
        context_.TryCancel();
        break;
      }
      answered(done_++, one.result(), tree_size_);
    }
    MutexLock lock(mutex_);
    acknowledged_ = done_;
    changed_.NotifyAll();
  }
  writer_.join();
  reader_.join();
  const grpc::Status status = stream_->Finish();
  return broken.ok() ? status : broken;
}

bool PublishStream::WaitForRoom(size_t count) {
  MutexLock lock(mutex_);
  while (!over_ && sent_ + count > acknowledged_ + kMaxUnacknowledged) {
    changed_.Wait(mutex_);
  }
  return !over_;
}

bool PublishStream::WriteMessage(const v1::PublishStreamRequest& message) {
  if (message.items().empty()) return true;
  if (!WaitForRoom(message.items_size())) return false;
  {
    MutexLock lock(mutex_);
    sent_ += message.items_size();
  }
  return stream_->Write(message);
}

void PublishStream::WriteAll(size_t next) {
  while (next < items_.count) {
    v1::PublishStreamRequest message;
    size_t bytes = 0;
    while (next < items_.count && message.items_size() < kItemsPerMessage) {
      v1::PublishItem item = items_.make(next);
      const size_t size = WireSize(item);
      if (bytes > 0 && bytes + size > kBytesPerMessage) break;
      bytes += size;
      v1::PublishStreamItem& one = *message.add_items();
      one.set_sequence(next++);
      *one.mutable_item() = std::move(item);
    }
    if (!WriteMessage(message)) return;
  }
  stream_->WritesDone();
}

void PublishStream::ReadAll() {
  v1::PublishStreamResponse response;
  while (stream_->Read(&response)) {
    MutexLock lock(mutex_);
    received_.push_back(std::move(response));
    response.Clear();
    changed_.NotifyAll();
  }
  MutexLock lock(mutex_);
  over_ = true;
  changed_.NotifyAll();
}

}  // namespace sealbook::client
