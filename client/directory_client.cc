#include "client/directory_client.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/entry.h"
#include "client/verify_exchange.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalReason;

std::string EncodeRequest(const std::string& label,
                          std::optional<uint64_t> last) {
  keytrans::SearchRequest request;
  request.last = last;
  request.label = label;
  return request.Encode();
}

// A server that lost entries cannot answer a question that advertises them, and
// refuses it as malformed.
bool MayBeRollback(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
         status.error_code() == grpc::StatusCode::OUT_OF_RANGE ||
         status.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
}

// What the log grew to while the questions were under way; null when every
// answer failed.
const Lookup* Newest(const std::vector<absl::StatusOr<Lookup>>& answers) {
  const Lookup* newest = nullptr;
  for (const absl::StatusOr<Lookup>& answer : answers) {
    if (!answer.ok()) continue;
    if (newest == nullptr || answer->view.size() > newest->view.size()) {
      newest = &*answer;
    }
  }
  return newest;
}

std::vector<keytrans::MonitoringObligation> ObligationsAt(
    uint64_t size, const std::vector<absl::StatusOr<Lookup>>& answers) {
  std::vector<keytrans::MonitoringObligation> owed;
  for (const absl::StatusOr<Lookup>& answer : answers) {
    if (answer.ok() && answer->view.size() == size &&
        answer->found.has_value() && answer->found->obligation.has_value()) {
      owed.push_back(*answer->found->obligation);
    }
  }
  return owed;
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

DirectoryClient::DirectoryClient(
    State& state, Endpoint endpoint,
    const std::shared_ptr<grpc::ChannelInterface>& channel, Clock clock,
    LookupOptions options)
    : state_(state),
      endpoint_(std::move(endpoint)),
      stub_(v1::KeyTransparency::NewStub(channel)),
      clock_(std::move(clock)),
      options_(options) {}

absl::StatusOr<std::vector<absl::StatusOr<Lookup>>> DirectoryClient::LookUp(
    const crypto::Hash& fingerprint, absl::Span<const std::string> labels) {
  Answers results(labels.size(), absl::UnknownError("not asked yet"));
  std::vector<size_t> open(labels.size());
  std::iota(open.begin(), open.end(), 0);
  int moves = 0;
  // Ends: a round settles all answers of its newest tree and all failures.
  while (!open.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(LogRecord log, state_.ReadLog(fingerprint));
    SEALBOOK_ASSIGN_OR_RETURN(keytrans::Verifier verifier,
                              keytrans::Verifier::Create(log.configuration));
    Round round{std::move(log), std::move(verifier)};
    std::vector<std::string> asked;
    asked.reserve(open.size());
    for (size_t index : open) asked.push_back(labels[index]);
    Answers answers = Ask(round, asked);

    RefuseForks(answers);
    uint64_t size = 0;
    if (const Lookup* newest = Newest(answers); newest != nullptr) {
      size = newest->view.size();
      absl::Status moved =
          state_.Advance(fingerprint, round.log.view, newest->view,
                         ObligationsAt(size, answers));
      if (absl::IsAborted(moved) && ++moves < options_.max_moves) continue;
      SEALBOOK_RETURN_IF_ERROR(moved);
    }
    std::vector<size_t> still_open;
    for (size_t i = 0; i < open.size(); ++i) {
      if (answers[i].ok() && answers[i]->view.size() < size) {
        still_open.push_back(open[i]);
      } else {
        results[open[i]] = std::move(answers[i]);
      }
    }
    open = std::move(still_open);
  }
  return results;
}

DirectoryClient::Answers DirectoryClient::Ask(
    const Round& round, absl::Span<const std::string> labels) {
  std::vector<std::string> requests;
  for (const std::string& label : labels) {
    requests.push_back(EncodeRequest(label, round.last()));
  }
  std::vector<SearchCallResult> calls =
      CallSearch(*stub_, requests, options_.timeout_ms, clock_);
  Answers answers;
  for (size_t i = 0; i < labels.size(); ++i) {
    answers.push_back(Judge(round, labels[i], std::move(calls[i])));
  }
  return answers;
}

absl::StatusOr<Lookup> DirectoryClient::Judge(const Round& round,
                                              const std::string& label,
                                              SearchCallResult call) {
  if (!call.status.ok()) return ExplainFailure(round, label, call.status);
  Exchange exchange;
  exchange.configuration = round.log.configuration.Encode();
  exchange.request = EncodeRequest(label, round.last());
  exchange.time_ms = call.received_ms;
  exchange.view = round.EncodedView();
  exchange.issuers.assign(call.answer.issuers().begin(),
                          call.answer.issuers().end());
  exchange.absence = call.answer.has_absence();
  exchange.response =
      std::move(exchange.absence ? *call.answer.mutable_absence()
                                 : *call.answer.mutable_response());
  absl::StatusOr<Lookup> lookup = Verify(round, exchange);
  if (keytrans::RefusalOf(lookup.status()).has_value()) {
    return KeepEvidence(state_.evidence_folder(), exchange, lookup.status());
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
  FoundEntry found;
  found.version = answer.found->version;
  found.terminal = answer.found->terminal;
  found.obligation = std::move(answer.found->obligation);
  auto entry = DecodeEntry(answer.found->value);
  if (absl::IsInvalidArgument(entry.status())) {
    // The log committed itself to something that is no entry.
    return keytrans::Refuse(RefusalReason::kMalformed,
                            entry.status().message());
  }
  SEALBOOK_RETURN_IF_ERROR(entry.status());
  found.entry = *std::move(entry);
  found.issuers = IssuersOf(found.entry, exchange.issuers);
  lookup.exchange.issuers = found.issuers;
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
      CallSearch(*stub_, {EncodeRequest(label, std::nullopt)},
                 options_.timeout_ms, clock_);
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
  std::vector<keytrans::TreeView> views;
  absl::Status fork;
  for (const absl::StatusOr<Lookup>& answer : answers) {
    if (!answer.ok()) continue;
    bool known = false;
    for (const keytrans::TreeView& view : views) {
      const absl::Status same = keytrans::CheckNoFork(view, answer->view);
      fork.Update(same);
      known = known || (same.ok() && view.size() == answer->view.size());
    }
    if (!known) views.push_back(answer->view);
  }
  if (fork.ok()) return;
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
