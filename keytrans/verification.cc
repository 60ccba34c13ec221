#include "keytrans/verification.h"

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

absl::StatusOr<uint64_t> ShownTreeSize(
    const FullTreeHead& head, const std::optional<TreeView>& retained) {
  if (!head.updated.has_value()) {
    if (!retained.has_value()) {
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
  if (retained.has_value() && size <= retained->size()) {
    return Refuse(RefusalReason::kTreeSize,
                  absl::StrCat("the updated tree head has tree size ", size,
                               ", not more than the ", retained->size(),
                               " that were advertised"));
  }
  return size;
}

absl::Status VerifyFullTreeHead(const Configuration& configuration,
                                const crypto::SignaturePublicKey& key,
                                const FullTreeHead& head,
                                const std::optional<TreeView>& retained,
                                uint64_t now, TreeView& view) {
  if (head.updated.has_value()) {
    absl::Status signature =
        key.Verify(EncodeTreeHeadTbs(configuration, view.size(), view.Root()),
                   head.updated->signature);
    if (!signature.ok()) {
      return Refuse(
          RefusalReason::kSignature,
          absl::StrCat(
              "the log's signature does not fit the root of tree size ",
              view.size(), " that the proof leads to: ", signature.message()));
    }
    view.tree_head = *head.updated;
  } else {
    // The root was computed from what was retained, whose head was verified.
    view.tree_head = retained->tree_head;
  }
  return CheckFreshness(configuration, view.Timestamp(), now);
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
