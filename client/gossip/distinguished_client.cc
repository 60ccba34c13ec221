#include "client/gossip/distinguished_client.h"

#include <grpcpp/client_context.h>

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "client/call_timeout.h"
#include "client/verify_exchange.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/refusal.h"
#include "keytrans/verifier.h"

namespace sealbook::client {
namespace {

using Stub = v1::KeyTransparency::StubInterface;

// What comes back is not verified yet.
grpc::Status Ask(Stub& stub, const keytrans::Configuration& configuration,
                 const std::optional<keytrans::TreeView>& view,
                 const Clock& clock, uint64_t timeout_ms, Stop* stop,
                 Exchange& exchange) {
  keytrans::DistinguishedRequest request;
  if (view.has_value()) {
    request.last = view->size();
    exchange.view = view->Encode();
  }
  exchange.kind = AnswerKind::kDistinguished;
  exchange.configuration = configuration.Encode();
  exchange.request = request.Encode();
  v1::DistinguishedCall call;
  call.set_request(exchange.request);
  v1::DistinguishedAnswer answer;
  grpc::ClientContext context;
  const StoppableCall stoppable(stop, context);
  SetTimeout(context, timeout_ms);
  const grpc::Status status = stub.Distinguished(&context, call, &answer);
  exchange.response = std::move(*answer.mutable_response());
  exchange.time_ms = clock();
  return status;
}

// Keeps what is refused.
absl::StatusOr<RecentHeads> Judge(const keytrans::Configuration& configuration,
                                  Exchange exchange,
                                  const std::string& evidence_folder) {
  absl::StatusOr<SeenLog> seen = VerifyHeads(configuration, exchange);
  if (keytrans::RefusalOf(seen.status()).has_value()) {
    return KeepEvidence(evidence_folder, exchange, seen.status());
  }
  if (!seen.ok()) return seen.status();
  return RecentHeads{*std::move(seen), std::move(exchange)};
}

// A server that lost entries cannot answer a question that advertises them.
bool MayBeRollback(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
         status.error_code() == grpc::StatusCode::OUT_OF_RANGE ||
         status.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
}

}  // namespace

absl::StatusOr<SeenLog> VerifyHeads(
    const keytrans::Configuration& configuration, const Exchange& exchange) {
  if (exchange.kind != AnswerKind::kDistinguished) {
    return absl::InvalidArgumentError(
        "this is no answer about distinguished heads");
  }
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::Verifier verifier,
                            keytrans::Verifier::Create(configuration));
  SEALBOOK_ASSIGN_OR_RETURN(VerifiedAnswer answer,
                            VerifyExchange(verifier, exchange));
  return SeenLog{HeadsOf(answer.distinguished), std::move(answer.view)};
}

absl::StatusOr<SeenLog> VerifyHeads(
    const keytrans::Configuration& configuration, const OtherAnswer& other) {
  Exchange exchange;
  exchange.kind = AnswerKind::kDistinguished;
  exchange.request = other.request;
  exchange.response = other.response;
  exchange.time_ms = other.time_ms;
  return VerifyHeads(configuration, exchange);
}

DistinguishedClient::DistinguishedClient(
    State& state, Endpoint endpoint,
    const std::shared_ptr<grpc::ChannelInterface>& channel, Clock clock,
    DistinguishedOptions options)
    : state_(state),
      endpoint_(std::move(endpoint)),
      stub_(v1::KeyTransparency::NewStub(channel)),
      clock_(std::move(clock)),
      options_(options) {}

absl::StatusOr<RecentHeads> DistinguishedClient::ReadHeads(
    const crypto::Hash& fingerprint) {
  for (int moves = 1;; ++moves) {
    SEALBOOK_ASSIGN_OR_RETURN(LogRecord log, state_.ReadLog(fingerprint));
    Exchange exchange;
    const grpc::Status status =
        Ask(*stub_, log.configuration, log.view, clock_, options_.timeout_ms,
            options_.stop, exchange);
    if (!status.ok()) return ExplainFailure(log, status);
    SEALBOOK_ASSIGN_OR_RETURN(RecentHeads heads,
                              Judge(log.configuration, std::move(exchange),
                                    state_.evidence_folder()));
    const absl::Status moved =
        state_.Advance(fingerprint, log.view, heads.seen.view, {});
    if (moved.ok()) return heads;
    if (!absl::IsAborted(moved) || moves == options_.max_moves) return moved;
  }
}

// Asks again as somebody who knows no tree: a signed tree smaller than the one
// that was verified shows a rollback, another one of its size a fork.
absl::Status DistinguishedClient::ExplainFailure(const LogRecord& log,
                                                 const grpc::Status& status) {
  absl::Status explained = ExplainRpc(status, endpoint_);
  if (!log.view.has_value() || !MayBeRollback(status)) return explained;
  Exchange exchange;
  if (!Ask(*stub_, log.configuration, std::nullopt, clock_, options_.timeout_ms,
           options_.stop, exchange)
           .ok()) {
    return explained;
  }
  absl::StatusOr<RecentHeads> shown =
      Judge(log.configuration, std::move(exchange), state_.evidence_folder());
  if (keytrans::RefusalOf(shown.status()).has_value()) return shown.status();
  if (!shown.ok()) return explained;
  const std::string retained = log.view->Encode();
  const absl::Status contradicted =
      CheckNotContradicted(log.configuration, retained, shown->seen.view);
  if (!keytrans::RefusalOf(contradicted).has_value()) return explained;
  shown->exchange.retained = retained;
  return KeepEvidence(state_.evidence_folder(), shown->exchange, contradicted);
}

absl::StatusOr<RecentHeads> ReadHeadsUnknown(
    const keytrans::Configuration& configuration, const Endpoint& endpoint,
    const std::shared_ptr<grpc::ChannelInterface>& channel, const Clock& clock,
    uint64_t timeout_ms, const std::string& evidence_folder, Stop* stop) {
  const std::unique_ptr<Stub> stub = v1::KeyTransparency::NewStub(channel);
  Exchange exchange;
  const grpc::Status status = Ask(*stub, configuration, std::nullopt, clock,
                                  timeout_ms, stop, exchange);
  if (!status.ok()) return ExplainRpc(status, endpoint);
  return Judge(configuration, std::move(exchange), evidence_folder);
}

}  // namespace sealbook::client
