#include "server/batch_plan.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/directory_entry.h"
#include "server/entry_placer.h"
#include "smime/live.h"

namespace sealbook::server {
namespace {

// Submissions of one label in one request, in order.
struct Group {
  std::string label;
  std::vector<size_t> submissions;
};

std::vector<Group> GroupByLabel(const PublishRequest& request) {
  std::vector<Group> groups;
  absl::flat_hash_map<absl::string_view, size_t> place;
  for (size_t i = 0; i < request.size(); ++i) {
    auto [found, added] = place.emplace(request[i].label, groups.size());
    if (added) groups.push_back({request[i].label, {}});
    groups[found->second].submissions.push_back(i);
  }
  return groups;
}

smime::InForce FactsOf(const smime::AdmittedCertificate& certificate) {
  return {certificate.sha256, certificate.issuer_key_sha256(),
          certificate.not_after_ms};
}

std::shared_ptr<const CertificateState> StateOf(
    const smime::AdmittedCertificate& certificate) {
  auto state = std::make_shared<CertificateState>();
  state->facts = FactsOf(certificate);
  state->stored = ToInForce(certificate);
  return state;
}

// Not less than what the value of a version has.
size_t ValueBytes(const PlannedVersion& version) {
  constexpr size_t kOther = 128;
  constexpr size_t kOfCertificate = 16;
  constexpr size_t kOfIssuer = smime::CertificateHash::kSize + 2;
  size_t bytes = kOther + version.submission->publisher.size();
  for (const auto& certificate : version.in_force) {
    bytes += kOfCertificate + certificate->stored.ByteSizeLong();
  }
  const smime::AdmittedCertificate& added = *version.submission->certificate;
  if (version.submission->cause == PublishCause::kRevoked) return bytes;
  return bytes + kOfCertificate + added.der.size() +
         added.chain->size() * kOfIssuer;
}

class Planner {
 public:
  Planner(absl::Span<const LabelQuery> queries, std::vector<LabelState> states,
          const RevocationState& revocations, int64_t now_ms,
          size_t leaves_per_entry)
      : states_(std::move(states)),
        revocations_(revocations),
        now_ms_(now_ms),
        placer_(leaves_per_entry) {
    for (size_t i = 0; i < queries.size(); ++i) {
      state_of_[queries[i].label] = i;
      remaining_.push_back(queries[i].certificates.size());
    }
  }

  // Of all revocations, before the first request is added.
  void Announce(const PublishRequest& request) {
    if (request[0].cause != PublishCause::kRevoked) return;
    revoked_now_.insert(SerialKeyOf(*request[0].certificate));
    if (request[0].reason == v1::CRL_REASON_KEY_COMPROMISE) {
      compromised_now_.insert(request[0].certificate->key_sha256);
    }
  }

  void Add(const PublishRequest& request) {
    plan_.results.emplace_back(request.size());
    if (IsRevocation(request)) {
      AddRevocation(request);
      return;
    }
    if (IsProposal(request)) {
      AddProposal(request);
      return;
    }
    for (const Group& group : GroupByLabel(request)) AddGroup(request, group);
  }

  BatchPlan Finish() && {
    plan_.entries = placer_.entries();
    return std::move(plan_);
  }

 private:
  // New versions of a label that one request has made, and their values' bytes.
  struct GroupSize {
    size_t versions = 0;
    size_t bytes = 0;
  };

  void AddGroup(const PublishRequest& request, const Group& group) {
    const size_t label = state_of_.at(group.label);
    LabelState& state = states_[label];
    GroupSize size;
    const size_t first = plan_.versions.size();
    for (size_t i : group.submissions) {
      const bool last = --remaining_[label] == 0;
      plan_.results.back()[i] = AddSubmission(request[i], state, size, last);
    }
    PlaceGroup(group.label, first, size);
  }

  // The versions from `first` on.
  void PlaceGroup(const std::string& label, size_t first, GroupSize size) {
    if (size.versions == 0) return;
    const size_t entry = placer_.Place(label, size.versions, size.bytes);
    for (size_t v = first; v < plan_.versions.size(); ++v) {
      plan_.versions[v].entry = entry;
    }
  }

