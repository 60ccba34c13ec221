#include "client/verify_exchange.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/words.h"
#include "crypto/signature.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/owner_state.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"
#include "keytrans/update_structures.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalReason;

using View = std::optional<keytrans::TreeView>;

VerifiedAnswer MakeAnswer(const Exchange& exchange, std::string label,
                          keytrans::TreeView view) {
  VerifiedAnswer answer;
  answer.kind = exchange.kind;
  answer.label = std::move(label);
  answer.view = std::move(view);
  return answer;
}

VerifiedAnswer MakeAnswer(const Exchange& exchange, std::string label,
                          keytrans::VerifiedVersion found) {
  VerifiedAnswer answer = MakeAnswer(exchange, std::move(label), found.view);
  if (found.obligation.has_value()) {
    answer.obligations.push_back(*found.obligation);
  }
  answer.found = std::move(found);
  return answer;
}

absl::StatusOr<VerifiedAnswer> VerifySearch(const keytrans::Verifier& verifier,
                                            const View& view,
                                            const Exchange& exchange) {
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::SearchRequest request,
                            keytrans::SearchRequest::Parse(exchange.request));
  if (exchange.kind == AnswerKind::kAbsent) {
    SEALBOOK_ASSIGN_OR_RETURN(
        keytrans::VerifiedAbsence absence,
        verifier.VerifyAbsence(request, view, exchange.response,
                               exchange.time_ms));
    return MakeAnswer(exchange, request.label, std::move(absence.view));
  }
  const bool missing = exchange.kind == AnswerKind::kNoSuchVersion;
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::VerifiedVersion found,
      missing ? verifier.VerifyNoSuchVersion(request, view, exchange.response,
                                             exchange.time_ms)
              : verifier.VerifySearch(request, view, exchange.response,
                                      exchange.time_ms));
  VerifiedAnswer answer = MakeAnswer(exchange, request.label, std::move(found));
  if (missing) answer.missing_version = *request.version;
  return answer;
}

absl::StatusOr<VerifiedAnswer> VerifyHistory(const keytrans::Verifier& verifier,
                                             const View& view,
                                             const Exchange& exchange,
                                             std::optional<uint64_t> newer) {
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::HistoryRequest request,
                            keytrans::HistoryRequest::Parse(exchange.request));
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::VerifiedHistory history,
      verifier.VerifyHistory(request, view, exchange.response, exchange.time_ms,
                             newer));
  VerifiedAnswer answer =
      MakeAnswer(exchange, request.label, std::move(history.view));
  answer.history = std::move(history.versions);
  answer.obligations = std::move(history.obligations);
  return answer;
}

absl::StatusOr<VerifiedAnswer> VerifyAsOf(const keytrans::Verifier& verifier,
                                          const View& view,
                                          const Exchange& exchange) {
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::AsOfRequest request,
                            keytrans::AsOfRequest::Parse(exchange.request));
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::VerifiedState state,
      verifier.VerifyAsOf(request, view, exchange.response, exchange.time_ms));
  VerifiedAnswer answer =
      state.in_force.has_value()
          ? MakeAnswer(exchange, request.label, *std::move(state.in_force))
          : MakeAnswer(exchange, request.label, std::move(state.view));
  answer.time_ms = request.time;
  answer.position = state.position;
  return answer;
}

// FAILED_PRECONDITION: `encoded` is missing.
absl::Status CheckRetained(const std::optional<std::string>& encoded,
                           absl::string_view what) {
  if (encoded.has_value()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("this answer is verified against the ", what,
                   " that was retained, which is missing"));
}

absl::StatusOr<VerifiedAnswer> VerifyContact(const keytrans::Verifier& verifier,
                                             const View& view,
                                             const Exchange& exchange) {
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::ContactMonitorRequest request,
      keytrans::ContactMonitorRequest::Parse(exchange.request));
  SEALBOOK_RETURN_IF_ERROR(CheckRetained(exchange.keys, "keys (keys.tls)"));
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::LadderKeys keys,
                            keytrans::ParseLadderKeys(*exchange.keys));
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::VerifiedContact verified,
      verifier.VerifyContactMonitor(request, view, keys, exchange.response,
                                    exchange.time_ms));
  VerifiedAnswer answer =
      MakeAnswer(exchange, request.label, std::move(verified.view));
  answer.remaining = std::move(verified.entries);
  return answer;
}

absl::StatusOr<VerifiedAnswer> VerifyOwnerInit(
    const keytrans::Verifier& verifier, const View& view,
    const Exchange& exchange) {
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::OwnerInitRequest request,
      keytrans::OwnerInitRequest::Parse(exchange.request));
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::VerifiedOwner verified,
      verifier.VerifyOwnerInit(request, view, exchange.response,
                               exchange.time_ms));
  VerifiedAnswer answer =
      MakeAnswer(exchange, request.label, std::move(verified.view));
  answer.owner = std::move(verified.owner);
  return answer;
}

