#include "tests/protocol/both_verifiers.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "keytrans/monitoring_map.h"
#include "keytrans/testing/fake_keys.h"
#include "tests/protocol/structure_mirror.h"
#include "tests/protocol/world_mirror.h"
#include "tests/reference/algorithms.h"

namespace sealbook {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;
using Entries = std::vector<keytrans::MonitorMapEntry>;

class CredulousKey : public crypto::SignaturePublicKey {
 public:
  absl::Status Verify(absl::string_view /*message*/,
                      absl::string_view /*signature*/) const override {
    return absl::OkStatus();
  }
};

Entries EntriesOf(const reference::MonitoringMap& map) {
  Entries entries;
  for (const auto& [position, version] : map) {
    entries.push_back({position, version});
  }
  return entries;
}

AssertionResult SameTree(const keytrans::TreeView& ours,
                         const reference::RetainedState& theirs) {
  if (ours.size() != theirs.tree_size) {
    return AssertionFailure() << "the tree sizes differ";
  }
  std::vector<std::string> subtrees;
  for (const crypto::Hash& value : ours.full_subtrees) {
    subtrees.push_back(value.ToString());
  }
  if (subtrees != theirs.full_subtrees) {
    return AssertionFailure() << "the full subtrees differ";
  }
  std::vector<keytrans::LogEntry> frontier;
  for (const auto& [position, entry] : theirs.frontier) {
    frontier.push_back(
        {entry.timestamp, *crypto::Hash::FromBytes(entry.prefix_tree)});
  }
  if (ours.frontier != frontier) {
    return AssertionFailure() << "the frontiers differ";
  }
  std::optional<reference::AuditorTreeHead> auditor;
  if (ours.auditor.has_value()) Mirror(*ours.auditor, &auditor.emplace());
  if (auditor != theirs.auditor_tree_head) {
    return AssertionFailure() << "the auditor's heads differ";
  }
  return AssertionSuccess();
}

AssertionResult SameView(const keytrans::TreeView& ours,
                         const reference::NewView& theirs) {
  if (ours.size() != theirs.tree_size) {
    return AssertionFailure() << "the tree sizes differ";
  }
  if (ours.Root().ToString() != theirs.root) {
    return AssertionFailure() << "the roots differ";
  }
  return SameTree(ours, theirs.state);
}

bool SameKeys(const keytrans::LadderKeys& ours,
              const keytrans::LadderKeys& theirs) {
  return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                    [](const auto& a, const auto& b) {
                      return a.first == b.first &&
                             a.second.key == b.second.key &&
                             a.second.commitment == b.second.commitment;
                    });
}

// `entries`: what ours is to hold.
AssertionResult SameOwner(const keytrans::OwnerState& ours,
                          const reference::OwnerState& theirs,
                          const Entries& entries, uint64_t size) {
  if (ours.label != theirs.label) {
    return AssertionFailure() << "the labels differ";
  }
  if (ours.start != theirs.start) {
    return AssertionFailure()
           << "start is " << ours.start << " and " << theirs.start;
  }
  if (ours.Greatest() != reference::GreatestKnown(theirs)) {
    return AssertionFailure() << "the greatest versions differ";
  }
  for (uint64_t position = ours.start; position < size; ++position) {
    if (ours.At(position) == reference::GreatestAt(theirs.greatest, position))
      continue;
    return AssertionFailure()
           << "the greatest versions at " << position << " differ";
  }
  if (ours.entries != entries) {
    return AssertionFailure() << "the maps differ";
  }
  const keytrans::LadderKeys known = KeysOf(theirs.known);
  for (const auto& [version, key] : ours.keys) {
    const auto same = known.find(version);
    if (same == known.end() || same->second.key != key.key ||
        same->second.commitment != key.commitment) {
      return AssertionFailure() << "the keys of " << version << " differ";
    }
  }
  return AssertionSuccess();
}