  void AddProposal(const PublishRequest& request) {
    const std::string& name = request[0].label;
    const size_t label = state_of_.at(name);
    LabelState& state = states_[label];
    std::vector<PlannedResult>& results = plan_.results.back();
    const size_t first = plan_.versions.size();
    // What it leaves if one of its versions is refused.
    LabelState before = state;
    GroupSize size;
    absl::Status refusal = CheckProposed(request, state);
    for (size_t i = 0; i < request.size(); ++i) {
      const bool last = --remaining_[label] == 0;
      if (!refusal.ok()) continue;
      results[i] = AddSubmission(request[i], state, size, last);
      refusal = OfValue(i, CheckMade(request[i], results[i]));
    }
    if (refusal.ok()) {
      PlaceGroup(name, first, size);
      placer_.Close(name);
      return;
    }
    state = std::move(before);
    plan_.versions.resize(first);
    for (size_t i = 0; i < request.size(); ++i) {
      const CertificateLabel key{request[i].certificate->sha256, name};
      const auto made = planned_.find(key);
      if (made != planned_.end() && made->second >= first) planned_.erase(made);
      results[i] = {refusal};
    }
  }

  absl::Status CheckProposed(const PublishRequest& request,
                             const LabelState& state) const {
    SEALBOOK_RETURN_IF_ERROR(state.status);
    if (NextVersion(state) != request[0].proposed->version ||
        placer_.Has(request[0].label)) {
      return absl::OutOfRangeError(
          absl::StrCat("greatest_version: ", absl::CHexEscape(request[0].label),
                       " has other versions meanwhile"));
    }
    return absl::OkStatus();
  }

  // Whether a proposed version has come to be.
  absl::Status CheckMade(const Submission& submission,
                         const PlannedResult& result) const {
    if (const auto* refused = std::get_if<absl::Status>(&result.outcome)) {
      return *refused;
    }
    const auto* made = std::get_if<size_t>(&result.outcome);
    if (made == nullptr || result.repeated) {
      return absl::AlreadyExistsError(absl::StrCat(
          "the certificate ", submission.certificate->sha256.ToHex(),
          " has been published under this address"));
    }
    const std::string value = ValueOf(plan_.versions[*made]);
    if (value != submission.proposed->value) {
      return absl::InvalidArgumentError(
          absl::StrCat("this is not the value that version ",
                       plan_.versions[*made].key.version, " would have (",
                       submission.proposed->value.size(), " bytes, not ",
                       value.size(), "): Publisher.Validate gives that one"));
    }
    return absl::OkStatus();
  }

  static absl::Status OfValue(size_t index, const absl::Status& status) {
    if (status.ok()) return status;
    return {status.code(),
            absl::StrCat("value ", index, ": ", status.message())};
  }

  // `group`: what the request has made of the label so far. `last`: no other
  // submission of the label follows in the batch.
  PlannedResult AddSubmission(const Submission& submission, LabelState& state,
                              GroupSize& group, bool last) {
    if (!state.status.ok()) return {state.status};
    const smime::AdmittedCertificate& certificate = *submission.certificate;
    absl::Status standing = CheckNotRevoked(certificate);
    if (!standing.ok()) return {standing};
    if (auto found = state.published.find(certificate.sha256);
        found != state.published.end()) {
      const StoredPublication& stored = found->second;
      return {Publication{submission.label, stored.version,
                          stored.facts.position, stored.facts.commitment,
                          true}};
    }
    const CertificateLabel key{certificate.sha256, submission.label};
    if (auto found = planned_.find(key); found != planned_.end()) {
      return {found->second, true};
    }
    absl::Status allowed = CheckKey(certificate);
    if (allowed.ok()) allowed = CheckNewVersion(submission, state, group);
    if (!allowed.ok()) return {allowed};
    PlannedVersion version = MakeVersion(submission, state);
    const size_t bytes = group.bytes + ValueBytes(version);
    if (bytes > kMaxValueBytesPerLabelAndEntry) {
      return {TooManyBytes(submission.label, group.versions > 0)};
    }
    planned_.emplace(key, plan_.versions.size());
    group = {group.versions + 1, bytes};
    AddVersion(std::move(version), state, last);
    return {plan_.versions.size() - 1};
  }

  // What the store says; a revocation in this batch leaves what was published
  // before it as an answer.
  absl::Status CheckNotRevoked(
      const smime::AdmittedCertificate& certificate) const {
    if (revocations_.empty()) return absl::OkStatus();
    SEALBOOK_RETURN_IF_ERROR(CheckReadable(certificate));
    const RevokedCertificate* known = OfCertificate(certificate);
    if (known == nullptr || !known->revoked()) known = OfSerial(certificate);
    if (known == nullptr || !known->revoked()) return absl::OkStatus();
    const v1::CrlReason reason = known->record.reason();
    return absl::FailedPreconditionError(absl::StrCat(
        "revoked-certificate (RFC 5280, 5.3.1): the certificate ",
        certificate.sha256.ToHex(), " (serial number ", certificate.serial_hex,
        ") was revoked (", CrlReasonName(reason),
        reason == v1::CRL_REASON_CERTIFICATE_HOLD
            ? "); to bring it back, revoke it for removeFromCRL"
            : ") and does not come back"));
  }

