#include "server/services/publisher_update.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "server/batch_plan.h"
#include "server/directory_entry.h"
#include "server/label_state.h"
#include "server/services/publish_call.h"
#include "server/services/update_stream.h"
#include "smime/types.h"

namespace sealbook::server {
namespace {

constexpr uint64_t kRetryAfterMs = 1000;

// The certificate that `entry` says it adds.
absl::StatusOr<std::string> AddedBy(const v1::DirectoryEntry& entry) {
  if (!entry.has_issued() && !entry.has_renewed()) {
    return absl::InvalidArgumentError(
        "it is not about a certificate that was issued or renewed; "
        "Publisher.Revoke revokes");
  }
  const std::string& sha256 = entry.has_issued()
                                  ? entry.issued().certificate_sha256()
                                  : entry.renewed().certificate_sha256();
  for (const v1::CertificateInForce& one : entry.certificates()) {
    if (crypto::Sha256(one.certificate()).ToString() == sha256) {
      return one.certificate();
    }
  }
  return absl::InvalidArgumentError(
      "it lacks the certificate that it says it adds");
}

// What is to be published so that the version becomes `value`.
absl::StatusOr<v1::PublishItem> ItemOf(const std::string& value,
                                       const UpdateJob& job) {
  SEALBOOK_ASSIGN_OR_RETURN(const v1::DirectoryEntry entry,
                            ParseDirectoryEntry(value));
  if (entry.publisher() != job.publisher->id) {
    return absl::InvalidArgumentError(absl::StrCat(
        "its publisher is \"", absl::CHexEscape(entry.publisher()),
        "\", and this connection is that of \"", job.publisher->id, "\""));
  }
  v1::PublishItem item;
  SEALBOOK_ASSIGN_OR_RETURN(*item.mutable_certificate(), AddedBy(entry));
  *item.mutable_intermediates() = job.call.intermediates();
  item.set_reason(entry.has_renewed() ? v1::PUBLISH_REASON_RENEWED
                                      : v1::PUBLISH_REASON_ISSUED);
  item.set_basis(static_cast<v1::PublishBasis>(entry.basis()));
  item.add_addresses(job.request.label);
  return item;
}

absl::StatusOr<PublishJob> PublishJobOf(const UpdateJob& job) {
  PublishJob publish;
  publish.publisher = job.publisher;
  uint64_t version = job.request.greatest_version.has_value()
                         ? uint64_t{*job.request.greatest_version} + 1
                         : 0;
  for (size_t i = 0; i < job.request.values.size(); ++i, ++version) {
    const std::string& value = job.request.values[i].value;
    absl::StatusOr<v1::PublishItem> item = ItemOf(value, job);
    if (!item.ok()) {
      return absl::Status(
          item.status().code(),
          absl::StrCat("value ", i, ": ", item.status().message()));
    }
    if (version > std::numeric_limits<uint32_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("value ", i, ": the label has no such version number"));
    }
    *publish.request.add_items() = *std::move(item);
    publish.proposal.push_back(std::make_shared<const ProposedVersion>(
        ProposedVersion{static_cast<uint32_t>(version), value}));
  }
  return publish;
}

// Whether the label has versions after those that the caller knows.
// FAILED_PRECONDITION: it lacks some of those.
absl::StatusOr<bool> HasNewer(const LogStore& records,
                              const keytrans::UpdateRequest& request) {
  const std::vector<LabelQuery> query = {{request.label, {}}};
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::vector<LabelState> states,
      ReadLabelStates(records, query, [](size_t n, const auto& task) {
        for (size_t i = 0; i < n; ++i) task(i);
      }));
  SEALBOOK_RETURN_IF_ERROR(states[0].status);
  const std::optional<uint32_t>& greatest = states[0].greatest_version;
  if (request.greatest_version > greatest) {
    return absl::FailedPreconditionError(
        absl::StrCat("the label has no version ", *request.greatest_version));
  }
  return greatest > request.greatest_version;
}

// All results of a proposal are alike.
absl::Status StatusOf(const absl::StatusOr<v1::PublishResponse>& answer) {
  if (absl::IsFailedPrecondition(answer.status())) {
    // The writer has stopped for good, and with it this process ends.
    return absl::UnavailableError(answer.status().message());
  }
  SEALBOOK_RETURN_IF_ERROR(answer.status());
  const v1::PublishResult& result = answer->results(0);
  return {static_cast<absl::StatusCode>(result.code()), result.message()};
}

}  // namespace

absl::StatusOr<keytrans::UpdateRequest> ReadPublisherUpdate(
    const v1::PublisherUpdateCall& call) {
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::UpdateRequest request,
                            ParseUpdateRequest(call.request()));
  if (call.intermediates_size() >
      static_cast<int>(smime::kMaxSuppliedIntermediates)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the call has ", call.intermediates_size(),
        " intermediates; the limit is ", smime::kMaxSuppliedIntermediates,
        ": send each once, and certificates of few issuers in a call"));
  }
  if (const size_t bytes = call.ByteSizeLong(); bytes > kMaxPublishBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the call has ", bytes, " bytes; the limit is ",
                     kMaxPublishBytes, " (3 MiB)"));
  }
  if (request.values.size() > kMaxVersionsPerLabelAndEntry) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the request has ", request.values.size(), " values; the limit is ",
        kMaxVersionsPerLabelAndEntry, ": add them in several requests"));
  }
  return request;
}

void RunUpdate(const LogStore& records, PublishEngine& engine, UpdateJob job) {
  const auto end = [&job](const absl::Status& status) {
    job.done({std::move(job.request), status, /*created=*/false});
  };
  const absl::StatusOr<bool> newer = HasNewer(records, job.request);
  if (!newer.ok()) return end(newer.status());
  if (*newer || job.request.values.empty()) return end(absl::OkStatus());
  absl::StatusOr<PublishJob> publish = PublishJobOf(job);
  if (!publish.ok()) return end(publish.status());
  auto shared = std::make_shared<UpdateJob>(std::move(job));
  publish->done = [shared](const absl::StatusOr<v1::PublishResponse>& answer) {
    const absl::Status status = StatusOf(answer);
    // Somebody else was faster.
    const bool newer = absl::IsOutOfRange(status);
    shared->done({std::move(shared->request), newer ? absl::OkStatus() : status,
                  status.ok()});
  };
  if (!engine.Start(*std::move(publish))) {
    shared->done({std::move(shared->request),
                  Busy("too many publications are waiting", kRetryAfterMs),
                  /*created=*/false});
  }
}

}  // namespace sealbook::server