template <typename Ours, typename Theirs>
AssertionResult SameVerdict(const Judgement<Ours, Theirs>& judged) {
  if (judged.ours.ok() == judged.theirs.accepted.has_value()) {
    return AssertionSuccess();
  }
  return AssertionFailure() << judged.Words();
}

}  // namespace

keytrans::ContactMonitorRequest RequestOf(const Seen& seen,
                                          const BothContacts& contacts) {
  return {seen.last(), contacts.contact.label, EntriesOf(contacts.contact.map)};
}

keytrans::OwnerMonitorRequest RequestOf(const Seen& seen,
                                        const BothOwners& owners) {
  return {seen.last(), owners.ours.label, owners.ours.entries,
          owners.ours.start, owners.ours.Greatest()};
}

keytrans::UpdateRequest UpdateRequestOf(const Seen& seen,
                                        const BothOwners& owners) {
  return {seen.last(), owners.ours.label, owners.ours.Greatest(), {}};
}

AssertionResult Agree(const SearchJudgement& judged) {
  const AssertionResult same = SameVerdict(judged);
  if (!same || !judged.accepted()) return same;
  const auto& accepted = *judged.theirs.accepted;
  if (judged.ours->version != accepted.version ||
      judged.ours->value != accepted.value ||
      judged.ours->opening.ToString() != accepted.opening) {
    return AssertionFailure() << "the versions differ";
  }
  if (judged.ours->terminal != accepted.terminal ||
      judged.ours->obligation.has_value() != accepted.must_monitor) {
    return AssertionFailure() << "what is to be monitored differs";
  }
  return SameView(judged.ours->view, accepted);
}

AssertionResult Agree(const AbsenceJudgement& judged) {
  const AssertionResult same = SameVerdict(judged);
  if (!same || !judged.accepted()) return same;
  return SameView(judged.ours->view, *judged.theirs.accepted);
}

AssertionResult Agree(const WalkJudgement& judged) {
  const AssertionResult same = SameVerdict(judged);
  if (!same || !judged.accepted()) return same;
  const auto& accepted = *judged.theirs.accepted;
  if (judged.ours->entries.size() != accepted.entries.size()) {
    return AssertionFailure() << "the numbers of entries differ";
  }
  for (size_t i = 0; i < accepted.entries.size(); ++i) {
    const keytrans::DistinguishedEntry& entry = judged.ours->entries[i];
    const reference::DistinguishedEntry& other = accepted.entries[i];
    const reference::NewView tree{other.position + 1, other.log_root,
                                  accepted.states[i]};
    const AssertionResult same_tree = SameView(entry.Tree(), tree);
    if (!same_tree) return same_tree;
    if (entry.position != other.position ||
        entry.Root() != entry.Tree().Root() ||
        entry.entry != entry.frontier.back()) {
      return AssertionFailure() << "entry " << i << " differs";
    }
  }
  return SameView(judged.ours->view, accepted);
}

AssertionResult Agree(const CredentialJudgement& judged) {
  const AssertionResult same = SameVerdict(judged);
  if (!same || !judged.accepted()) return same;
  const keytrans::VerifiedCredential& ours = *judged.ours;
  const reference::AcceptedCredential& theirs = *judged.theirs.accepted;
  if (ours.label != theirs.label || ours.version != theirs.version ||
      ours.value != theirs.value || ours.position != theirs.position ||
      ours.opening.ToString() != theirs.opening) {
    return AssertionFailure() << "the versions differ";
  }
  if (ours.pending.has_value() != theirs.pending.has_value()) {
    return AssertionFailure() << "one is final";
  }
  if (!ours.pending.has_value()) return AssertionSuccess();
  if (ours.pending->terminal != theirs.pending->terminal ||
      ours.pending->prefix_root.ToString() != theirs.pending->prefix_root) {
    return AssertionFailure() << "the terminal entries differ";
  }
  if (!SameKeys(ours.pending->ladder, KeysOf(theirs.pending->known))) {
    return AssertionFailure() << "the ladders differ";
  }
  return SameTree(ours.pending->view, theirs.pending->state);
}

