#include "client/directory_client.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/entry.h"
#include "client/lookup_answers.h"
#include "client/verify_exchange.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"

namespace sealbook::client {
namespace {

std::string EncodeRequest(const std::string& label,
                          std::optional<uint64_t> last,
                          std::optional<uint32_t> version) {
  return keytrans::SearchRequest{last, label, version}.Encode();
}

// Moves the answer out of the message.
void TakeAnswer(v1::SearchAnswer& answer, Exchange& exchange) {
  exchange.issuers.assign(answer.issuers().begin(), answer.issuers().end());
  switch (answer.result_case()) {
    case v1::SearchAnswer::kAbsence:
      exchange.kind = AnswerKind::kAbsent;
      exchange.response = std::move(*answer.mutable_absence());
      break;
    case v1::SearchAnswer::kGreatest:
      exchange.kind = AnswerKind::kNoSuchVersion;
      exchange.response = std::move(*answer.mutable_greatest());
      break;
    default:
      exchange.response = std::move(*answer.mutable_response());
  }
}

// A server that lost entries cannot answer a question that advertises them, and
// refuses it as malformed.
bool MayBeRollback(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
         status.error_code() == grpc::StatusCode::OUT_OF_RANGE ||
         status.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
}

absl::Status TooMuchToHold(size_t max_bytes) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "the answers to the addresses before this one have more than ",
      max_bytes >> 20, " MiB; ask for fewer addresses at once"));
}

// Whether what ended a batch was about the one request that it stopped at.
bool ConcernsOneRequest(const grpc::Status& status,
                        const absl::StatusOr<Lookup>& answer) {
  // A rollback was found when it was explained.
  if (keytrans::RefusalOf(answer.status()).has_value()) return false;
  switch (status.error_code()) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::DATA_LOSS:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct DirectoryClient::Round {
  LogRecord log;
  keytrans::Verifier verifier;

  std::optional<uint64_t> last() const {
    if (!log.view.has_value()) return std::nullopt;
    return log.view->size();
  }
  std::optional<std::string> EncodedView() const {
    if (!log.view.has_value()) return std::nullopt;
    return log.view->Encode();
  }
};

struct DirectoryClient::Portion {
  // Of the first labels that were asked for, judged.
  Answers answers;
  // Not OK: why the server answers no more of them before `wait_ms` have
  // passed.
  absl::Status limited;
  uint64_t wait_ms = 0;
  // What the answers take.
  size_t bytes = 0;
};

DirectoryClient::DirectoryClient(
    State& state, Endpoint endpoint,
    const std::shared_ptr<grpc::ChannelInterface>& channel, Clock clock,
    LookupOptions options)
    : state_(state),
      endpoint_(std::move(endpoint)),
      stub_(v1::KeyTransparency::NewStub(channel)),
      clock_(std::move(clock)),
      options_(std::move(options)) {
  options_.patience.stop = options_.stop;
}

absl::StatusOr<DirectoryClient::Round> DirectoryClient::BeginRound(
    const crypto::Hash& fingerprint) {
  SEALBOOK_ASSIGN_OR_RETURN(LogRecord log, state_.ReadLog(fingerprint));
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::Verifier verifier,
                            keytrans::Verifier::Create(log.configuration));
  return Round{std::move(log), std::move(verifier)};
}