  // Before a certificate is published (again).
  absl::Status CheckKey(const smime::AdmittedCertificate& certificate) const {
    if (revocations_.compromised_keys.contains(certificate.key_sha256) ||
        compromised_now_.contains(certificate.key_sha256)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "compromised-key (S/MIME BR 6.1.1.3): the public key ",
          certificate.key_sha256.ToHex(),
          " was revoked for keyCompromise and does not come back; issue a "
          "certificate for a new key"));
    }
    if (!revoked_now_.empty() &&
        revoked_now_.contains(SerialKeyOf(certificate))) {
      return absl::FailedPreconditionError(absl::StrCat(
          "revoked-certificate (RFC 5280, 5.3.1): the certificate ",
          certificate.sha256.ToHex(), " is being revoked"));
    }
    return absl::OkStatus();
  }

  absl::Status CheckNewVersion(const Submission& submission,
                               const LabelState& state,
                               const GroupSize& group) const {
    if (group.versions == kMaxVersionsPerLabelAndEntry) {
      return absl::InvalidArgumentError(absl::StrCat(
          "versions-per-request: more than ", kMaxVersionsPerLabelAndEntry,
          " new versions of ", absl::CHexEscape(submission.label),
          " in one request; publish the rest in another"));
    }
    SEALBOOK_RETURN_IF_ERROR(CheckNumbers(submission, state));
    return CheckLive(submission, state);
  }

  static absl::Status TooManyBytes(const std::string& label, bool group) {
    constexpr absl::string_view kLimit = "8 MiB";
    if (group) {
      return absl::InvalidArgumentError(absl::StrCat(
          "versions-per-request: the new versions of ", absl::CHexEscape(label),
          " in one request have more than ", kLimit,
          "; publish the rest in another"));
    }
    return absl::FailedPreconditionError(
        absl::StrCat("value-size: the certificates in force for ",
                     absl::CHexEscape(label), " would have more than ", kLimit,
                     "; revoke some of them, or wait until they expire"));
  }