AssertionResult AgreeAboutTerminal(const CredentialJudgement& judged,
                                   const BothRecent& recent) {
  const auto ours =
      keytrans::Verifier::VerifyTerminal(*judged.ours, recent.ours);
  const reference::PendingCredential& pending =
      *judged.theirs.accepted->pending;
  const bool known = recent.theirs.contains(pending.terminal);
  const std::string theirs = reference::FinallyVerify(pending, recent.theirs);
  // Ours tells what is not known yet from what is refused.
  const bool agree = known ? ours.ok() == theirs.empty() && ours.value_or(true)
                           : ours.ok() && !*ours && !theirs.empty();
  if (agree) return AssertionSuccess();
  return AssertionFailure()
         << "ours: " << ours.status() << "; theirs: " << theirs;
}

AssertionResult Agree(const ContactJudgement& judged) {
  const AssertionResult same = SameVerdict(judged);
  if (!same || !judged.accepted()) return same;
  const auto& accepted = *judged.theirs.accepted;
  if (judged.ours->entries != EntriesOf(accepted.contact.map)) {
    return AssertionFailure() << "the maps differ";
  }
  return SameView(judged.ours->view, accepted);
}

AssertionResult Agree(const InitJudgement& judged) {
  AssertionResult same = SameVerdict(judged);
  if (!same || !judged.accepted()) return same;
  const auto& accepted = *judged.theirs.accepted;
  same = SameOwner(judged.ours->owner, accepted.owner, {}, accepted.tree_size);
  if (!same) return same;
  return SameView(judged.ours->view, accepted);
}

AssertionResult Agree(const MonitorJudgement& judged) {
  AssertionResult same = SameVerdict(judged);
  if (!same || !judged.accepted()) return same;
  const auto& accepted = *judged.theirs.accepted;
  if (judged.ours->complete != accepted.complete) {
    return AssertionFailure() << "one is complete";
  }
  same = SameOwner(judged.ours->owner, accepted.owner,
                   EntriesOf(accepted.owner.map), accepted.tree_size);
  if (!same) return same;
  return SameView(judged.ours->view, accepted);
}

AssertionResult Agree(const UpdateJudgement& judged) {
  AssertionResult same = SameVerdict(judged);
  if (!same || !judged.accepted()) return same;
  const auto& accepted = *judged.theirs.accepted;
  const auto& versions = judged.ours->versions;
  if (judged.ours->position != accepted.position ||
      versions.size() != accepted.versions.size()) {
    return AssertionFailure() << "the new versions differ";
  }
  for (size_t i = 0; i < versions.size(); ++i) {
    const reference::NewVersion& other = accepted.versions[i];
    if (versions[i].version != other.version ||
        versions[i].value != other.value ||
        versions[i].opening.ToString() != other.opening) {
      return AssertionFailure() << "new version " << i << " differs";
    }
  }
  same = SameOwner(judged.ours->owner, accepted.owner,
                   keytrans::MergeMonitoringMap(EntriesOf(accepted.owner.map)),
                   accepted.tree_size);
  if (!same) return same;
  return SameView(judged.ours->view, accepted);
}

BothVerifiers BothVerifiers::Credulous(
    const keytrans::Configuration& configuration) {
  reference::Configuration config;
  Mirror(configuration, &config);
  reference::PublicKeys keys = FakePublicKeys(configuration.ciphersuite);
  keys.verify = [](const std::string&, const std::string&) { return true; };
  keys.verify_auditor = keys.verify_update = keys.verify;
  const auto key = std::make_shared<CredulousKey>();
  return BothVerifiers(
      keytrans::Verifier::WithKeys(
          {configuration, key, /*auditor=*/key, /*leaf=*/key},
          std::make_shared<keytrans::FakeVrfKey>(configuration.ciphersuite)),
      config, keys);
}

