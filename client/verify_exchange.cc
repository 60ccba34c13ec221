#include "client/verify_exchange.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/words.h"
#include "crypto/signature.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalReason;

absl::StatusOr<VerifiedAnswer> VerifyResponse(
    const keytrans::Verifier& verifier, const keytrans::SearchRequest& request,
    const std::optional<keytrans::TreeView>& view, const Exchange& exchange) {
  VerifiedAnswer answer;
  answer.label = request.label;
  if (exchange.absence) {
    SEALBOOK_ASSIGN_OR_RETURN(
        keytrans::VerifiedAbsence absence,
        verifier.VerifyAbsence(request, view, exchange.response,
                               exchange.time_ms));
    answer.view = std::move(absence.view);
    return answer;
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      answer.found, verifier.VerifySearch(request, view, exchange.response,
                                          exchange.time_ms));
  answer.view = answer.found->view;
  return answer;
}

// The timestamps of an answer, which has been parsed before.
std::vector<uint64_t> TimestampsOf(const keytrans::Configuration& configuration,
                                   const keytrans::SearchRequest& request,
                                   const Exchange& exchange) {
  if (exchange.absence) {
    auto response =
        keytrans::AbsenceResponse::Parse(configuration, exchange.response);
    return response.ok() ? response->search.timestamps
                         : std::vector<uint64_t>();
  }
  auto response = keytrans::SearchResponse::Parse(configuration, request,
                                                  exchange.response);
  return response.ok() ? response->search.timestamps : std::vector<uint64_t>();
}

// Adds both times to a refusal for the age of the newest entry. Its timestamp
// is the greatest one, since everything else has been verified.
absl::Status NameTimes(const absl::Status& refusal,
                       const keytrans::Configuration& configuration,
                       const keytrans::SearchRequest& request,
                       const std::optional<keytrans::TreeView>& view,
                       const Exchange& exchange) {
  std::vector<uint64_t> timestamps =
      TimestampsOf(configuration, request, exchange);
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
    const keytrans::Verifier& verifier, const Exchange& exchange) {
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::SearchRequest request,
                            keytrans::SearchRequest::Parse(exchange.request));
  std::optional<keytrans::TreeView> view;
  if (exchange.view.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(view, keytrans::TreeView::Parse(*exchange.view));
  }
  auto answer = VerifyResponse(verifier, request, view, exchange);
  auto reason = keytrans::RefusalOf(answer.status());
  if (reason == RefusalReason::kStaleHead ||
      reason == RefusalReason::kFutureHead) {
    return NameTimes(answer.status(), verifier.configuration(), request, view,
                     exchange);
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

}  // namespace sealbook::client
