#include "client/history_client.h"

#include <grpcpp/client_context.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/call_timeout.h"
#include "client/entry.h"
#include "client/page_stream.h"
#include "keytrans/history_structures.h"
#include "keytrans/refusal.h"

namespace sealbook::client {
namespace {

// Moves the answer out of the message.
void TakeAnswer(v1::HistoryPage& page, Exchange& exchange) {
  switch (page.result_case()) {
    case v1::HistoryPage::kAbsence:
      exchange.kind = AnswerKind::kAbsent;
      exchange.response = std::move(*page.mutable_absence());
      break;
    case v1::HistoryPage::kGreatest:
      exchange.kind = AnswerKind::kNoSuchVersion;
      exchange.response = std::move(*page.mutable_greatest());
      break;
    default:
      exchange.kind = AnswerKind::kHistory;
      exchange.response = std::move(*page.mutable_response());
  }
}

absl::StatusOr<HistoryEntry> DecodeVersion(
    uint32_t version, const std::string& value,
    const std::vector<std::string>& issuers) {
  SEALBOOK_ASSIGN_OR_RETURN(ProvenEntry proven,
                            DecodeProvenEntry(value, issuers));
  HistoryEntry result;
  result.version = version;
  result.entry = std::move(proven.entry);
  result.issuers = std::move(proven.issuers);
  return result;
}

}  // namespace

HistoryClient::HistoryClient(
    State& state, Endpoint endpoint,
    const std::shared_ptr<grpc::ChannelInterface>& channel, Clock clock,
    HistoryOptions options)
    : state_(state),
      endpoint_(std::move(endpoint)),
      stub_(v1::History::NewStub(channel)),
      clock_(std::move(clock)),
      options_(std::move(options)),
      patience_(options_.patience) {}

absl::StatusOr<HistoryClient::Ground> HistoryClient::ReadGround(
    const crypto::Hash& fingerprint) {
  SEALBOOK_ASSIGN_OR_RETURN(LogRecord log, state_.ReadLog(fingerprint));
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::Verifier verifier,
                            keytrans::Verifier::Create(log.configuration));
  return Ground{fingerprint, std::move(log.configuration), std::move(verifier),
                std::move(log.view)};
}

// Verifies one answer, keeps it as evidence where it is refused, and moves the
// state to its tree; a later page must show the tree of the first.
absl::StatusOr<VerifiedAnswer> HistoryClient::Believe(
    Ground& ground, Exchange& exchange, std::optional<uint64_t> newer,
    bool first) {
  exchange.configuration = ground.configuration.Encode();
  exchange.time_ms = clock_();
  if (ground.view.has_value()) exchange.view = ground.view->Encode();
  absl::StatusOr<VerifiedAnswer> answer =
      VerifyExchange(ground.verifier, exchange, newer);
  absl::Status accepted = answer.status();
  if (accepted.ok() && !first) accepted = CheckLaterPage(*answer, *ground.view);
  if (keytrans::RefusalOf(accepted).has_value()) {
    return KeepEvidence(state_.evidence_folder(), exchange, accepted);
  }
  if (!accepted.ok()) return accepted;
  SEALBOOK_RETURN_IF_ERROR(MoveState(ground, *answer, first));
  ground.view = answer->view;
  return answer;
}

// Later pages show the tree that the first one moved the state to: where
// another process has moved it on since, only what they oblige to is added.
absl::Status HistoryClient::MoveState(Ground& ground,
                                      const VerifiedAnswer& answer,
                                      bool first) {
  if (first) {
    return state_.Advance(ground.fingerprint, ground.view, answer.view,
                          answer.obligations);
  }
  if (answer.obligations.empty()) return absl::OkStatus();
  absl::Status moved;
  for (int moves = 0; moves < options_.max_moves; ++moves) {
    SEALBOOK_ASSIGN_OR_RETURN(LogRecord log,
                              state_.ReadLog(ground.fingerprint));
    moved = state_.Advance(ground.fingerprint, log.view, *log.view,
                           answer.obligations);
    if (!absl::IsAborted(moved)) break;
  }
  return moved;
}

absl::StatusOr<HistoryOutcome> HistoryClient::ReadHistory(
    const crypto::Hash& fingerprint, const std::string& label,
    const std::function<bool(HistoryEntry entry)>& each) {
  for (int moves = 0;;) {
    SEALBOOK_ASSIGN_OR_RETURN(Ground ground, ReadGround(fingerprint));
    bool any = false;
    uint64_t retry_ms = 0;
    absl::StatusOr<HistoryOutcome> outcome = ReadPages(
        ground, label,
        [&](HistoryEntry entry) {
          any = true;
          return each(std::move(entry));
        },
        retry_ms);
    if (any || outcome.ok()) {
      patience_.Answered();
      return outcome;
    }
    if (absl::IsAborted(outcome.status()) && ++moves < options_.max_moves) {
      continue;
    }
    if (retry_ms == 0 || !patience_.Wait(retry_ms)) return outcome;
  }
}

