// [KT] "Credentials", as who receives one verifies it.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/algorithms.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/credential_structures.h"
#include "keytrans/monitor_algorithms.h"
#include "keytrans/proof_consumer.h"
#include "keytrans/refusal.h"
#include "keytrans/search_ladder.h"
#include "keytrans/verification.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

// The tree that ended at `position`; null: it is not among `recent`.
const TreeView* TreeEndingAt(uint64_t position,
                             absl::Span<const TreeView> recent) {
  const auto found = std::find_if(
      recent.begin(), recent.end(),
      [position](const TreeView& t) { return t.size() == position + 1; });
  return found == recent.end() ? nullptr : &*found;
}

// Steps 2 to 4 of "Credentials".
absl::StatusOr<LadderKeys> VerifyCredentialLadder(
    const LogKeys& log, const crypto::VrfPublicKey& key,
    const Credential& credential) {
  // Step 2.
  SEALBOOK_ASSIGN_OR_RETURN(
      const crypto::Commitment commitment,
      VerifyValue(log, credential.label, credential.version, credential.opening,
                  credential.value, credential.suffix));
  const std::vector<uint32_t> versions = BaseBinaryLadder(credential.version);
  SEALBOOK_RETURN_IF_ERROR(CheckCommitmentsBelow(credential.version, versions,
                                                 credential.binary_ladder));
  return VerifySteps(key, credential.label, versions, credential.binary_ladder,
                     {{credential.version, commitment}});
}

// "Standard". The prefix root is compared with the one retained by the
// consumer.
absl::Status VerifyStandard(const StandardCredential& proof, uint32_t version,
                            const LadderKeys& keys, const TreeView& base) {
  CombinedTreeProof only;
  only.prefix_proofs = {proof.distinguished};
  ProofConsumer consumer(only, keys, base.size(), &base);
  KnownLookups nothing_known;
  SearchLadder ladder(consumer, nothing_known, version);
  SEALBOOK_ASSIGN_OR_RETURN(const LadderOutcome outcome,
                            ladder.Obtain(base.size() - 1));
  if (outcome != LadderOutcome::kEqual) {
    return Refuse(
        RefusalReason::kLadder,
        absl::StrCat("log entry ", base.size() - 1, " has a ",
                     outcome == LadderOutcome::kLess ? "smaller" : "greater",
                     " version than ", version));
  }
  return consumer.Finish().status();
}

// "Provisional": the initial verification.
absl::StatusOr<VerifiedCredential::Pending> VerifyProvisional(
    const LogKeys& heads, const ProvisionalCredential& proof, uint32_t version,
    const LadderKeys& keys, const TreeView& base) {
  const uint64_t position = base.size() - 1;
  FullTreeHead shown;
  shown.updated = proof.tree_head;
  const std::optional<TreeView> retained = base;
  SEALBOOK_ASSIGN_OR_RETURN(const ShownHead head,
                            ShownHead::Of(heads, shown, retained));
  ProofConsumer consumer = head.Consume(proof.search, keys);
  SEALBOOK_RETURN_IF_ERROR(UpdateView(consumer, head.size(), base.size()));
  KnownLookups known;
  SEALBOOK_ASSIGN_OR_RETURN(
      const SearchOutcome outcome,
      GreatestVersionSearch(consumer, ShownBy(heads.configuration, head.size()),
                            known, version));
  if (outcome.terminal <= position) {
    return Refuse(
        RefusalReason::kLadder,
        absl::StrCat("log entry ", position, " holds version ", version,
                     " already: a standard credential would show it"));
  }
  VerifiedCredential::Pending pending;
  SEALBOOK_ASSIGN_OR_RETURN(pending.view, head.AcceptCredential(consumer));
  pending.terminal = outcome.terminal;
  pending.prefix_root = consumer.PrefixRootOf(outcome.terminal);
  for (uint32_t needed : MonitoringBinaryLadder(version)) {
    pending.ladder.insert(*keys.find(needed));
  }
  return pending;
}

}  // namespace

