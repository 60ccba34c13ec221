#include "server/services/publish_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "server/services/grpc_status.h"
#include "server/services/publish_call.h"
#include "server/services/raw_message.h"

namespace sealbook::server {
namespace {

// Acknowledgements in one message, so that it stays well below what clients
// take.
constexpr size_t kMaxAcknowledgements = 1000;
constexpr uint64_t kRetryAfterMs = 1000;

void AddAcknowledgements(const std::vector<uint64_t>& sequences,
                         v1::PublishResponse& from,
                         v1::PublishStreamResponse& to) {
  for (size_t i = 0; i < sequences.size(); ++i) {
    v1::PublishAcknowledgement& one = *to.add_acknowledgements();
    one.set_sequence(sequences[i]);
    *one.mutable_result() =
        std::move(*from.mutable_results(static_cast<int>(i)));
  }
  to.set_tree_size(std::max(to.tree_size(), from.tree_size()));
}

}  // namespace

PublishStream::PublishStream(Parts parts) : parts_(std::move(parts)) {}

void PublishStream::Start() {
  Advance([] {});
}

void PublishStream::Stop() {
  Advance([this] {
    if (end_.ok()) {
      end_ = absl::UnavailableError(
          "the server stops; send what was not acknowledged once more");
    }
  });
}

void PublishStream::OnReadDone(bool ok) {
  Advance([this, ok] {
    reading_ = false;
    if (!ok) {
      read_all_ = true;
    } else if (!ended()) {
      end_ = Take();
    }
  });
}

// Makes the message that was read the last chunks.
absl::Status PublishStream::Take() {
  v1::PublishStreamRequest message;
  SEALBOOK_RETURN_IF_ERROR(ReadMessage(in_, message));
  in_.Clear();
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::shared_ptr<const smime::PublisherPolicy> publisher,
      parts_.publishers->Identify(*parts_.context->auth_context()));
  v1::PublishRequest request;
  std::vector<uint64_t> sequences;
  for (v1::PublishStreamItem& item : *message.mutable_items()) {
    sequences.push_back(item.sequence());
    *request.add_items() = std::move(*item.mutable_item());
  }
  SEALBOOK_RETURN_IF_ERROR(CheckPublishLimits(request));
  items_ += sequences.size();
  if (sequences.size() <= parts_.chunk_items) {
    AddChunk(publisher, std::move(request), std::move(sequences));
    return absl::OkStatus();
  }
  for (size_t first = 0; first < sequences.size();
       first += parts_.chunk_items) {
    const size_t end = std::min(first + parts_.chunk_items, sequences.size());
    v1::PublishRequest part;
    for (size_t i = first; i < end; ++i) {
      *part.add_items() =
          std::move(*request.mutable_items(static_cast<int>(i)));
    }
    AddChunk(publisher, std::move(part),
             {sequences.begin() + static_cast<ptrdiff_t>(first),
              sequences.begin() + static_cast<ptrdiff_t>(end)});
  }
  return absl::OkStatus();
}

void PublishStream::AddChunk(
    std::shared_ptr<const smime::PublisherPolicy> publisher,
    v1::PublishRequest request, std::vector<uint64_t> sequences) {
  auto chunk = std::make_unique<Chunk>();
  chunk->publisher = std::move(publisher);
  chunk->request = std::move(request);
  chunk->sequences = std::move(sequences);
  chunks_.push_back(std::move(chunk));
}

void PublishStream::OnWriteDone(bool ok) {
  Advance([this, ok] {
    writing_ = false;
    items_ -= writing_items_;
    if (!ok) cancelled_ = true;
  });
}

void PublishStream::OnCancel() {
  Advance([this] { cancelled_ = true; });
}

void PublishStream::OnDone() {
  parts_.shares->CloseStream(parts_.publisher);
  parts_.gone(this);
  delete this;
}