absl::StatusOr<VerifiedAnswer> VerifyOwnerMonitor(
    const keytrans::Verifier& verifier, const View& view,
    const Exchange& exchange, const keytrans::OwnerState& owner) {
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::OwnerMonitorRequest request,
      keytrans::OwnerMonitorRequest::Parse(exchange.request));
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::VerifiedOwner verified,
      verifier.VerifyOwnerMonitor(request, view, owner, exchange.response,
                                  exchange.time_ms));
  VerifiedAnswer answer =
      MakeAnswer(exchange, request.label, std::move(verified.view));
  answer.owner = std::move(verified.owner);
  answer.complete = verified.complete;
  return answer;
}

absl::StatusOr<VerifiedAnswer> VerifyUpdate(const keytrans::Verifier& verifier,
                                            const View& view,
                                            const Exchange& exchange,
                                            const keytrans::OwnerState& owner) {
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::UpdateRequest request,
                            keytrans::UpdateRequest::Parse(exchange.request));
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::VerifiedUpdate verified,
      verifier.VerifyUpdate(request, view, owner, exchange.response,
                            exchange.time_ms));
  VerifiedAnswer answer =
      MakeAnswer(exchange, request.label, std::move(verified.view));
  answer.owner = std::move(verified.owner);
  answer.updates = std::move(verified.versions);
  answer.update_position = verified.position;
  return answer;
}

absl::StatusOr<VerifiedAnswer> VerifyForOwner(
    const keytrans::Verifier& verifier, const View& view,
    const Exchange& exchange) {
  SEALBOOK_RETURN_IF_ERROR(
      CheckRetained(exchange.owner, "owner's state (owner.tls)"));
  SEALBOOK_ASSIGN_OR_RETURN(const keytrans::OwnerState owner,
                            keytrans::OwnerState::Parse(*exchange.owner));
  return exchange.kind == AnswerKind::kUpdate
             ? VerifyUpdate(verifier, view, exchange, owner)
             : VerifyOwnerMonitor(verifier, view, exchange, owner);
}

absl::StatusOr<VerifiedAnswer> VerifyDistinguished(
    const keytrans::Verifier& verifier, const View& view,
    const Exchange& exchange) {
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::DistinguishedRequest request,
      keytrans::DistinguishedRequest::Parse(exchange.request));
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::VerifiedDistinguished walked,
      verifier.VerifyDistinguished(request, view, exchange.response,
                                   exchange.time_ms));
  VerifiedAnswer answer =
      MakeAnswer(exchange, /*label=*/"", std::move(walked.view));
  answer.distinguished = std::move(walked.entries);
  return answer;
}

absl::StatusOr<VerifiedAnswer> VerifyResponse(
    const keytrans::Verifier& verifier, const View& view,
    const Exchange& exchange, std::optional<uint64_t> newer) {
  switch (exchange.kind) {
    case AnswerKind::kHistory:
      return VerifyHistory(verifier, view, exchange, newer);
    case AnswerKind::kAsOf:
      return VerifyAsOf(verifier, view, exchange);
    case AnswerKind::kContactMonitor:
      return VerifyContact(verifier, view, exchange);
    case AnswerKind::kOwnerInit:
      return VerifyOwnerInit(verifier, view, exchange);
    case AnswerKind::kOwnerMonitor:
    case AnswerKind::kUpdate:
      return VerifyForOwner(verifier, view, exchange);
    case AnswerKind::kDistinguished:
      return VerifyDistinguished(verifier, view, exchange);
    case AnswerKind::kFound:
    case AnswerKind::kAbsent:
    case AnswerKind::kNoSuchVersion:
      break;
  }
  return VerifySearch(verifier, view, exchange);
}

template <typename Response>
std::vector<uint64_t> Timestamps(const absl::StatusOr<Response>& response,
                                 keytrans::CombinedTreeProof Response::*proof) {
  if (!response.ok()) return {};
  return (*response.*proof).timestamps;
}