absl::StatusOr<std::vector<absl::StatusOr<Lookup>>> DirectoryClient::LookUp(
    const crypto::Hash& fingerprint, absl::Span<const std::string> labels) {
  Answers results(labels.size(), absl::Status(absl::StatusCode::kUnknown, ""));
  std::vector<size_t> open(labels.size());
  std::iota(open.begin(), open.end(), 0);
  Patience patience(options_.patience);
  int moves = 0;
  size_t told = 0;
  held_bytes_ = 0;
  // Ends: a round settles all answers of its newest tree and all failures, and
  // one without any is waited for in vain at last.
  while (!open.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(const Round round, BeginRound(fingerprint));
    std::vector<std::string> asked;
    asked.reserve(open.size());
    for (size_t index : open) asked.push_back(labels[index]);
    // What is asked for again is not counted back.
    const size_t before = labels.size() - open.size();
    const auto progress = [&](size_t done) {
      if (before + done <= told) return;
      told = before + done;
      if (options_.progress) options_.progress(told, labels.size());
    };
    Portion portion = Ask(round, asked, progress);
    RefuseForks(portion.answers);
    absl::StatusOr<uint64_t> size =
        MoveState(fingerprint, round, portion.answers);
    if (absl::IsAborted(size.status()) && ++moves < options_.max_moves) {
      continue;
    }
    SEALBOOK_RETURN_IF_ERROR(size.status());
    moves = 0;
    held_bytes_ += portion.bytes;
    const size_t settled =
        Settle(*size, options_.keep_unreadable, portion.answers, open, results);
    progress(settled);
    if (settled > 0) patience.Answered();
    if (portion.limited.ok() || patience.Wait(portion.wait_ms)) continue;
    for (size_t index : open) results[index] = portion.limited;
    break;
  }
  return results;
}

absl::StatusOr<uint64_t> DirectoryClient::MoveState(
    const crypto::Hash& fingerprint, const Round& round,
    const Answers& answers) {
  const Lookup* newest = Newest(answers);
  if (newest == nullptr) return 0;
  const uint64_t size = newest->view.size();
  SEALBOOK_RETURN_IF_ERROR(state_.Advance(
      fingerprint, round.log.view, newest->view, ObligationsAt(size, answers)));
  return size;
}

DirectoryClient::Portion DirectoryClient::Ask(
    const Round& round, absl::Span<const std::string> labels,
    const Progress& progress) {
  std::vector<std::string> requests;
  requests.reserve(labels.size());
  for (const std::string& label : labels) {
    requests.push_back(EncodeRequest(label, round.last(), options_.version));
  }
  const size_t room =
      options_.max_bytes - std::min(options_.max_bytes, held_bytes_);
  std::vector<SearchCallResult> calls =
      requests.size() == 1
          ? CallSearch(*stub_, requests, options_.timeout_ms, clock_,
                       options_.stop)
          : CallSearchBatch(*stub_, requests, options_.timeout_ms, room, clock_,
                            progress, options_.stop);
  Portion portion;
  const grpc::Status ended = calls.back().status;
  if (ended.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
      calls.back().retry_after_ms > 0) {
    portion.wait_ms = calls.back().retry_after_ms;
    portion.limited =
        WithRetryHint(ExplainRpc(ended, endpoint_), portion.wait_ms);
    calls.pop_back();
  }
  Answers& answers = portion.answers;
  for (SearchCallResult& call : calls) {
    portion.bytes += call.answer.ByteSizeLong();
    answers.push_back(Judge(round, labels[answers.size()], std::move(call)));
  }
  if (answers.size() == labels.size() || !portion.limited.ok()) return portion;
  if (ended.ok()) {
    answers.resize(labels.size(), TooMuchToHold(options_.max_bytes));
  } else if (!ConcernsOneRequest(ended, answers.back())) {
    // What stopped the stream concerns the others only where it was not about
    // the one request that it stopped at.
    answers.resize(labels.size(), answers.back());
  }
  return portion;
}

absl::StatusOr<Lookup> DirectoryClient::Judge(const Round& round,
                                              const std::string& label,
                                              SearchCallResult call) {
  if (!call.status.ok()) return ExplainFailure(round, label, call.status);
  Exchange exchange;
  exchange.configuration = round.log.configuration.Encode();
  exchange.request = EncodeRequest(label, round.last(), options_.version);
  exchange.time_ms = call.received_ms;
  exchange.view = round.EncodedView();
  TakeAnswer(call.answer, exchange);
  absl::StatusOr<Lookup> lookup = Verify(round, exchange);
  if (keytrans::RefusalOf(lookup.status()).has_value()) {
    return KeepEvidence(state_.evidence_folder(), exchange, lookup.status());
  }
  if (lookup.ok() && keytrans::RefusalOf(lookup->unreadable).has_value()) {
    lookup->unreadable =
        KeepEvidence(state_.evidence_folder(), exchange, lookup->unreadable);
  }
  return lookup;
}