absl::StatusOr<VerifiedCredential> Verifier::VerifyCredential(
    absl::string_view bytes, absl::Span<const TreeView> recent) const {
  auto credential = Credential::Parse(configuration(), bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, credential.status()));
  // Step 1.
  const TreeView* base = TreeEndingAt(credential->position, recent);
  if (base == nullptr) {
    return absl::NotFoundError(absl::StrCat(
        "the credential is based on log entry ", credential->position,
        ", which is not among the recent distinguished ones that are known"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      const LadderKeys keys,
      VerifyCredentialLadder(keys_, *vrf_key_, *credential));
  VerifiedCredential verified;
  if (const auto* standard =
          std::get_if<StandardCredential>(&credential->proof)) {
    SEALBOOK_RETURN_IF_ERROR(
        VerifyStandard(*standard, credential->version, keys, *base));
  } else {
    SEALBOOK_ASSIGN_OR_RETURN(
        verified.pending,
        VerifyProvisional(keys_,
                          std::get<ProvisionalCredential>(credential->proof),
                          credential->version, keys, *base));
  }
  verified.label = std::move(credential->label);
  verified.version = credential->version;
  verified.opening = credential->opening;
  verified.value = std::move(credential->value);
  verified.position = credential->position;
  return verified;
}

absl::StatusOr<bool> Verifier::VerifyTerminal(
    const VerifiedCredential& credential, absl::Span<const TreeView> recent) {
  if (!credential.pending.has_value()) return true;
  const TreeView* known = TreeEndingAt(credential.pending->terminal, recent);
  if (known == nullptr) return false;
  if (known->frontier.back().prefix_root == credential.pending->prefix_root) {
    return true;
  }
  return Refuse(
      RefusalReason::kRootMismatch,
      absl::StrCat("log entry ", credential.pending->terminal,
                   " has another prefix root than the credential has shown"));
}

const TreeView* CredentialUpdateBase(const VerifiedCredential& credential,
                                     absl::Span<const TreeView> recent) {
  if (!credential.pending.has_value()) return nullptr;
  const TreeView* first = nullptr;
  for (const TreeView& tree : recent) {
    if (tree.size() <= credential.pending->terminal ||
        tree.size() < credential.pending->view.size()) {
      continue;
    }
    if (first == nullptr || tree.size() < first->size()) first = &tree;
  }
  return first;
}

absl::Status Verifier::VerifyCredentialUpdate(
    const VerifiedCredential& credential, absl::string_view bytes,
    absl::Span<const TreeView> recent) const {
  if (!credential.pending.has_value()) return absl::OkStatus();
  const VerifiedCredential::Pending& pending = *credential.pending;
  auto update = CredentialUpdate::Parse(bytes);
  SEALBOOK_RETURN_IF_ERROR(
      RefuseIfError(RefusalReason::kMalformed, update.status()));
  const TreeView* base = CredentialUpdateBase(credential, recent);
  if (base == nullptr) {
    return absl::NotFoundError(absl::StrCat(
        "no recent distinguished log entry at or right of ",
        std::max(pending.terminal, pending.view.size() - 1),
        " is known yet, which is needed to verify the credential finally"));
  }
  ProofConsumer consumer(update->monitor, pending.ladder, base->size(),
                         &pending.view);
  SEALBOOK_RETURN_IF_ERROR(
      UpdateView(consumer, base->size(), pending.view.size()));
  if (ContactsMonitor(configuration())) {
    ShownTree tree = ShownBy(configuration(), base->size());
    tree.rightmost_distinguished = true;
    const MonitorMapEntry entry{pending.terminal, credential.version};
    SEALBOOK_ASSIGN_OR_RETURN(
        const auto remaining,
        MonitorContact(consumer, tree, {entry}, /*owner_start=*/std::nullopt));
    if (!remaining.empty()) {
      return Refuse(
          RefusalReason::kLadder,
          absl::StrCat("the path of log entry ", pending.terminal,
                       " does not lead to log entry ", base->size() - 1));
    }
  }
  SEALBOOK_ASSIGN_OR_RETURN(const TreeView view, consumer.Finish());
  if (view.Root() == base->Root()) return absl::OkStatus();
  return Refuse(RefusalReason::kFork,
                absl::StrCat("the credential's tree leads to another root of ",
                             base->size(), " log entries than the one known"));
}

}  // namespace sealbook::keytrans
