#include "server/services/publisher_service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/services/grpc_status.h"
#include "server/services/publish_call.h"
#include "server/services/raw_message.h"

namespace sealbook::server {
namespace {

constexpr uint64_t kRetryAfterMs = 1000;

}  // namespace

struct PublisherService::Call {
  Call(grpc::CallbackServerContext* context, grpc::ServerUnaryReactor* reactor,
       grpc::ByteBuffer* response, v1::PublishRequest read,
       const smime::PublisherPolicy& publisher, uint64_t now_ms)
      : context(context),
        reactor(reactor),
        response(response),
        publisher(publisher),
        request(std::move(read)),
        items(request, publisher, now_ms) {}

  // gRPC's, valid until reactor->Finish().
  grpc::CallbackServerContext* const context;
  grpc::ServerUnaryReactor* const reactor;
  grpc::ByteBuffer* const response;

  const smime::PublisherPolicy& publisher;
  const v1::PublishRequest request;
  PublishCall items;
};

grpc::ServerUnaryReactor* PublisherService::Publish(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes,
    grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<const smime::PublisherPolicy*> publisher =
      parts_.publishers->Identify(*context->auth_context());
  v1::PublishRequest request;
  absl::Status status = publisher.status();
  if (status.ok()) status = ReadMessage(*bytes, request);
  if (status.ok()) status = CheckPublishLimits(request);
  if (!status.ok()) {
    LogFailure("Publish", "", status);
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }

  const size_t helpers =
      std::min<size_t>(parts_.queue->threads(), request.items_size());
  auto call =
      std::make_shared<Call>(context, reactor, response, std::move(request),
                             **publisher, parts_.clock->WallMs());
  // The first task can do all of the work; the others only make it faster, so
  // they may be missing.
  if (!parts_.queue->TryPost([this, call] { Admit(call); })) {
    reactor->Finish(Overloaded(*context, "too many publications are waiting",
                               kRetryAfterMs));
    return reactor;
  }
  for (size_t i = 1; i < helpers; ++i) {
    if (!parts_.queue->TryPost([this, call] { Admit(call); })) break;
  }
  return reactor;
}

void PublisherService::Admit(const std::shared_ptr<Call>& call) {
  if (call->items.AdmitSome(*parts_.admission)) Sequence(call);
}

void PublisherService::Sequence(const std::shared_ptr<Call>& call) {
  std::vector<Submission> submissions = call->items.TakeSubmissions();
  if (submissions.empty()) {
    const std::shared_ptr<const SignedHead> head = parts_.visible_head->Get();
    PublishOutcome nothing;
    nothing.tree_size = head == nullptr ? 0 : head->tree_size;
    Finish(*call, nothing);
    return;
  }
  if (submissions.size() > parts_.max_publications) {
    Finish(*call, absl::InvalidArgumentError(absl::StrCat(
                      "the request's certificates name ", submissions.size(),
                      " addresses; the limit is ", parts_.max_publications,
                      ": publish them in several requests")));
    return;
  }
  parts_.sequencer->Submit(
      std::move(submissions),
      [this, call](const absl::StatusOr<PublishOutcome>& outcome) {
        Finish(*call, outcome);
      });
}

void PublisherService::Fail(Call& call, const absl::Status& status) {
  LogFailure("Publish", "", status);
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

void PublisherService::Finish(Call& call,
                              const absl::StatusOr<PublishOutcome>& outcome) {
  if (!outcome.ok()) {
    Fail(call, outcome.status());
    return;
  }
  v1::PublishResponse message;
  call.items.FillResponse(*outcome, message);
  spdlog::info(
      "publisher {}: {} items, {} refused by admission, {} publications, tree "
      "size {}",
      call.publisher.id, message.results_size(), call.items.refused(),
      outcome->results.size(), outcome->tree_size);
  call.reactor->Finish(WriteMessage(message, *call.response));
}

}  // namespace sealbook::server
