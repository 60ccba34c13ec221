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

// Serialized, as they stand in the entry.
std::multiset<std::string> CertificatesIn(const v1::DirectoryEntry& entry) {
  std::multiset<std::string> certificates;
  for (const v1::CertificateInForce& one : entry.certificates()) {
    certificates.insert(one.SerializeAsString());
  }
  return certificates;
}

std::string NameOf(const std::string& certificate) {
  v1::CertificateInForce one;
  one.ParseFromString(certificate);
  return smime::HashCertificate(one.certificate()).ToHex();
}

bool HasExpired(const std::string& certificate, uint64_t now_ms) {
  v1::CertificateInForce one;
  one.ParseFromString(certificate);
  const auto facts = smime::ReadCertificateFacts(one.certificate());
  return facts.ok() &&
         !smime::IsLive(facts->not_after_ms, static_cast<int64_t>(now_ms));
}

// Takes the one certificate that `entry` is to add out of `now`.
absl::Status TakeAdded(const v1::DirectoryEntry& entry,
                       const v1::PublishItem& item,
                       std::multiset<std::string>& now) {
  const std::string sha256 =
      smime::HashCertificate(item.certificate()).ToString();
  const bool named = entry.issued().certificate_sha256() == sha256 ||
                     entry.renewed().certificate_sha256() == sha256;
  for (auto it = now.begin(); named && it != now.end(); ++it) {
    v1::CertificateInForce one;
    one.ParseFromString(*it);
    if (one.certificate() != item.certificate()) continue;
    now.erase(it);
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "the directory would write another certificate");
}

// Whether `value` adds `item` to what was in force in `before`, and changes
// nothing else; what has expired is left out.
absl::Status CheckValue(const std::string& value, const v1::PublishItem& item,
                        const v1::DirectoryEntry& before, uint64_t now_ms,
                        v1::DirectoryEntry& entry) {
  SEALBOOK_ASSIGN_OR_RETURN(entry, DecodeEntry(value));
  std::multiset<std::string> now = CertificatesIn(entry);
  SEALBOOK_RETURN_IF_ERROR(TakeAdded(entry, item, now));
  const std::multiset<std::string> then = CertificatesIn(before);
  for (const std::string& one : now) {
    if (now.count(one) == 1 && then.contains(one)) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "the directory would also add the certificate ", NameOf(one),
        ", or change what stands beside it, which "
        "nobody asked for"));
  }
  for (const std::string& one : then) {
    if (now.contains(one) || HasExpired(one, now_ms)) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the directory would also take away the certificate ",
                     NameOf(one), ", which has not expired"));
  }
  return absl::OkStatus();
}

// How often the same is asked again because the state has moved.
constexpr int kMaxMoves = 8;

// The server has said why nothing was created.
bool IsRefusal(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return true;
    default:
      return false;
  }
}