SearchJudgement BothVerifiers::Search(const Seen& seen,
                                      const keytrans::SearchRequest& asked,
                                      const std::string& bytes,
                                      uint64_t now) const {
  return {ours_.VerifySearch(asked, seen.view, bytes, now),
          reference::VerifySearch(config_, keys_, seen.state, asked.Encode(),
                                  bytes, now)};
}

AbsenceJudgement BothVerifiers::Absence(const Seen& seen,
                                        const keytrans::SearchRequest& asked,
                                        const std::string& bytes,
                                        uint64_t now) const {
  return {ours_.VerifyAbsence(asked, seen.view, bytes, now),
          reference::VerifyAbsence(config_, keys_, seen.state, asked.Encode(),
                                   bytes, now)};
}

WalkJudgement BothVerifiers::Walk(const Seen& seen,
                                  const keytrans::DistinguishedRequest& asked,
                                  const std::string& bytes,
                                  uint64_t now) const {
  return {ours_.VerifyDistinguished(asked, seen.view, bytes, now),
          reference::VerifyDistinguished(config_, keys_, seen.state,
                                         asked.Encode(), bytes, now)};
}

CredentialJudgement BothVerifiers::Credential(const BothRecent& recent,
                                              const std::string& bytes) const {
  return {ours_.VerifyCredential(bytes, recent.ours),
          reference::VerifyCredential(config_, keys_, recent.theirs, bytes)};
}

CredentialUpdateJudgement BothVerifiers::CredentialUpdate(
    const CredentialJudgement& judged, const BothRecent& recent,
    const std::string& bytes) const {
  return {ours_.VerifyCredentialUpdate(*judged.ours, bytes, recent.ours),
          reference::VerifyCredentialUpdate(config_, keys_,
                                            *judged.theirs.accepted->pending,
                                            recent.theirs, bytes)};
}

ContactJudgement BothVerifiers::Contact(const Seen& seen,
                                        const BothContacts& contacts,
                                        const std::string& bytes,
                                        uint64_t now) const {
  const keytrans::ContactMonitorRequest asked = RequestOf(seen, contacts);
  return {
      ours_.VerifyContactMonitor(asked, seen.view, contacts.keys, bytes, now),
      reference::VerifyContactMonitor(config_, keys_, seen.state,
                                      contacts.contact, *asked.Encode(), bytes,
                                      now)};
}

InitJudgement BothVerifiers::Init(const Seen& seen,
                                  const keytrans::OwnerInitRequest& asked,
                                  const std::string& bytes,
                                  uint64_t now) const {
  return {ours_.VerifyOwnerInit(asked, seen.view, bytes, now),
          reference::VerifyOwnerInit(config_, keys_, seen.state,
                                     *asked.Encode(), bytes, now)};
}

MonitorJudgement BothVerifiers::Monitor(const Seen& seen,
                                        const BothOwners& owners,
                                        const std::string& bytes,
                                        uint64_t now) const {
  const keytrans::OwnerMonitorRequest asked = RequestOf(seen, owners);
  return {
      ours_.VerifyOwnerMonitor(asked, seen.view, owners.ours, bytes, now),
      reference::VerifyOwnerMonitor(config_, keys_, seen.state, owners.theirs,
                                    *asked.Encode(), bytes, now)};
}

UpdateJudgement BothVerifiers::Update(const Seen& seen,
                                      const BothOwners& owners,
                                      const keytrans::UpdateRequest& asked,
                                      const std::string& bytes,
                                      uint64_t now) const {
  return {ours_.VerifyUpdate(asked, seen.view, owners.ours, bytes, now),
          reference::VerifyUpdate(config_, keys_, seen.state, owners.theirs,
                                  *asked.Encode(), bytes, now)};
}

}  // namespace sealbook