absl::StatusOr<Lookup> DirectoryClient::Verify(const Round& round,
                                               const Exchange& exchange) {
  SEALBOOK_ASSIGN_OR_RETURN(VerifiedAnswer answer,
                            VerifyExchange(round.verifier, exchange));
  Lookup lookup;
  lookup.label = std::move(answer.label);
  lookup.view = std::move(answer.view);
  lookup.exchange = exchange;
  if (!answer.found.has_value()) return lookup;
  if (answer.kind == AnswerKind::kNoSuchVersion) {
    lookup.missing_version = answer.missing_version;
  }
  FoundEntry found;
  found.version = answer.found->version;
  found.terminal = answer.found->terminal;
  found.opening = answer.found->opening;
  found.obligation = std::move(answer.found->obligation);
  absl::StatusOr<ProvenEntry> proven =
      DecodeProvenEntry(answer.found->value, exchange.issuers);
  lookup.unreadable = proven.status();
  if (proven.ok()) {
    found.entry = std::move(proven->entry);
    found.issuers = std::move(proven->issuers);
    lookup.exchange.issuers = found.issuers;
  }
  found.value = std::move(answer.found->value);
  lookup.found = std::move(found);
  return lookup;
}

// Asks again as somebody who knows no tree: a signed tree smaller than the one
// that was verified shows a rollback, another one of its size a fork.
absl::Status DirectoryClient::ExplainFailure(const Round& round,
                                             const std::string& label,
                                             const grpc::Status& status) {
  absl::Status explained = ExplainRpc(status, endpoint_);
  if (!round.last().has_value() || !MayBeRollback(status)) return explained;
  Round anew = round;
  anew.log.view.reset();
  std::vector<SearchCallResult> calls =
      CallSearch(*stub_, {EncodeRequest(label, std::nullopt, options_.version)},
                 options_.timeout_ms, clock_, options_.stop);
  if (!calls[0].status.ok()) return explained;
  absl::StatusOr<Lookup> shown = Judge(anew, label, std::move(calls[0]));
  if (keytrans::RefusalOf(shown.status()).has_value()) return shown.status();
  if (!shown.ok()) return explained;
  absl::Status contradicted = CheckNotContradicted(
      round.log.configuration, *round.EncodedView(), shown->view);
  if (!keytrans::RefusalOf(contradicted).has_value()) return explained;
  shown->exchange.retained = round.EncodedView();
  return KeepEvidence(state_.evidence_folder(), shown->exchange, contradicted);
}

// Two roots of one size: nothing that this log says is believed any more, and
// all of it is kept.
void DirectoryClient::RefuseForks(Answers& answers) {
  const absl::Status fork = CheckNoForks(answers);
  if (fork.ok()) return;
  std::vector<keytrans::TreeView> views;
  for (const absl::StatusOr<Lookup>& answer : answers) {
    if (answer.ok()) views.push_back(answer->view);
  }
  for (absl::StatusOr<Lookup>& answer : answers) {
    if (!answer.ok()) continue;
    // Each answer is valid by itself: what contradicts it goes with it.
    const auto other = std::find_if(
        views.begin(), views.end(), [&](const keytrans::TreeView& view) {
          return !keytrans::CheckNoFork(view, answer->view).ok();
        });
    if (other != views.end()) answer->exchange.retained = other->Encode();
    answer = KeepEvidence(state_.evidence_folder(), answer->exchange, fork);
  }
}

}  // namespace sealbook::client