absl::Status Newer(const std::string& label) {
  return absl::FailedPreconditionError(absl::StrCat(
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

absl::StatusOr<v1::DirectoryEntry> LabelUpdater::ReadNewest(
    const crypto::Hash& fingerprint, const OwnedAddress& owned) {
  const std::optional<uint32_t> greatest = owned.owner.Greatest();
  if (!greatest.has_value()) return v1::DirectoryEntry();
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::vector<OwnedVersion> known,
      state_.ReadOwnedVersions(fingerprint, owned.owner.label, *greatest));
  if (!known.empty()) return DecodeEntry(known[0].value);
  return absl::FailedPreconditionError(absl::StrCat(
      owned.owner.label, ": what version ", *greatest,
      " holds is not remembered, so nothing can be compared with it. Watch "
      "the address until it has a version that is (`sealbook publish` without "
      "--as-owner makes one)"));
}

absl::StatusOr<LabelUpdate> LabelUpdater::Create(
    const crypto::Hash& fingerprint, const std::string& label,
    absl::Span<const v1::PublishItem> items) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<OwnedAddress> owned,
                            state_.ReadOwned(fingerprint, label));
  if (!owned.has_value()) {
    return absl::NotFoundError(absl::StrCat(label, " is not watched"));
  }
  if (owned->accepted < owned->owner.Greatest()) {
    return absl::FailedPreconditionError(absl::StrCat(
        label,
        " has versions that you have not confirmed. Look at them (`sealbook "
        "watch --list`), confirm them (`sealbook watch --accept ",
        label, "`), and publish again"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(const v1::DirectoryEntry before,
                            ReadNewest(fingerprint, *owned));
  SEALBOOK_ASSIGN_OR_RETURN(Draft draft,
                            AskForValues(label, *owned, before, items));
  if (draft.request.values.empty()) return std::move(draft.update);
  absl::Status status;
  // Another process may move the state while the log works.
  for (int moves = 0; moves < kMaxMoves; ++moves) {
    status = AskAndKeep(fingerprint, *owned, draft);
    if (!absl::IsAborted(status)) break;
  }
  if (!status.ok()) return status;
  return std::move(draft.update);
}

absl::Status LabelUpdater::AskAndKeep(const crypto::Hash& fingerprint,
                                      const OwnedAddress& before,
                                      Draft& draft) {
  SEALBOOK_ASSIGN_OR_RETURN(const LogRecord log, state_.ReadLog(fingerprint));
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<OwnedAddress> owned,
                            state_.ReadOwned(fingerprint, draft.request.label));
  if (owned.has_value() && owned->owner.Greatest() != before.owner.Greatest()) {
    return AcceptIfMade(fingerprint, draft);
  }
  if (!owned.has_value()) {
    return absl::NotFoundError(
        absl::StrCat(draft.request.label, " is not watched any more"));
  }
  if (log.view.has_value()) draft.request.last = log.view->size();
  SEALBOOK_ASSIGN_OR_RETURN(*draft.call.mutable_request(),
                            draft.request.Encode());
  absl::StatusOr<std::string> response = AskForUpdate(draft.call);
  if (!response.ok()) return response.status();
  return Keep(fingerprint, log, *owned, draft, *response);
}

absl::Status LabelUpdater::AcceptIfMade(const crypto::Hash& fingerprint,
                                        Draft& draft) {
  const uint32_t first = draft.request.greatest_version.has_value()
                             ? *draft.request.greatest_version + 1
                             : 0;
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::vector<OwnedVersion> known,
      state_.ReadOwnedVersions(fingerprint, draft.request.label, first));
  const size_t count = draft.request.values.size();
  bool made = known.size() >= count;
  for (size_t i = 0; made && i < count; ++i) {
    made = known[i].value == draft.request.values[i].value &&
           known[i].position.has_value() &&
           known[i].position == known[0].position;
  }
  if (!made) return Newer(draft.request.label);
  SEALBOOK_ASSIGN_OR_RETURN(const LogRecord log, state_.ReadLog(fingerprint));
  draft.update.position = *known[0].position;
  draft.update.tree_size = log.view.has_value() ? log.view->size() : 0;
  return state_
      .AcceptVersions(fingerprint, draft.request.label,
                      known[count - 1].version, clock_())
      .status();
}

absl::StatusOr<LabelUpdater::Draft> LabelUpdater::AskForValues(
    const std::string& label, const OwnedAddress& owned,
    const v1::DirectoryEntry& before, absl::Span<const v1::PublishItem> items) {
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
  v1::DirectoryEntry last = before;
  std::set<std::string> intermediates;
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
    const absl::Status status = CheckValue(
        publication.value(), request.items(i), last, clock_(), entry);
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat(name, status.message()));
    }
    last = entry;
    draft.request.values.push_back({publication.value()});
    for (const std::string& der : request.items(i).intermediates()) {
      if (intermediates.insert(der).second) draft.call.add_intermediates(der);
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
  absl::Status failure =
      status.ok() ? absl::UnavailableError(absl::StrCat(endpoint_.server.target,
                                                        " has not answered"))
                  : ExplainRpc(status, endpoint_);
  if (IsRefusal(status.error_code())) return failure;
  return absl::Status(
      absl::StatusCode::kUnavailable,
      absl::StrCat("it is not known whether the versions were created; watch "
                   "the address, it tells of them: ",
                   failure.message()));
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
  // The request's values were disregarded, unless it came a second time.
  // Watching tells what came instead.
  if (!parsed.ok() ||
      (!parsed->values.empty() && parsed->values != draft.request.values)) {
    return Newer(draft.request.label);
  }

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