void PublishStream::Advance(const std::function<void()>& change) {
  Chunk* next = nullptr;
  std::optional<absl::Status> end;
  {
    MutexLock lock(mutex_);
    change();
    if (finished_) return;
    next = NextToStart();
    WriteIfReady();
    ReadIfRoom();
    end = EndIfOver();
    finished_ = end.has_value();
  }
  // Not under the lock: they may come back here, or be the end of this object.
  // Without either, this object may be gone by now.
  if (next != nullptr) StartChunk(*next);
  if (end.has_value()) {
    LogFailure("PublishStream", "", *end);
    if (absl::IsResourceExhausted(*end)) {
      AddRetryHint(*parts_.context, RetryAfterMs(*end).value_or(kRetryAfterMs));
    }
    Finish(ToGrpcStatus(*end));
  }
}

PublishStream::Chunk* PublishStream::NextToStart() {
  if (ended() || unsubmitted_ > 0 || waiting_for_share_ ||
      started_ == chunks_.size()) {
    return nullptr;
  }
  Chunk& chunk = *chunks_[started_];
  const absl::Status acquired = parts_.shares->AcquireOrCall(
      chunk.publisher->id, chunk.sequences.size(), parts_.publishers->size(),
      [this] { Advance([this] { waiting_for_share_ = false; }); });
  if (!acquired.ok()) {
    waiting_for_share_ = true;
    return nullptr;
  }
  ++started_;
  ++unsubmitted_;
  ++undone_;
  return &chunk;
}

void PublishStream::StartChunk(Chunk& chunk) {
  PublishJob job;
  job.request = std::move(chunk.request);
  job.publisher = chunk.publisher;
  job.abandoned = [this] { return cancelled_.load(); };
  job.submitted = [this] { ChunkSubmitted(); };
  job.done = [this,
              &chunk](const absl::StatusOr<v1::PublishResponse>& response) {
    ChunkDone(chunk, response);
  };
  // True, since it can wait for a full queue.
  (void)parts_.engine->Start(std::move(job));
}

void PublishStream::ChunkSubmitted() {
  Advance([this] { --unsubmitted_; });
}

void PublishStream::ChunkDone(
    Chunk& chunk, const absl::StatusOr<v1::PublishResponse>& response) {
  // First: whoever waits for it must not outlive this stream, which cannot end
  // before the lines below.
  parts_.shares->Release(chunk.publisher->id, chunk.sequences.size());
  Advance([&] {
    --undone_;
    if (response.ok()) {
      chunk.response = *response;
    } else if (end_.ok()) {
      end_ = response.status();
    }
  });
}

void PublishStream::ReadIfRoom() {
  // One message may wait to be started, no more.
  if (reading_ || read_all_ || ended() || started_ < chunks_.size() ||
      items_ >= kMaxStreamItems) {
    return;
  }
  reading_ = true;
  StartRead(&in_);
}

void PublishStream::WriteIfReady() {
  if (writing_ || cancelled_) return;
  v1::PublishStreamResponse message;
  writing_items_ = 0;
  while (!chunks_.empty() && started_ > 0 &&
         chunks_.front()->response.has_value()) {
    Chunk& chunk = *chunks_.front();
    const size_t items = chunk.sequences.size();
    if (writing_items_ > 0 && writing_items_ + items > kMaxAcknowledgements) {
      break;
    }
    AddAcknowledgements(chunk.sequences, *chunk.response, message);
    writing_items_ += items;
    chunks_.pop_front();
    --started_;
  }
  if (writing_items_ == 0) return;
  const grpc::Status encoded = WriteMessage(message, out_);
  if (!encoded.ok()) {
    end_ = absl::InternalError(encoded.error_message());
    return;
  }
  writing_ = true;
  StartWrite(&out_);
}

std::optional<absl::Status> PublishStream::EndIfOver() {
  if (unsubmitted_ > 0 || undone_ > 0 || writing_ || waiting_for_share_) {
    return std::nullopt;
  }
  if (cancelled_) return absl::CancelledError("the caller went away");
  // What was not started when the stream ends is not acknowledged.
  if (!end_.ok()) return end_;
  if (read_all_ && chunks_.empty()) return absl::OkStatus();
  return std::nullopt;
}

}  // namespace sealbook::server
