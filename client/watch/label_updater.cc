#include "client/watch/label_updater.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/call_timeout.h"
#include "client/entry.h"
#include "client/verify_exchange.h"
#include "keytrans/refusal.h"
#include "keytrans/update_structures.h"
#include "keytrans/verifier.h"
#include "smime/certificate.h"
#include "smime/live.h"

namespace sealbook::client {
namespace {

std::set<std::string> CertificatesIn(const v1::DirectoryEntry& entry) {
  std::set<std::string> certificates;
  for (const v1::CertificateInForce& one : entry.certificates()) {
    certificates.insert(one.certificate());
  }
  return certificates;
}

// Whether `value` adds `item` to what was in force before, and changes nothing
// else; what has expired is left out. `before`: null where it is not known.
absl::Status CheckValue(const std::string& value, const v1::PublishItem& item,
                        const v1::DirectoryEntry* before, uint64_t now_ms,
                        v1::DirectoryEntry& entry) {
  SEALBOOK_ASSIGN_OR_RETURN(entry, DecodeEntry(value));
  const std::string added =
      smime::HashCertificate(item.certificate()).ToString();
  const std::set<std::string> now = CertificatesIn(entry);
  if ((entry.issued().certificate_sha256() != added &&
       entry.renewed().certificate_sha256() != added) ||
      !now.contains(item.certificate())) {
    return absl::FailedPreconditionError(
        "the directory would write another certificate");
  }
  if (before == nullptr) return absl::OkStatus();
  const std::set<std::string> then = CertificatesIn(*before);
  for (const std::string& der : now) {
    if (der == item.certificate() || then.contains(der)) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "the directory would also add the certificate ",
        smime::HashCertificate(der).ToHex(), ", which nobody asked for"));
  }
  for (const std::string& der : then) {
    if (now.contains(der)) continue;
    const auto facts = smime::ReadCertificateFacts(der);
    if (facts.ok() &&
        !smime::IsLive(facts->not_after_ms, static_cast<int64_t>(now_ms))) {
      continue;
    }
    return absl::FailedPreconditionError(absl::StrCat(
        "the directory would also take away the certificate ",
        smime::HashCertificate(der).ToHex(), ", which has not expired"));
  }
  return absl::OkStatus();
}

absl::Status Newer(const std::string& label) {
  return absl::AbortedError(absl::StrCat(
      label,
      ": somebody else has published versions meanwhile; nothing was "
      "created. Look at them, and publish again"));
}

}  // namespace

struct LabelUpdater::Draft {
  keytrans::UpdateRequest request;
  v1::PublisherUpdateCall call;
  LabelUpdate update;
};

LabelUpdater::LabelUpdater(
    State& state, Endpoint endpoint,
    const std::shared_ptr<grpc::ChannelInterface>& channel, Clock clock,
    uint64_t timeout_ms)
    : state_(state),
      endpoint_(std::move(endpoint)),
      stub_(v1::Publisher::NewStub(channel)),
      clock_(std::move(clock)),
      timeout_ms_(timeout_ms) {}

absl::StatusOr<LabelUpdate> LabelUpdater::Create(
    const crypto::Hash& fingerprint, const std::string& label,
    absl::Span<const v1::PublishItem> items) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<OwnedAddress> owned,
                            state_.ReadOwned(fingerprint, label));
  if (!owned.has_value()) {
    return absl::NotFoundError(absl::StrCat(label, " is not watched"));
  }
  if (owned->accepted < owned->owner.Greatest()) {
    return absl::FailedPreconditionError(
        absl::StrCat(label,
                     " has versions that you have not confirmed. Look at them "
                     "(`sealbook watch --list`), confirm them (`sealbook watch "
                     "--accept ",
                     label, "`), and publish again"));
  }
  std::optional<v1::DirectoryEntry> before;
  if (const auto greatest = owned->owner.Greatest(); greatest.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(
        const std::vector<OwnedVersion> known,
        state_.ReadOwnedVersions(fingerprint, label, *greatest));
    if (!known.empty()) {
      SEALBOOK_ASSIGN_OR_RETURN(before, DecodeEntry(known[0].value));
    }
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      Draft draft,
      AskForValues(label, *owned, before.has_value() ? &*before : nullptr,
                   items));
  if (draft.request.values.empty()) return std::move(draft.update);
  SEALBOOK_ASSIGN_OR_RETURN(const LogRecord log, state_.ReadLog(fingerprint));
  if (log.view.has_value()) draft.request.last = log.view->size();
  SEALBOOK_ASSIGN_OR_RETURN(*draft.call.mutable_request(),
                            draft.request.Encode());
  SEALBOOK_ASSIGN_OR_RETURN(const std::string response,
                            AskForUpdate(draft.call));
  SEALBOOK_RETURN_IF_ERROR(Keep(fingerprint, log, *owned, draft, response));
  return std::move(draft.update);
}

