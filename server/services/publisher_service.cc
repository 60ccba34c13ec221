#include "server/services/publisher_service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "server/services/grpc_status.h"
#include "server/services/publish_call.h"
#include "server/services/publisher_update.h"
#include "server/services/raw_message.h"
#include "server/services/revoke_call.h"

namespace sealbook::server {
namespace {

constexpr uint64_t kRetryAfterMs = 1000;

// Where portions are small, because an interval takes no more, a message is
// acknowledged bit by bit: most certificates have one or two addresses, and
// whoever waits for acknowledgements wants to see them come.
size_t ChunkItems(size_t portion) {
  return portion == 0 ? kMaxStreamItems : std::max<size_t>(1, portion / 4);
}

// A stream that cannot begin.
class RefusedStream final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

// One unary call.
struct PublisherService::Call {
  // gRPC's, valid until reactor->Finish().
  grpc::CallbackServerContext* context = nullptr;
  grpc::ServerUnaryReactor* reactor = nullptr;
  grpc::ByteBuffer* response = nullptr;
  std::string rpc;

  // What Open found.
  std::shared_ptr<const smime::PublisherPolicy> publisher;
  // Of the publisher's share.
  size_t items = 0;
};

PublisherService::PublisherService(const Parts& parts)
    : parts_(parts),
      shares_(parts.max_items),
      queue_shares_(parts.max_items, "addresses"),
      submitter_({.sequencer = parts.sequencer,
                  .shares = &queue_shares_,
                  .publishers = [parts] { return parts.publishers->size(); },
                  .queue = parts.queue}),
      engine_({.admission = parts.admission,
               .submitter = &submitter_,
               .records = parts.records,
               .visible_head = parts.visible_head,
               .clock = parts.clock,
               .queue = parts.queue,
               .shares = &queue_shares_,
               .publishers = [parts] { return parts.publishers->size(); },
               .max_publications = parts.max_publications,
               .portion = parts.portion == 0 ? parts.max_publications
                                             : parts.portion}) {}

template <typename Message, typename Check>
bool PublisherService::Open(Call& call, const grpc::ByteBuffer& bytes,
                            const Check& check, Message& request) {
  absl::StatusOr<std::shared_ptr<const smime::PublisherPolicy>> publisher =
      parts_.publishers->Identify(*call.context->auth_context());
  absl::Status status = publisher.status();
  if (status.ok()) status = ReadMessage(bytes, request);
  if (status.ok()) status = check(request);
  if (!status.ok()) {
    LogFailure(call.rpc, "", status);
    call.reactor->Finish(ToGrpcStatus(status));
    return false;
  }
  status = shares_.Acquire((*publisher)->id, request.items_size(),
                           parts_.publishers->size());
  if (!status.ok()) {
    call.reactor->Finish(
        Overloaded(*call.context, status.message(), kRetryAfterMs));
    return false;
  }
  call.publisher = *publisher;
  call.items = request.items_size();
  return true;
}

grpc::ServerUnaryReactor* PublisherService::PublishOrValidate(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& bytes,
    grpc::ByteBuffer* response, bool validate) {
  Call call{context, context->DefaultReactor(), response,
            validate ? "Validate" : "Publish"};
  PublishJob job;
  if (!Open(call, bytes, CheckPublishLimits, job.request)) return call.reactor;
  job.publisher = call.publisher;
  job.validate = validate;
  job.done = [this, call](const absl::StatusOr<v1::PublishResponse>& answer) {
    Finish(call, answer);
  };
  if (!engine_.Start(std::move(job))) {
    shares_.Release(call.publisher->id, call.items);
    call.reactor->Finish(Overloaded(
        *context, "too many publications are waiting", kRetryAfterMs));
  }
  return call.reactor;
}

grpc::ServerUnaryReactor* PublisherService::Publish(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes,
    grpc::ByteBuffer* response) {
  return PublishOrValidate(context, *bytes, response, /*validate=*/false);
}

grpc::ServerUnaryReactor* PublisherService::Validate(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes,
    grpc::ByteBuffer* response) {
  return PublishOrValidate(context, *bytes, response, /*validate=*/true);
}

grpc::ServerUnaryReactor* PublisherService::Revoke(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes,
    grpc::ByteBuffer* response) {
  Call call{context, context->DefaultReactor(), response, "Revoke"};
  RevokeJob job;
  if (!Open(call, *bytes, CheckRevokeLimits, job.request)) return call.reactor;
  job.publisher = call.publisher;
  job.now_ms = parts_.clock->WallMs();
  // The context is valid until the call is finished, which is the last thing.
  job.abandoned = [context] { return context->IsCancelled(); };
  job.done = [this, call](const absl::StatusOr<v1::RevokeResponse>& answer) {
    if (answer.ok()) {
      spdlog::info("publisher {}: {} revocations, tree size {}",
                   call.publisher->id, call.items, answer->tree_size());
    }
    Finish(call, answer);
  };
  const RevokeParts revoke = {.records = parts_.records,
                              .admission = parts_.admission,
                              .sequencer = parts_.sequencer,
                              .submitter = &submitter_,
                              .queue = parts_.queue};
  const bool posted = parts_.queue->TryPost(
      call.publisher->id, [revoke, job] { RevokeAll(revoke, job); });
  if (!posted) {
    shares_.Release(call.publisher->id, call.items);
    call.reactor->Finish(Overloaded(
        *context, "too many publications are waiting", kRetryAfterMs));
  }
  return call.reactor;
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
PublisherService::PublishStream(grpc::CallbackServerContext* context) {
  absl::StatusOr<std::shared_ptr<const smime::PublisherPolicy>> publisher =
      parts_.publishers->Identify(*context->auth_context());
  if (!publisher.ok()) {
    LogFailure("PublishStream", "", publisher.status());
    return new RefusedStream(ToGrpcStatus(publisher.status()));
  }
  const absl::Status opened = shares_.OpenStream((*publisher)->id);
  if (!opened.ok()) {
    return new RefusedStream(
        Overloaded(*context, opened.message(), kRetryAfterMs));
  }
  auto* stream =
      new server::PublishStream({.context = context,
                                 .engine = &engine_,
                                 .shares = &shares_,
                                 .publishers = parts_.publishers,
                                 .publisher = (*publisher)->id,
                                 .chunk_items = ChunkItems(parts_.portion),
                                 .gone = [this](server::PublishStream* gone) {
                                   MutexLock lock(mutex_);
                                   streams_.erase(gone);
                                 }});
  // Before it starts: then nobody can have ended it. It cannot go while it is
  // stopped, because it leaves the set first.
  MutexLock lock(mutex_);
  streams_.insert(stream);
  if (stopping_) {
    stream->Stop();
  } else {
    stream->Start();
  }
  return stream;
}

absl::Status PublisherService::BeginUpdate(grpc::CallbackServerContext& context,
                                           const grpc::ByteBuffer& bytes,
                                           UpdateStream* stream) {
  UpdateJob job;
  SEALBOOK_ASSIGN_OR_RETURN(
      job.publisher, parts_.publishers->Identify(*context.auth_context()));
  SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, job.call));
  SEALBOOK_ASSIGN_OR_RETURN(job.request, ReadPublisherUpdate(job.call));
  // Before anything is created: it could not be shown afterwards.
  SEALBOOK_ASSIGN_OR_RETURN(const auto head, ReadHead(parts_.query));
  SEALBOOK_RETURN_IF_ERROR(CheckSeen(job.request.last, *head));
  const std::string publisher = job.publisher->id;
  const size_t items = std::max<size_t>(1, job.request.values.size());
  const absl::Status share =
      shares_.Acquire(publisher, items, parts_.publishers->size());
  if (!share.ok()) return Busy(share.message(), kRetryAfterMs);
  job.done = [this, stream, publisher, items](UpdateOutcome outcome) {
    shares_.Release(publisher, items);
    if (outcome.status.ok()) {
      stream->Answer(std::move(outcome.request), outcome.created);
    } else {
      stream->Refuse(outcome.status, RetryAfterMs(outcome.status).value_or(0));
    }
  };
  auto shared = std::make_shared<UpdateJob>(std::move(job));
  const bool posted = parts_.queue->TryPost(publisher, [this, shared] {
    RunUpdate(*parts_.records, engine_, std::move(*shared));
  });
  if (posted) return absl::OkStatus();
  shares_.Release(publisher, items);
  return Busy("too many publications are waiting", kRetryAfterMs);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* PublisherService::Update(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes) {
  auto* stream = new UpdateStream(parts_.query, context);
  const absl::Status begun = BeginUpdate(*context, *bytes, stream);
  if (!begun.ok()) stream->Refuse(begun, RetryAfterMs(begun).value_or(0));
  return stream;
}

void PublisherService::StopStreams() {
  MutexLock lock(mutex_);
  stopping_ = true;
  for (server::PublishStream* stream : streams_) stream->Stop();
}

void PublisherService::Fail(const Call& call, const absl::Status& status) {
  LogFailure(call.rpc, "", status);
  if (const std::optional<uint64_t> retry = RetryAfterMs(status);
      retry.has_value()) {
    AddRetryHint(*call.context, *retry);
  }
  // The writer has stopped for good, and with it this process ends: for the
  // caller a server that is away, to be asked again.
  const bool stopped = absl::IsFailedPrecondition(status);
  call.reactor->Finish(ToGrpcStatus(
      stopped ? absl::UnavailableError(status.message()) : status));
}

template <typename Response>
void PublisherService::Finish(const Call& call,
                              const absl::StatusOr<Response>& response) {
  shares_.Release(call.publisher->id, call.items);
  if (response.ok()) {
    call.reactor->Finish(WriteMessage(*response, *call.response));
  } else {
    Fail(call, response.status());
  }
}

}  // namespace sealbook::server