// The timestamps of an answer, which has been parsed before.
std::vector<uint64_t> TimestampsOf(const keytrans::Configuration& configuration,
                                   const Exchange& exchange) {
  const std::string& bytes = exchange.response;
  switch (exchange.kind) {
    case AnswerKind::kAbsent:
      return Timestamps(keytrans::AbsenceResponse::Parse(configuration, bytes),
                        &keytrans::AbsenceResponse::search);
    case AnswerKind::kHistory: {
      auto request = keytrans::HistoryRequest::Parse(exchange.request);
      if (!request.ok()) return {};
      return Timestamps(
          keytrans::HistoryResponse::Parse(configuration, *request, bytes),
          &keytrans::HistoryResponse::history);
    }
    case AnswerKind::kAsOf:
      return Timestamps(keytrans::AsOfResponse::Parse(configuration, bytes),
                        &keytrans::AsOfResponse::search);
    case AnswerKind::kContactMonitor:
      return Timestamps(
          keytrans::ContactMonitorResponse::Parse(configuration, bytes),
          &keytrans::ContactMonitorResponse::monitor);
    case AnswerKind::kOwnerInit:
      return Timestamps(
          keytrans::OwnerInitResponse::Parse(configuration, bytes),
          &keytrans::OwnerInitResponse::init);
    case AnswerKind::kOwnerMonitor:
      return Timestamps(
          keytrans::OwnerMonitorResponse::Parse(configuration, bytes),
          &keytrans::OwnerMonitorResponse::monitor);
    case AnswerKind::kUpdate:
      return Timestamps(keytrans::UpdateResponse::Parse(configuration, bytes),
                        &keytrans::UpdateResponse::update);
    case AnswerKind::kDistinguished:
      return Timestamps(
          keytrans::DistinguishedResponse::Parse(configuration, bytes),
          &keytrans::DistinguishedResponse::distinguished);
    case AnswerKind::kFound:
    case AnswerKind::kNoSuchVersion:
      break;
  }
  auto request = keytrans::SearchRequest::Parse(exchange.request);
  if (!request.ok()) return {};
  if (exchange.kind == AnswerKind::kNoSuchVersion) request->version.reset();
  return Timestamps(
      keytrans::SearchResponse::Parse(configuration, *request, bytes),
      &keytrans::SearchResponse::search);
}

// Adds both times to a refusal for the age of the newest entry. Its timestamp
// is the greatest one, since everything else has been verified.
absl::Status NameTimes(const absl::Status& refusal,
                       const keytrans::Configuration& configuration,
                       const View& view, const Exchange& exchange) {
  std::vector<uint64_t> timestamps = TimestampsOf(configuration, exchange);
  if (view.has_value()) timestamps.push_back(view->Timestamp());
  if (timestamps.empty()) return refusal;
  uint64_t newest = *std::max_element(timestamps.begin(), timestamps.end());
  return keytrans::Refuse(
      *keytrans::RefusalOf(refusal),
      absl::StrCat(refusal.message(), "; the newest log entry says ",
                   TimeInWords(static_cast<int64_t>(newest)),
                   ", the time here was ",
                   TimeInWords(static_cast<int64_t>(exchange.time_ms))));
}

}  // namespace

absl::StatusOr<VerifiedAnswer> VerifyExchange(
    const keytrans::Verifier& verifier, const Exchange& exchange,
    std::optional<uint64_t> newer) {
  std::optional<keytrans::TreeView> view;
  if (exchange.view.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(view, keytrans::TreeView::Parse(*exchange.view));
  }
  auto answer = VerifyResponse(verifier, view, exchange, newer);
  auto reason = keytrans::RefusalOf(answer.status());
  if (reason == RefusalReason::kStaleHead ||
      reason == RefusalReason::kFutureHead) {
    return NameTimes(answer.status(), verifier.configuration(), view, exchange);
  }
  return answer;
}

absl::Status CheckNotContradicted(const keytrans::Configuration& configuration,
                                  const std::string& retained,
                                  const keytrans::TreeView& shown) {
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::TreeView view,
                            keytrans::TreeView::Parse(retained));
  SEALBOOK_ASSIGN_OR_RETURN(auto key, crypto::SignaturePublicKey::Parse(
                                          configuration.ciphersuite,
                                          configuration.signature_public_key));
  absl::Status signature = key->Verify(
      keytrans::EncodeTreeHeadTbs(configuration, view.size(), view.Root()),
      view.tree_head.signature);
  if (!signature.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the retained view of ", view.size(),
        " entries is not signed by the log: ", signature.message()));
  }
  if (shown.size() > view.size()) return absl::OkStatus();
  if (shown.size() == view.size()) return keytrans::CheckNoFork(view, shown);
  return keytrans::Refuse(
      RefusalReason::kTreeSize,
      absl::StrCat("the log shows a signed tree of ", shown.size(),
                   " entries, but it signed one of ", view.size(),
                   " before: it may have been rolled back to an old copy"));
}

absl::Status CheckLaterPage(const VerifiedAnswer& page,
                            const keytrans::TreeView& first) {
  if (page.kind != AnswerKind::kHistory) {
    return keytrans::Refuse(RefusalReason::kMalformed,
                            "a later page of a history is none");
  }
  if (page.view.size() != first.size()) {
    return keytrans::Refuse(
        RefusalReason::kTreeSize,
        absl::StrCat("a page of the history shows a tree of ", page.view.size(),
                     " entries, the first one of ", first.size()));
  }
  return absl::OkStatus();
}

}  // namespace sealbook::client
