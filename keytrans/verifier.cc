#include "keytrans/verifier.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/algorithms.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/proof_consumer.h"
#include "keytrans/refusal.h"

namespace sealbook::keytrans {
namespace {

// Sizes above this cannot be reached, and would overflow positions.
constexpr uint64_t kMaxTreeSize = uint64_t{1} << 62;

absl::Status CheckRequest(const SearchRequest& request,
                          const std::optional<TreeView>& retained) {
  if (request.version.has_value()) {
    return absl::UnimplementedError(
        "fixed-version search is not spoken by this version");
  }
  if (request.label.size() > kMaxLabelSize) {
    return absl::FailedPreconditionError(absl::StrCat(
        "label has ", request.label.size(), " bytes, at most ", kMaxLabelSize));
  }
  if (request.last.has_value() != retained.has_value() ||
      (retained.has_value() && *request.last != retained->size())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the request advertises ",
        request.last ? absl::StrCat("tree size ", *request.last) : "no tree",
        ", the retained view ",
        retained ? absl::StrCat("has tree size ", retained->size())
                 : "is absent"));
  }
  return absl::OkStatus();
}

// "Full Tree Head Verification", the parts that need no root: the tree size
// that the answer is about.
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

// "Full Tree Head Verification" with the candidate root in `view`. Puts the
// verified tree head into it.
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

// "Search", steps 2 and 3 of the user's verification.
absl::StatusOr<LadderKeys> VerifyLadder(const crypto::VrfPublicKey& key,
                                        absl::string_view label,
                                        const SearchResponse& response) {
  const uint32_t target = *response.version;
  std::vector<uint32_t> versions = BaseBinaryLadder(target);
  if (response.binary_ladder.size() != versions.size()) {
    return Refuse(
        RefusalReason::kElementCount,
        absl::StrCat("binary_ladder has ", response.binary_ladder.size(),
                     " elements, expected ", versions.size(), " for version ",
                     target));
  }
  for (size_t i = 0; i < versions.size(); ++i) {
    bool has_commitment = response.binary_ladder[i].commitment.has_value();
    if (has_commitment != (versions[i] < target)) {
      return Refuse(
          RefusalReason::kLadder,
          absl::StrCat("binary_ladder ", has_commitment ? "has a" : "lacks the",
                       " commitment for version ", versions[i], " where ",
                       target, " is the greatest"));
    }
  }
  LadderKeys keys;
  for (size_t i = 0; i < versions.size(); ++i) {
    const BinaryLadderStep& step = response.binary_ladder[i];
    SEALBOOK_ASSIGN_OR_RETURN(merkle::PrefixQuery query,
                              VerifyVrf(key, label, versions[i], step.proof));
    query.commitment = step.commitment;
    keys.emplace(versions[i], query);
  }
  keys.at(target).commitment =
      CommitToValue(response.opening, label, target, response.value);
  return keys;
}

}  // namespace

absl::StatusOr<Verifier> Verifier::Create(const Configuration& configuration) {
  SEALBOOK_ASSIGN_OR_RETURN(
      auto signature_key,
      crypto::SignaturePublicKey::Parse(configuration.ciphersuite,
                                        configuration.signature_public_key));
  SEALBOOK_ASSIGN_OR_RETURN(
      auto vrf_key, crypto::VrfPublicKey::Parse(configuration.ciphersuite,
                                                configuration.vrf_public_key));
  return WithKeys(configuration, std::move(signature_key), std::move(vrf_key));
}

Verifier Verifier::WithKeys(
    const Configuration& configuration,
    std::shared_ptr<const crypto::SignaturePublicKey> signature_key,
    std::shared_ptr<const crypto::VrfPublicKey> vrf_key) {
  Verifier verifier(configuration);
  verifier.signature_key_ = std::move(signature_key);
  verifier.vrf_key_ = std::move(vrf_key);
  return verifier;
}

absl::StatusOr<VerifiedVersion> Verifier::VerifySearch(
    const SearchRequest& request, const std::optional<TreeView>& retained,
    absl::string_view bytes, uint64_t now) const {
  SEALBOOK_RETURN_IF_ERROR(CheckRequest(request, retained));
  auto parsed = SearchResponse::Parse(configuration_, request, bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, parsed.status()));
  SearchResponse& response = *parsed;
  SEALBOOK_ASSIGN_OR_RETURN(uint64_t size,
                            ShownTreeSize(response.full_tree_head, retained));
  SEALBOOK_ASSIGN_OR_RETURN(LadderKeys keys,
                            VerifyLadder(*vrf_key_, request.label, response));

  ProofConsumer consumer(response.search, keys, size,
                         retained ? &*retained : nullptr);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, size, request.last));
  SEALBOOK_ASSIGN_OR_RETURN(
      SearchOutcome outcome,
      GreatestVersionSearch(consumer, size,
                            configuration_.reasonable_monitoring_window,
                            *response.version));
  VerifiedVersion result;
  SEALBOOK_ASSIGN_OR_RETURN(result.view, consumer.Finish());
  SEALBOOK_RETURN_IF_ERROR(VerifyFullTreeHead(configuration_, *signature_key_,
                                              response.full_tree_head, retained,
                                              now, result.view));
  result.version = *response.version;
  result.value = std::move(response.value);
  result.opening = response.opening;
  result.terminal = outcome.terminal;
  if (outcome.MustMonitor()) {
    result.obligation = MonitoringObligation{request.label, outcome.terminal,
                                             result.version, result.opening};
  }
  return result;
}

absl::StatusOr<VerifiedAbsence> Verifier::VerifyAbsence(
    const SearchRequest& request, const std::optional<TreeView>& retained,
    absl::string_view bytes, uint64_t now) const {
  SEALBOOK_RETURN_IF_ERROR(CheckRequest(request, retained));
  auto parsed = AbsenceResponse::Parse(configuration_, bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, parsed.status()));
  SEALBOOK_ASSIGN_OR_RETURN(uint64_t size,
                            ShownTreeSize(parsed->full_tree_head, retained));
  SEALBOOK_ASSIGN_OR_RETURN(
      merkle::PrefixQuery query,
      VerifyVrf(*vrf_key_, request.label, 0, parsed->proof));
  LadderKeys keys = {{0, query}};

  ProofConsumer consumer(parsed->search, keys, size,
                         retained ? &*retained : nullptr);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, size, request.last));
  SEALBOOK_RETURN_IF_ERROR(AbsenceSearch(
      consumer, size, configuration_.reasonable_monitoring_window));
  VerifiedAbsence result;
  SEALBOOK_ASSIGN_OR_RETURN(result.view, consumer.Finish());
  SEALBOOK_RETURN_IF_ERROR(VerifyFullTreeHead(configuration_, *signature_key_,
                                              parsed->full_tree_head, retained,
                                              now, result.view));
  return result;
}

absl::Status CheckNoFork(const TreeView& a, const TreeView& b) {
  if (a.size() != b.size() || a.Root() == b.Root()) return absl::OkStatus();
  return Refuse(
      RefusalReason::kFork,
      absl::StrCat("the log signed two roots for tree size ", a.size(), ": ",
                   a.Root().ToHex(), " and ", b.Root().ToHex()));
}

}  // namespace sealbook::keytrans