  static absl::Status CheckNumbers(const Submission& submission,
                                   const LabelState& state) {
    if (state.greatest_version != std::numeric_limits<uint32_t>::max()) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        absl::StrCat("version-numbers: ", absl::CHexEscape(submission.label),
                     " has used all of its version numbers"));
  }

  absl::Status CheckLive(const Submission& submission,
                         const LabelState& state) const {
    std::vector<smime::InForce> in_force;
    for (const auto& certificate : state.in_force) {
      in_force.push_back(certificate->facts);
    }
    return smime::CheckLiveCertificates(
        submission.label, in_force, FactsOf(*submission.certificate), now_ms_);
  }

  // How `certificate`, or its serial number, stands; null: it was never
  // revoked.
  const RevokedCertificate* OfCertificate(
      const smime::AdmittedCertificate& certificate) const {
    const auto found = revocations_.certificates.find(certificate.sha256);
    return found == revocations_.certificates.end() ? nullptr : &found->second;
  }
  const RevokedCertificate* OfSerial(
      const smime::AdmittedCertificate& certificate) const {
    if (revocations_.serials.empty()) return nullptr;
    const auto found = revocations_.serials.find(SerialKeyOf(certificate));
    return found == revocations_.serials.end() ? nullptr : &found->second;
  }
  absl::Status CheckReadable(
      const smime::AdmittedCertificate& certificate) const {
    const auto found = revocations_.damaged.find(certificate.sha256);
    return found == revocations_.damaged.end() ? absl::OkStatus()
                                               : found->second;
  }

  // Whether there is a hold to be lifted. `known`: null when it was never
  // revoked.
  static absl::Status CheckOnHold(const smime::AdmittedCertificate& certificate,
                                  const RevokedCertificate* known) {
    const std::string name =
        absl::StrCat("the certificate ", certificate.sha256.ToHex());
    if (known == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("removeFromCRL: ", name,
                       " is not on hold; there is nothing to lift"));
    }
    if (known->record.reason() != v1::CRL_REASON_CERTIFICATE_HOLD) {
      return absl::FailedPreconditionError(
          absl::StrCat("removeFromCRL: ", name, " was revoked (",
                       CrlReasonName(known->record.reason()),
                       "); only certificateHold can be lifted"));
    }
    return absl::OkStatus();
  }

  // What putting a certificate back is refused for, as publishing it is.
  absl::Status CheckRestoration(const PublishRequest& request,
                                const RevokedCertificate* done) const {
    const smime::AdmittedCertificate& certificate = *request[0].certificate;
    if (!smime::IsLive(certificate.not_after_ms, now_ms_)) {
      return absl::FailedPreconditionError(
          absl::StrCat("removeFromCRL: the certificate ",
                       certificate.sha256.ToHex(), " has expired meanwhile"));
    }
    SEALBOOK_RETURN_IF_ERROR(CheckKey(certificate));
    SEALBOOK_RETURN_IF_ERROR(request[0].readmission);
    // It comes back everywhere or nowhere.
    for (const Submission& submission : request) {
      const LabelState& state = states_[state_of_.at(submission.label)];
      SEALBOOK_RETURN_IF_ERROR(state.status);
      if (AnswerOf(submission, done, state).has_value()) continue;
      SEALBOOK_RETURN_IF_ERROR(CheckLive(submission, state));
    }
    return absl::OkStatus();
  }

  // What a label has of a revocation already. `done`: what an earlier, same one
  // left, null: there was none; it may lack labels whose records were damaged
  // then, or that were to be changed when the server was killed. What is to be
  // brought back and is in force needs nothing: it was published meanwhile, or
  // the hold never came that far.
  static std::optional<Publication> AnswerOf(const Submission& submission,
                                             const RevokedCertificate* done,
                                             const LabelState& state) {
    const StoredPublication* stored = nullptr;
    if (done != nullptr) {
      const auto found = done->versions.find(submission.label);
      if (found != done->versions.end()) stored = &found->second;
    }
    if (stored == nullptr && submission.cause == PublishCause::kRestored &&
        std::any_of(
            state.in_force.begin(), state.in_force.end(), [&](const auto& one) {
              return one->facts.sha256 == submission.certificate->sha256;
            })) {
      const auto found = state.published.find(submission.certificate->sha256);
      if (found != state.published.end()) stored = &found->second;
    }
    if (stored == nullptr) return std::nullopt;
    return Publication{submission.label, stored->version,
                       stored->facts.position, stored->facts.commitment, true};
  }

  // Whether the certificate stands as the revocation would have it.
  static bool IsDone(const Submission& revocation,
                     const RevokedCertificate* known) {
    if (known == nullptr) return false;
    if (revocation.cause == PublishCause::kRestored) return !known->revoked();
    if (!known->revoked()) return false;
    const v1::CrlReason reason = known->record.reason();
    if (reason == revocation.reason) return true;
    // A hold may become final, and a key may prove compromised later.
    return reason != v1::CRL_REASON_CERTIFICATE_HOLD &&
           (reason == v1::CRL_REASON_KEY_COMPROMISE ||
            revocation.reason != v1::CRL_REASON_KEY_COMPROMISE);
  }

  void AddRevocation(const PublishRequest& request) {
    const smime::AdmittedCertificate& certificate = *request[0].certificate;
    const RevokedCertificate* known = OfCertificate(certificate);
    // Another certificate with its number was revoked before it.
    if (known == nullptr) known = OfSerial(certificate);
    const RevokedCertificate* done =
        IsDone(request[0], known) ? known : nullptr;
    const bool restored = request[0].cause == PublishCause::kRestored;
    absl::Status known_status = CheckReadable(certificate);
    if (known_status.ok() && restored && done == nullptr) {
      known_status = CheckOnHold(certificate, known);
      // A final revocation may have come to another certificate of the number
      // and not yet to this one: it is final for both.
      const RevokedCertificate* serial = OfSerial(certificate);
      if (known_status.ok() && serial != nullptr && serial->revoked()) {
        known_status = CheckOnHold(certificate, serial);
      }
    }
    absl::Status allowed = known_status;
    if (allowed.ok() && restored) allowed = CheckRestoration(request, done);
    PlannedRevocation planned{&request[0], {}, request[0].reason};
    planned.record.set_reason(request[0].reason);
    if (done != nullptr) planned.record = done->record;
    if (const RevokedCertificate* serial = OfSerial(certificate);
        IsDone(request[0], serial)) {
      planned.serial_reason = serial->record.reason();
    }
    const size_t before = plan_.versions.size();
    for (size_t i = 0; i < request.size(); ++i) {
      const size_t label = state_of_.at(request[i].label);
      const bool last = --remaining_[label] == 0;
      plan_.results.back()[i] =
          known_status.ok() ? AddRevoked(request[i], done, allowed,
                                         states_[label], last, planned.record)
                            : PlannedResult{known_status};
    }
    if (plan_.versions.size() == before) return;
    planned.record.set_time_ms(static_cast<uint64_t>(now_ms_));
    planned.record.set_publisher(request[0].publisher);
    plan_.revocations.push_back(std::move(planned));
  }

  // `change_allowed`: whether what it needs may be written.
  PlannedResult AddRevoked(const Submission& submission,
                           const RevokedCertificate* done,
                           const absl::Status& change_allowed,
                           LabelState& state, bool last,
                           v1::RevocationRecord& record) {
    if (!state.status.ok()) return {state.status};
    if (auto answer = AnswerOf(submission, done, state); answer.has_value()) {
      return {*std::move(answer)};
    }
    if (!change_allowed.ok()) return {change_allowed};
    absl::Status allowed = CheckNumbers(submission, state);
    if (!allowed.ok()) return {allowed};
    PlannedVersion version = MakeVersion(submission, state);
    version.entry = placer_.Place(submission.label, 1, ValueBytes(version));
    version.reason = record.reason();
    v1::RevocationRecord::Version& made = *record.add_versions();
    made.set_label(version.key.label);
    made.set_version(version.key.version);
    AddVersion(std::move(version), state, last);
    return {plan_.versions.size() - 1};
  }

  static uint32_t NextVersion(const LabelState& state) {
    return state.greatest_version.has_value() ? *state.greatest_version + 1 : 0;
  }

  PlannedVersion MakeVersion(const Submission& submission,
                             const LabelState& state) const {
    PlannedVersion version;
    version.submission = &submission;
    version.key = {submission.label, NextVersion(state)};
    for (const auto& certificate : state.in_force) {
      if (smime::IsLive(certificate->facts.not_after_ms, now_ms_) &&
          certificate->facts.sha256 != submission.certificate->sha256) {
        version.in_force.push_back(certificate);
      }
    }
    return version;
  }

  void AddVersion(PlannedVersion version, LabelState& state, bool last) {
    state.greatest_version = version.key.version;
    // Most labels come once a batch; for them nobody asks for the new state.
    if (!last) {
      state.in_force = version.in_force;
      if (version.submission->cause != PublishCause::kRevoked) {
        state.in_force.push_back(StateOf(*version.submission->certificate));
      }
    }
    plan_.versions.push_back(std::move(version));
  }

  std::vector<LabelState> states_;
  const RevocationState& revocations_;
  const int64_t now_ms_;
  // What this batch revokes, and the keys that it says are compromised.
  absl::flat_hash_set<std::string> revoked_now_;
  absl::flat_hash_set<smime::KeyHash> compromised_now_;
  // Indexes into states_ and remaining_.
  absl::flat_hash_map<std::string, size_t> state_of_;
  // Submissions of each label that have not been planned yet.
  std::vector<size_t> remaining_;
  absl::flat_hash_map<CertificateLabel, size_t> planned_;
  EntryPlacer placer_;
  BatchPlan plan_;
};

}  // namespace

