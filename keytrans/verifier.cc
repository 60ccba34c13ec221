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
absl::StatusOr<LadderKeys> VerifyLadder(const crypto::VrfPublicKey& key,
                                        const SearchRequest& request,
                                        const SearchResponse& response) {
  const bool fixed = request.version.has_value();
  const uint32_t target = fixed ? *request.version : *response.version;
  const std::vector<uint32_t> versions = BaseBinaryLadder(target);
  const std::vector<BinaryLadderStep>& steps = response.binary_ladder;
  // A fixed-version search may meet versions above its target, and does not
  // need every commitment (KEYTRANS rule 7).
  for (size_t i = 0; !fixed && i < std::min(versions.size(), steps.size());
       ++i) {
    const bool has_commitment = steps[i].commitment.has_value();
    if (has_commitment != (versions[i] < target)) {
      return Refuse(
          RefusalReason::kLadder,
          absl::StrCat("binary_ladder ", has_commitment ? "has a" : "lacks the",
                       " commitment for version ", versions[i], " where ",
                       target, " is the greatest"));
    }
  }
  return VerifySteps(key, request.label, versions, steps,
                     {{target, CommitToValue(response.opening, request.label,
                                             target, response.value)}});
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
  SEALBOOK_RETURN_IF_ERROR(CheckModeSpoken(configuration));
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
  SEALBOOK_RETURN_IF_ERROR(CheckOwnLabel(request.label));
  SEALBOOK_RETURN_IF_ERROR(CheckAdvertised(request.last, retained));
  auto parsed = SearchResponse::Parse(configuration_, request, bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, parsed.status()));
  SearchResponse& response = *parsed;
  SEALBOOK_ASSIGN_OR_RETURN(uint64_t size,
                            ShownTreeSize(response.full_tree_head, retained));
  SEALBOOK_ASSIGN_OR_RETURN(LadderKeys keys,
                            VerifyLadder(*vrf_key_, request, response));
  const uint32_t target =
      request.version.has_value() ? *request.version : *response.version;

  ProofConsumer consumer(response.search, keys, size,
                         retained ? &*retained : nullptr);
  SEALBOOK_ASSIGN_OR_RETURN(
      SearchOutcome outcome,
      ConsumeSearch(consumer, ShownBy(configuration_, size), request, target));
  VerifiedVersion result;
  SEALBOOK_ASSIGN_OR_RETURN(result.view, consumer.Finish());
  SEALBOOK_RETURN_IF_ERROR(VerifyFullTreeHead(configuration_, *signature_key_,
                                              response.full_tree_head, retained,
                                              now, result.view));
  result.version = target;
  result.value = std::move(response.value);
  result.opening = response.opening;
  result.terminal = outcome.terminal;
  if (outcome.MustMonitor()) {
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
  SEALBOOK_RETURN_IF_ERROR(
      AbsenceSearch(consumer, ShownBy(configuration_, size)));
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
