#include "keytrans/verifier.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/algorithms.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/history_algorithms.h"
#include "keytrans/proof_consumer.h"
#include "keytrans/refusal.h"
#include "keytrans/verification.h"

namespace sealbook::keytrans {
namespace {

// "Search", steps 2 and 3 of the user's verification.
absl::StatusOr<LadderKeys> VerifyLadder(const LogKeys& log,
                                        const crypto::VrfPublicKey& key,
                                        const SearchRequest& request,
                                        const SearchResponse& response) {
  const bool fixed = request.version.has_value();
  const uint32_t target = fixed ? *request.version : *response.version;
  const std::vector<uint32_t> versions = BaseBinaryLadder(target);
  const std::vector<BinaryLadderStep>& steps = response.binary_ladder;
  // A fixed-version search may meet versions above its target, and does not
  // need every commitment (KEYTRANS rule 7).
  if (!fixed) {
    SEALBOOK_RETURN_IF_ERROR(CheckCommitmentsBelow(target, versions, steps));
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      const crypto::Commitment commitment,
      VerifyValue(log, request.label, target, response.opening, response.value,
                  response.suffix));
  return VerifySteps(key, request.label, versions, steps,
                     {{target, commitment}});
}

// A greatest-version search, or a fixed-version search for `target`.
absl::StatusOr<SearchOutcome> ConsumeSearch(ProofConsumer& consumer,
                                            const ShownTree& tree,
                                            const SearchRequest& request,
                                            uint32_t target) {
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, tree.size, request.last));
  KnownLookups known;
  return request.version.has_value()
             ? FindVersion(consumer, tree, known, target)
             : GreatestVersionSearch(consumer, tree, known, target);
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
  LogKeys keys{configuration, std::move(signature_key), nullptr, nullptr};
  const auto parse = [&](const std::string& key) {
    return crypto::SignaturePublicKey::Parse(configuration.ciphersuite, key);
  };
  if (configuration.mode == DeploymentMode::kThirdPartyAuditing) {
    SEALBOOK_ASSIGN_OR_RETURN(keys.auditor,
                              parse(configuration.auditor_public_key));
  }
  if (configuration.mode == DeploymentMode::kThirdPartyManagement) {
    SEALBOOK_ASSIGN_OR_RETURN(keys.leaf, parse(configuration.leaf_public_key));
  }
  return WithKeys(std::move(keys), std::move(vrf_key));
}

Verifier Verifier::WithKeys(
    LogKeys keys, std::shared_ptr<const crypto::VrfPublicKey> vrf_key) {
  return Verifier(std::move(keys), std::move(vrf_key));
}

absl::StatusOr<VerifiedVersion> Verifier::VerifySearch(
    const SearchRequest& request, const std::optional<TreeView>& retained,
    absl::string_view bytes, uint64_t now) const {
  SEALBOOK_RETURN_IF_ERROR(CheckOwnLabel(request.label));
  SEALBOOK_RETURN_IF_ERROR(CheckAdvertised(request.last, retained));
  auto parsed = SearchResponse::Parse(configuration(), request, bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, parsed.status()));
  SearchResponse& response = *parsed;
  SEALBOOK_ASSIGN_OR_RETURN(
      const ShownHead head,
      ShownHead::Of(keys_, response.full_tree_head, retained));
  SEALBOOK_ASSIGN_OR_RETURN(LadderKeys keys,
                            VerifyLadder(keys_, *vrf_key_, request, response));
  const uint32_t target =
      request.version.has_value() ? *request.version : *response.version;

  ProofConsumer consumer = head.Consume(response.search, keys);
  SEALBOOK_ASSIGN_OR_RETURN(
      SearchOutcome outcome,
      ConsumeSearch(consumer, ShownBy(configuration(), head.size()), request,
                    target));
  VerifiedVersion result;
  SEALBOOK_ASSIGN_OR_RETURN(result.view, head.Accept(consumer, now));
  result.version = target;
  result.value = std::move(response.value);
  result.opening = response.opening;
  result.terminal = outcome.terminal;
  if (outcome.MustMonitor() && ContactsMonitor(configuration())) {
    result.obligation = MakeObligation(request.label, outcome.terminal,
                                       result.version, result.opening, keys);
  }
  return result;
}

absl::StatusOr<VerifiedVersion> Verifier::VerifyNoSuchVersion(
    const SearchRequest& request, const std::optional<TreeView>& retained,
    absl::string_view bytes, uint64_t now) const {
  if (!request.version.has_value()) {
    return Refuse(RefusalReason::kMalformed,
                  "the answer denies a version, but none was asked for");
  }
  SearchRequest greatest = request;
  greatest.version.reset();
  SEALBOOK_ASSIGN_OR_RETURN(VerifiedVersion found,
                            VerifySearch(greatest, retained, bytes, now));
  if (found.version < *request.version) return found;
  return Refuse(RefusalReason::kLadder,
                absl::StrCat("version ", *request.version,
                             " is said not to exist, but the greatest is ",
                             found.version));
}

absl::StatusOr<VerifiedAbsence> Verifier::VerifyAbsence(
    const SearchRequest& request, const std::optional<TreeView>& retained,
    absl::string_view bytes, uint64_t now) const {
  SEALBOOK_RETURN_IF_ERROR(CheckOwnLabel(request.label));
  SEALBOOK_RETURN_IF_ERROR(CheckAdvertised(request.last, retained));
  auto parsed = AbsenceResponse::Parse(configuration(), bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, parsed.status()));
  SEALBOOK_ASSIGN_OR_RETURN(
      const ShownHead head,
      ShownHead::Of(keys_, parsed->full_tree_head, retained));
  SEALBOOK_ASSIGN_OR_RETURN(
      merkle::PrefixQuery query,
      VerifyVrf(*vrf_key_, request.label, 0, parsed->proof));
  LadderKeys keys = {{0, query}};

  ProofConsumer consumer = head.Consume(parsed->search, keys);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, head.size(), request.last));
  SEALBOOK_RETURN_IF_ERROR(
      AbsenceSearch(consumer, ShownBy(configuration(), head.size())));
  VerifiedAbsence result;
  SEALBOOK_ASSIGN_OR_RETURN(result.view, head.Accept(consumer, now));
  return result;
}

absl::Status CheckNoFork(const TreeView& a, const TreeView& b) {
  if (a.size() != b.size() || a.Root() == b.Root()) return absl::OkStatus();
  return Refuse(
      RefusalReason::kFork,
      absl::StrCat("the log signed two roots for tree size ", a.size(), ": ",
                   a.Root().ToHex(), " and ", b.Root().ToHex()));
}

std::optional<uint64_t> RightmostDistinguished(
    const Configuration& configuration, const TreeView& view) {
  // The frontier's timestamps are all that it takes.
  const CombinedTreeProof nothing;
  const LadderKeys no_keys;
  ProofConsumer retained(nothing, no_keys, view.size(), &view);
  const auto found =
      RightmostDistinguished(retained, ShownBy(configuration, view.size()));
  return found.ok() ? *found : std::nullopt;
}

}  // namespace sealbook::keytrans