std::string ValueOf(const PlannedVersion& version) {
  EntryDraft draft;
  for (const auto& certificate : version.in_force) {
    draft.in_force.push_back(&certificate->stored);
  }
  draft.cause = version.submission->cause;
  if (draft.cause == PublishCause::kRevoked) {
    draft.revoked = version.submission->certificate.get();
    draft.reason = version.reason;
  } else {
    draft.added = version.submission->certificate.get();
  }
  draft.publisher = version.submission->publisher;
  draft.basis = version.submission->basis;
  return SerializeDirectoryEntry(draft);
}

std::vector<LabelQuery> QueriesOf(
    absl::Span<const PublishRequest* const> requests) {
  std::vector<LabelQuery> queries;
  absl::flat_hash_map<absl::string_view, size_t> place;
  for (const PublishRequest* request : requests) {
    for (const Submission& submission : *request) {
      auto [found, added] = place.emplace(submission.label, queries.size());
      if (added) queries.push_back({submission.label, {}});
      queries[found->second].certificates.push_back(
          submission.certificate->sha256);
    }
  }
  return queries;
}

BatchPlan PlanBatch(absl::Span<const PublishRequest* const> requests,
                    absl::Span<const PublishRequest* const> announced,
                    absl::Span<const LabelQuery> queries,
                    std::vector<LabelState> states,
                    const RevocationState& revocations, int64_t now_ms,
                    size_t leaves_per_entry) {
  Planner planner(queries, std::move(states), revocations, now_ms,
                  leaves_per_entry);
  for (const PublishRequest* request : announced) planner.Announce(*request);
  for (const PublishRequest* request : requests) planner.Add(*request);
  return std::move(planner).Finish();
}

}  // namespace sealbook::server