absl::StatusOr<LabelUpdater::Draft> LabelUpdater::AskForValues(
    const std::string& label, const OwnedAddress& owned,
    const v1::DirectoryEntry* before, absl::Span<const v1::PublishItem> items) {
  v1::PublishRequest request;
  request.set_with_values(true);
  for (const v1::PublishItem& item : items) {
    *request.add_items() = item;
    request.mutable_items()->rbegin()->clear_addresses();
    request.mutable_items()->rbegin()->add_addresses(label);
  }
  v1::PublishResponse response;
  grpc::ClientContext context;
  SetTimeout(context, timeout_ms_);
  const grpc::Status status = stub_->Validate(&context, request, &response);
  if (!status.ok()) return ExplainRpc(status, endpoint_);
  if (response.results_size() != request.items_size()) {
    return absl::InternalError(absl::StrCat(
        endpoint_.server.target, " answered ", request.items_size(),
        " certificates with ", response.results_size(), " results"));
  }
  Draft draft;
  draft.request.label = label;
  draft.request.greatest_version = owned.owner.Greatest();
  uint64_t next = owned.owner.Greatest().has_value()
                      ? uint64_t{*owned.owner.Greatest()} + 1
                      : 0;
  v1::DirectoryEntry entry;
  std::optional<v1::DirectoryEntry> last;
  if (before != nullptr) last = *before;
  for (int i = 0; i < response.results_size(); ++i) {
    const v1::PublishResult& result = response.results(i);
    const std::string name = absl::StrCat(
        "the certificate ",
        smime::HashCertificate(request.items(i).certificate()).ToHex(), ": ");
    if (result.code() != 0 || result.publications_size() != 1) {
      return absl::FailedPreconditionError(
          absl::StrCat(name, result.message()));
    }
    const v1::Publication& publication = result.publications(0);
    draft.update.items.push_back({static_cast<size_t>(i), publication.version(),
                                  publication.already_published()});
    if (publication.already_published()) continue;
    if (publication.version() != next++) return Newer(label);
    const absl::Status status =
        CheckValue(publication.value(), request.items(i),
                   last.has_value() ? &*last : nullptr, clock_(), entry);
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat(name, status.message()));
    }
    last = entry;
    draft.request.values.push_back({publication.value()});
    for (const std::string& der : request.items(i).intermediates()) {
      draft.call.add_intermediates(der);
    }
  }
  return draft;
}

absl::StatusOr<std::string> LabelUpdater::AskForUpdate(
    const v1::PublisherUpdateCall& call) {
  grpc::ClientContext context;
  SetTimeout(context, timeout_ms_);
  auto reader = stub_->Update(&context, call);
  v1::UpdateAnswer answer;
  if (reader->Read(&answer)) {
    // What comes after it is learned by watching.
    context.TryCancel();
    return std::move(*answer.mutable_response());
  }
  const grpc::Status status = reader->Finish();
  if (!status.ok()) return ExplainRpc(status, endpoint_);
  return absl::UnavailableError(
      absl::StrCat(endpoint_.server.target, " has not answered the update"));
}

absl::Status LabelUpdater::Keep(const crypto::Hash& fingerprint,
                                const LogRecord& log, OwnedAddress owned,
                                Draft& draft, const std::string& response) {
  SEALBOOK_ASSIGN_OR_RETURN(const keytrans::Verifier verifier,
                            keytrans::Verifier::Create(log.configuration));
  Exchange exchange;
  exchange.kind = AnswerKind::kUpdate;
  exchange.request = draft.call.request();
  exchange.response = response;
  exchange.configuration = log.configuration.Encode();
  exchange.time_ms = clock_();
  if (log.view.has_value()) exchange.view = log.view->Encode();
  SEALBOOK_ASSIGN_OR_RETURN(exchange.owner, owned.owner.Encode());
  absl::StatusOr<VerifiedAnswer> answer = VerifyExchange(verifier, exchange);
  if (keytrans::RefusalOf(answer.status()).has_value()) {
    return KeepEvidence(state_.evidence_folder(), exchange, answer.status());
  }
  SEALBOOK_RETURN_IF_ERROR(answer.status());
  const auto parsed =
      keytrans::UpdateResponse::Parse(log.configuration, response);
  // The request's values were disregarded. Watching tells what came instead.
  if (!parsed.ok() || !parsed->values.empty())
    return Newer(draft.request.label);

  StateChange change{.advertised = log.view, .verified = answer->view};
  change.owned_before = owned;
  owned.owner = *std::move(answer->owner);
  owned.accepted = owned.owner.Greatest();
  change.owned = owned;
  for (keytrans::VerifiedUpdate::Version& version : answer->updates) {
    change.versions.push_back(
        {version.version, answer->update_position, std::move(version.value)});
  }
  draft.update.position = answer->update_position;
  draft.update.tree_size = answer->view.size();
  return state_.Apply(fingerprint, change);
}

}  // namespace sealbook::client