absl::StatusOr<HistoryOutcome> HistoryClient::ReadPages(
    Ground& ground, const std::string& label,
    const std::function<bool(HistoryEntry entry)>& each, uint64_t& retry_ms) {
  keytrans::HistoryRequest request{std::nullopt, label, options_.newest};
  if (ground.view.has_value()) request.last = ground.view->size();
  v1::HistoryCall call;
  call.set_request(request.Encode());
  call.set_max_versions(options_.max_versions);
  PageStream stream(*stub_, call, options_.timeout_ms);

  HistoryOutcome outcome;
  uint32_t read = 0;
  std::optional<uint64_t> newer;
  // Whether the oldest version read is dated. Then nothing that shows the one
  // before it is expired, so the log has to show that, too.
  bool dated = false;
  std::vector<std::string> issuers;
  v1::HistoryPage page;
  for (bool first = true; stream.Read(page); first = false) {
    issuers.insert(issuers.end(), page.issuers().begin(), page.issuers().end());
    Exchange exchange;
    TakeAnswer(page, exchange);
    exchange.request =
        exchange.kind == AnswerKind::kHistory
            ? request.Encode()
            : keytrans::SearchRequest{request.last, label, request.newest}
                  .Encode();
    exchange.issuers = issuers;
    absl::StatusOr<VerifiedAnswer> answer =
        Believe(ground, exchange, newer, first);
    if (!answer.ok()) return answer.status();
    outcome.view = answer->view;
    outcome.absent = exchange.kind == AnswerKind::kAbsent;
    if (exchange.kind == AnswerKind::kNoSuchVersion) {
      outcome.greatest = answer->found->version;
    }
    if (exchange.kind != AnswerKind::kHistory) return outcome;
    for (keytrans::VerifiedHistoryVersion& version : answer->history) {
      absl::StatusOr<HistoryEntry> entry =
          DecodeVersion(version.version, version.value, issuers);
      if (!entry.ok()) {
        return keytrans::RefusalOf(entry.status()).has_value()
                   ? KeepEvidence(state_.evidence_folder(), exchange,
                                  entry.status())
                   : entry.status();
      }
      ++read;
      entry->since = version.since;
      dated = version.since.has_value();
      if (dated) newer = version.since->position;
      if (!each(*std::move(entry))) return outcome;
    }
    const uint32_t oldest = answer->history.back().version;
    if (oldest == 0) return outcome;
    request.last = ground.view->size();
    request.newest = oldest - 1;
  }
  const grpc::Status status = stream.Finish();
  if (status.error_code() == grpc::StatusCode::OUT_OF_RANGE && read > 0 &&
      ground.configuration.maximum_lifetime.has_value()) {
    if (dated) {
      return absl::DataLossError(absl::StrCat(
          "the server says that version ", *request.newest,
          " has expired, but it could show when the next one appeared: what is "
          "older was withheld"));
    }
    outcome.older_expired = true;
    return outcome;
  }
  if (!status.ok()) {
    retry_ms = stream.retry_hint_ms();
    return ExplainRpc(status, endpoint_);
  }
  if (read > 0 && read == options_.max_versions) return outcome;
  return absl::DataLossError(
      read == 0
          ? "the server ended the history before its first page"
          : absl::StrCat("the server ended the history before version ",
                         *request.newest, ": what is older was not shown"));
}

absl::StatusOr<StateAsOf> HistoryClient::ReadAsOf(
    const crypto::Hash& fingerprint, const std::string& label,
    uint64_t time_ms) {
  for (int moves = 0;;) {
    SEALBOOK_ASSIGN_OR_RETURN(Ground ground, ReadGround(fingerprint));
    keytrans::AsOfRequest request{std::nullopt, label, time_ms};
    if (ground.view.has_value()) request.last = ground.view->size();
    v1::AsOfCall call;
    call.set_request(request.Encode());
    v1::AsOfAnswer message;
    grpc::ClientContext context;
    SetTimeout(context, options_.timeout_ms);
    const grpc::Status status = stub_->ReadAsOf(&context, call, &message);
    if (!status.ok()) {
      const uint64_t retry_ms = RetryHintMs(context);
      if (retry_ms > 0 && patience_.Wait(retry_ms)) continue;
      return ExplainRpc(status, endpoint_);
    }
    patience_.Answered();

    StateAsOf result;
    result.label = label;
    result.exchange.kind = AnswerKind::kAsOf;
    result.exchange.request = call.request();
    result.exchange.response = std::move(*message.mutable_response());
    result.exchange.issuers.assign(message.issuers().begin(),
                                   message.issuers().end());
    absl::StatusOr<VerifiedAnswer> answer =
        Believe(ground, result.exchange, std::nullopt, /*first=*/true);
    if (absl::IsAborted(answer.status()) && ++moves < options_.max_moves) {
      continue;
    }
    SEALBOOK_RETURN_IF_ERROR(answer.status());
    result.view = answer->view;
    result.position = answer->position;
    if (!answer->found.has_value()) return result;
    absl::StatusOr<HistoryEntry> entry = DecodeVersion(
        answer->found->version, answer->found->value, result.exchange.issuers);
    if (keytrans::RefusalOf(entry.status()).has_value()) {
      return KeepEvidence(state_.evidence_folder(), result.exchange,
                          entry.status());
    }
    SEALBOOK_RETURN_IF_ERROR(entry.status());
    result.in_force = *std::move(entry);
    result.terminal = answer->found->terminal;
    result.obligation = std::move(answer->found->obligation);
    return result;
  }
}

}  // namespace sealbook::client
