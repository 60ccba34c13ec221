#include "keytrans/verification.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/refusal.h"

namespace sealbook::keytrans {
namespace {

// Sizes above this cannot be reached, and would overflow positions.
constexpr uint64_t kMaxTreeSize = uint64_t{1} << 62;

absl::Status CheckFreshness(const Configuration& configuration,
                            uint64_t timestamp, uint64_t now) {
  if (timestamp > now && timestamp - now > configuration.max_ahead) {
    return Refuse(RefusalReason::kFutureHead,
                  absl::StrCat("the newest log entry is ", timestamp - now,
                               " ms ahead of the clock, at most ",
                               configuration.max_ahead, " ms are allowed"));
  }
  if (timestamp < now && now - timestamp > configuration.max_behind) {
    return Refuse(RefusalReason::kStaleHead,
                  absl::StrCat("the newest log entry is ", now - timestamp,
                               " ms old, at most ", configuration.max_behind,
                               " ms are allowed"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOwnLabel(absl::string_view label) {
  if (label.size() <= kMaxLabelSize) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "label has ", label.size(), " bytes, at most ", kMaxLabelSize));
}

absl::Status CheckAdvertised(std::optional<uint64_t> last,
                             const std::optional<TreeView>& retained) {
  if (last.has_value() == retained.has_value() &&
      (!retained.has_value() || *last == retained->size())) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the request advertises ",
                   last ? absl::StrCat("tree size ", *last) : "no tree",
                   ", the retained view ",
                   retained ? absl::StrCat("has tree size ", retained->size())
                            : "is absent"));
}

namespace {

// The tree size that the response is about.
absl::StatusOr<uint64_t> ShownTreeSize(const FullTreeHead& head,
                                       const TreeView* retained) {
  if (!head.updated.has_value()) {
    if (retained == nullptr) {
      return Refuse(RefusalReason::kTreeSize,
                    "head_type is `same`, but no tree head was advertised");
    }
    return retained->size();
  }
  uint64_t size = head.updated->tree_size;
  if (size == 0 || size > kMaxTreeSize) {
    return Refuse(RefusalReason::kTreeSize,
                  absl::StrCat("the tree head has tree size ", size));
  }
  if (retained != nullptr && size <= retained->size()) {
    return Refuse(RefusalReason::kTreeSize,
                  absl::StrCat("the updated tree head has tree size ", size,
                               ", not more than the ", retained->size(),
                               " that were advertised"));
  }
  return size;
}

}  // namespace

absl::StatusOr<ShownHead> ShownHead::Of(
    const LogKeys& keys, const FullTreeHead& head,
    const std::optional<TreeView>& retained) {
  const TreeView* known = retained.has_value() ? &*retained : nullptr;
  SEALBOOK_ASSIGN_OR_RETURN(const uint64_t size, ShownTreeSize(head, known));
  ShownHead shown(keys, head, known, size);
  SEALBOOK_RETURN_IF_ERROR(shown.CheckAuditorsSize());
  return shown;
}

// "Auditor Tree Head Signature", steps 1 and 3.
absl::Status ShownHead::CheckAuditorsSize() const {
  if (!head_.updated.has_value() &&
      keys_.configuration.mode == DeploymentMode::kThirdPartyAuditing &&
      !retained_->auditor.has_value()) {
    return Refuse(RefusalReason::kAuditor,
                  "head_type is `same`, but no auditor's head is retained with "
                  "the tree that was advertised");
  }
  if (!head_.auditor.has_value()) return absl::OkStatus();
  const uint64_t start = keys_.configuration.auditor_start_pos;
  if (retained_ != nullptr && (!retained_->auditor.has_value() ||
                               retained_->auditor->tree_size < start)) {
    return Refuse(
        RefusalReason::kAuditor,
        absl::StrCat("the auditor began at log entry ", start,
                     ", and nobody has audited what lies between it and the ",
                     retained_->auditor ? retained_->auditor->tree_size : 0,
                     " entries that were audited when the log was seen last"));
  }
  const uint64_t size = head_.auditor->tree_size;
  if (size == 0 || size > size_) {
    return Refuse(RefusalReason::kAuditor,
                  absl::StrCat("the auditor's head has tree size ", size,
                               ", the log's has ", size_));
  }
  return absl::OkStatus();
}

ProofConsumer ShownHead::Consume(const CombinedTreeProof& proof,
                                 const LadderKeys& keys) const {
  std::optional<uint64_t> auditor_size;
  if (head_.auditor.has_value()) auditor_size = head_.auditor->tree_size;
  return ProofConsumer(proof, keys, size_, retained_, auditor_size);
}

absl::StatusOr<TreeView> ShownHead::Accept(ProofConsumer& consumer,
                                           uint64_t now) const {
  std::vector<DistinguishedEntry> none;
  return Accept(consumer, now, none);
}

absl::StatusOr<TreeView> ShownHead::Accept(
    ProofConsumer& consumer, uint64_t now,
    std::vector<DistinguishedEntry>& entries) const {
  SEALBOOK_ASSIGN_OR_RETURN(TreeView view, consumer.Finish(entries));
  if (head_.updated.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(VerifySignature(view));
    view.tree_head = *head_.updated;
    if (head_.auditor.has_value()) {
      SEALBOOK_RETURN_IF_ERROR(VerifyAuditor(view, *consumer.auditor_root()));
    }
    view.auditor = head_.auditor;
  } else {
    // The root was computed from what was retained, whose heads were verified.
    view.tree_head = retained_->tree_head;
    view.auditor = retained_->auditor;
  }
  SEALBOOK_RETURN_IF_ERROR(
      CheckFreshness(keys_.configuration, view.Timestamp(), now));
  return view;
}

absl::StatusOr<TreeView> ShownHead::AcceptCredential(
    ProofConsumer& consumer) const {
  SEALBOOK_ASSIGN_OR_RETURN(TreeView view, consumer.Finish());
  SEALBOOK_RETURN_IF_ERROR(VerifySignature(view));
  view.tree_head = *head_.updated;
  return view;
}

absl::Status ShownHead::VerifySignature(const TreeView& view) const {
  const absl::Status signature = keys_.log->Verify(
      EncodeTreeHeadTbs(keys_.configuration, view.size(), view.Root()),
      head_.updated->signature);
  if (signature.ok()) return absl::OkStatus();
  return Refuse(
      RefusalReason::kSignature,
      absl::StrCat("the log's signature does not fit the root of tree size ",
                   view.size(),
                   " that the proof leads to: ", signature.message()));
}

// "Auditor Tree Head Signature", steps 2 and 4.
absl::Status ShownHead::VerifyAuditor(const TreeView& view,
                                      const crypto::Hash& root) const {
  const AuditorTreeHead& head = *head_.auditor;
  const uint64_t newest = view.Timestamp();
  if (newest < head.timestamp) {
    return Refuse(
        RefusalReason::kAuditor,
        absl::StrCat("the auditor's head has timestamp ", head.timestamp,
                     ", the newest log entry ", newest));
  }
  if (newest - head.timestamp > keys_.configuration.max_auditor_lag) {
    return Refuse(
        RefusalReason::kAuditor,
        absl::StrCat("the auditor is ", newest - head.timestamp,
                     " ms behind the log, at most ",
                     keys_.configuration.max_auditor_lag, " ms are allowed"));
  }
  const absl::Status signature = keys_.auditor->Verify(
      EncodeAuditorTreeHeadTbs(keys_.configuration, head.timestamp,
                               head.tree_size, root),
      head.signature);
  if (signature.ok()) return absl::OkStatus();
  return Refuse(
      RefusalReason::kAuditor,
      absl::StrCat(
          "the auditor's signature does not fit the root of tree size ",
          head.tree_size, " that the proof leads to: ", signature.message()));
}

absl::StatusOr<merkle::PrefixQuery> VerifyVrf(const crypto::VrfPublicKey& key,
                                              absl::string_view label,
                                              uint32_t version,
                                              const crypto::VrfProof& proof) {
  auto output = key.Verify(EncodeVrfInput(label, version), proof);
  if (!output.ok()) {
    return Refuse(
        RefusalReason::kVrfProof,
        absl::StrCat("version ", version, ": ", output.status().message()));
  }
  return merkle::PrefixQuery{*output, std::nullopt};
}

absl::StatusOr<crypto::Commitment> VerifyValue(const LogKeys& keys,
                                               absl::string_view label,
                                               uint32_t version,
                                               const crypto::Opening& opening,
                                               absl::string_view value,
                                               const UpdateSuffix& suffix) {
  if (suffix.signature.has_value()) {
    const absl::Status signature = keys.leaf->Verify(
        EncodeUpdateTbs(keys.configuration, label, version, value),
        *suffix.signature);
    if (!signature.ok()) {
      return Refuse(RefusalReason::kValueSignature,
                    absl::StrCat("the operator has not signed the value of "
                                 "version ",
                                 version, ": ", signature.message()));
    }
  }
  return CommitToValue(opening, label, version, value, suffix);
}

absl::Status CheckCommitmentsBelow(uint32_t target,
                                   absl::Span<const uint32_t> versions,
                                   absl::Span<const BinaryLadderStep> steps) {
  for (size_t i = 0; i < std::min(versions.size(), steps.size()); ++i) {
    const bool has_commitment = steps[i].commitment.has_value();
    if (has_commitment == (versions[i] < target)) continue;
    return Refuse(
        RefusalReason::kLadder,
        absl::StrCat("binary_ladder ", has_commitment ? "has a" : "lacks the",
                     " commitment for version ", versions[i], " where ", target,
                     " is the greatest"));
  }
  return absl::OkStatus();
}

absl::StatusOr<LadderKeys> VerifySteps(
    const crypto::VrfPublicKey& key, absl::string_view label,
    absl::Span<const uint32_t> versions,
    absl::Span<const BinaryLadderStep> steps,
    const std::map<uint32_t, crypto::Commitment>& opened) {
  if (steps.size() != versions.size()) {
    return Refuse(RefusalReason::kElementCount,
                  absl::StrCat("binary_ladder has ", steps.size(),
                               " elements, expected ", versions.size()));
  }
  for (size_t i = 0; i < versions.size(); ++i) {
    if (steps[i].commitment.has_value() && opened.contains(versions[i])) {
      return Refuse(RefusalReason::kLadder,
                    absl::StrCat("binary_ladder has a commitment for version ",
                                 versions[i], ", whose value is shown"));
    }
  }
  LadderKeys keys;
  for (size_t i = 0; i < versions.size(); ++i) {
    SEALBOOK_ASSIGN_OR_RETURN(
        merkle::PrefixQuery query,
        VerifyVrf(key, label, versions[i], steps[i].proof));
    auto shown = opened.find(versions[i]);
    query.commitment = shown != opened.end() ? std::optional(shown->second)
                                             : steps[i].commitment;
    keys.emplace(versions[i], query);
  }
  return keys;
}

bool ContactsMonitor(const Configuration& configuration) {
  return configuration.mode == DeploymentMode::kContactMonitoring;
}

MonitoringObligation MakeObligation(absl::string_view label, uint64_t terminal,
                                    uint32_t version,
                                    const crypto::Opening& opening,
                                    const LadderKeys& keys) {
  MonitoringObligation owed{std::string(label), terminal, version, opening, {}};
  for (uint32_t needed : MonitoringBinaryLadder(version)) {
    const auto key = keys.find(needed);
    if (key == keys.end() || !key->second.commitment.has_value()) continue;
    owed.ladder.insert(*key);
  }
  return owed;
}

}  // namespace sealbook::keytrans
