#include "server/services/publish_call.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/services/grpc_status.h"

namespace sealbook::server {
namespace {

PublishCause CauseOf(const v1::PublishItem& item) {
  return item.reason() == v1::PUBLISH_REASON_RENEWED ? PublishCause::kRenewed
                                                     : PublishCause::kIssued;
}

void SetRefusal(const absl::Status& refusal, v1::PublishResult& result) {
  const grpc::Status status = ToGrpcStatus(refusal);
  result.set_code(status.error_code());
  result.set_message(status.error_message());
}

}  // namespace

void ToMessage(const Publication& from, v1::Publication& to) {
  to.set_address(from.label);
  to.set_version(from.version);
  to.set_position(from.position);
  to.set_commitment(from.commitment.ToString());
  to.set_already_published(from.already_published);
  to.set_value(from.value);
}

absl::Status CheckPublishLimits(const v1::PublishRequest& request) {
  if (request.items_size() == 0) {
    return absl::InvalidArgumentError("the request has no items");
  }
  if (request.items_size() > kMaxPublishItems) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the request has ", request.items_size(), " items; the limit is ",
        kMaxPublishItems, ": publish them in several requests"));
  }
  if (const size_t bytes = request.ByteSizeLong(); bytes > kMaxPublishBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the request has ", bytes, " bytes; the limit is ", kMaxPublishBytes,
        " (3 MiB): publish the items in several requests"));
  }
  return absl::OkStatus();
}

PublishCall::PublishCall(const v1::PublishRequest& request,
                         const smime::PublisherPolicy& publisher,
                         uint64_t now_ms, Proposal proposal)
    : request_(request),
      publisher_(publisher),
      now_ms_(now_ms),
      proposal_(std::move(proposal)),
      items_(request.items_size()) {}

PublishCall::Progress PublishCall::AdmitSome(const smime::Admission& admission,
                                             size_t limit) {
  for (size_t done = 0; done < limit; ++done) {
    const size_t index = taken_.fetch_add(1, std::memory_order_relaxed);
    if (index >= items_.size()) return Progress::kTakenByOthers;
    absl::StatusOr<smime::AdmittedCertificate> admitted =
        Admit(admission, request_.items(static_cast<int>(index)));
    Item& item = items_[index];
    item.refusal = admitted.status();
    if (admitted.ok()) {
      item.admitted = std::make_shared<const smime::AdmittedCertificate>(
          *std::move(admitted));
    }
    // Release what was written above; the last one acquires it all.
    if (judged_.fetch_add(1, std::memory_order_acq_rel) + 1 == items_.size()) {
      return Progress::kAllJudged;
    }
  }
  return Progress::kMore;
}

absl::StatusOr<smime::AdmittedCertificate> PublishCall::Admit(
    const smime::Admission& admission, const v1::PublishItem& item) const {
  if (!v1::PublishReason_IsValid(item.reason())) {
    return absl::InvalidArgumentError(
        absl::StrCat("reason ", item.reason(), " is not known"));
  }
  if (!v1::PublishBasis_IsValid(item.basis())) {
    return absl::InvalidArgumentError(
        absl::StrCat("basis ", item.basis(), " is not known"));
  }
  smime::Submission submission;
  submission.certificate = item.certificate();
  for (const std::string& der : item.intermediates()) {
    submission.intermediates.push_back(der);
  }
  for (const std::string& address : item.addresses()) {
    submission.addresses.push_back(address);
  }
  return admission.Admit(submission, publisher_, static_cast<int64_t>(now_ms_));
}

size_t PublishCall::addresses() const {
  size_t count = 0;
  for (const Item& item : items_) {
    if (item.refusal.ok()) count += item.admitted->addresses.size();
  }
  return count;
}

absl::Status PublishCall::CheckProposal(size_t limit) const {
  if (proposal_.empty()) return absl::OkStatus();
  if (proposal_.size() > limit) {
    return absl::InvalidArgumentError(absl::StrCat(
        "this directory takes at most ", limit, " values at once"));
  }
  for (size_t i = 0; i < items_.size(); ++i) {
    const absl::Status& refusal = items_[i].refusal;
    if (refusal.ok()) continue;
    return {refusal.code(), absl::StrCat("value ", i, ": ", refusal.message())};
  }
  return absl::OkStatus();
}

std::vector<PublishRequest> PublishCall::TakePortions(size_t limit) {
  if (const absl::Status refusal = CheckProposal(limit); !refusal.ok()) {
    for (Item& item : items_) item.refusal = refusal;
  }
  std::vector<PublishRequest> portions;
  for (size_t i = 0; i < items_.size(); ++i) {
    Item& item = items_[i];
    if (!item.refusal.ok()) continue;
    const size_t count = item.admitted->addresses.size();
    if (count > limit) {
      item.refusal = absl::InvalidArgumentError(absl::StrCat(
          "addresses (limit of this directory): the certificate names ", count,
          " addresses; the limit is ", limit));
      continue;
    }
    if (portions.empty() || portions.back().size() + count > limit) {
      portions.emplace_back();
    }
    AddSubmissions(i, portions.back());
  }
  return portions;
}

void PublishCall::AddSubmissions(size_t index, PublishRequest& portion) const {
  const v1::PublishItem& item = request_.items(static_cast<int>(index));
  const auto& admitted = items_[index].admitted;
  for (const smime::CertificateAddress& address : admitted->addresses) {
    portion.push_back(
        {.label = address.label,
         .certificate = admitted,
         .cause = CauseOf(item),
         .publisher = publisher_.id,
         .basis = static_cast<uint32_t>(item.basis()),
         .proposed = proposal_.empty() ? nullptr : proposal_[index]});
  }
}

void PublishCall::FillResponse(const PublishOutcome& outcome,
                               v1::PublishResponse& response) const {
  size_t next = 0;
  for (const Item& item : items_) {
    v1::PublishResult& result = *response.add_results();
    if (!item.refusal.ok()) {
      SetRefusal(item.refusal, result);
      continue;
    }
    for (const smime::CertificateAddress& address : item.admitted->addresses) {
      const absl::StatusOr<Publication>& published = outcome.results[next++];
      if (published.ok()) {
        ToMessage(*published, *result.add_publications());
        continue;
      }
      LogFailure("Publish", address.label, published.status());
      if (result.code() == 0) SetRefusal(published.status(), result);
    }
  }
  response.set_tree_size(outcome.tree_size);
}

size_t PublishCall::refused() const {
  size_t count = 0;
  for (const Item& item : items_) count += item.refusal.ok() ? 0 : 1;
  return count;
}

}  // namespace sealbook::server
