#include "tests/reference/credential_verifier.h"

#include <set>
#include <utility>
#include <vector>

#include "tests/reference/algorithms.h"
#include "tests/reference/consumer.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"
#include "tests/reference/log_tree.h"
#include "tests/reference/verification.h"

namespace sealbook::reference {
namespace {

// As in algorithms.cc.
constexpr size_t kRecent = 10;

std::string LogRootOf(const RetainedState& state) {
  return EvaluateLog(state.tree_size, {}, state.tree_size, state.full_subtrees,
                     {})
      .root;
}

bool Expired(const Configuration& config, uint64_t timestamp,
             uint64_t rightmost) {
  return config.maximum_lifetime.has_value() &&
         rightmost - timestamp >= *config.maximum_lifetime;
}

// "Standard".
void VerifyStandard(const Credential& in, Consumer* consumer) {
  CombinedTreeProof proof;
  proof.prefix_proofs = {in.distinguished};
  if (!consumer->ReadSize(in.position + 1, proof)) return;
  consumer->BeginProof(in.position);
  for (uint32_t version : BaseLadder(in.version)) {  // step 1
    const bool exists = consumer->LookUp(version);
    if (consumer->failed()) return;
    if (exists == (version <= in.version)) continue;
    consumer->Fail(exists ? "credential: a greater version is included"
                          : "credential: a version of the ladder is missing");
  }
  consumer->EndProof();  // step 2, against what is retained of the entry
}

// "Provisional", the initial verification.
PendingCredential VerifyProvisional(const Configuration& config,
                                    const Credential& in, Consumer* consumer) {
  PendingCredential out;
  if (!consumer->ReadTreeHead(in.tree_head, in.search)) return out;
  if (in.tree_head.tree_size <= in.position) {  // step 1
    consumer->Fail("credential: a tree that ends before its position");
    return out;
  }
  Algorithms run(config, consumer->n(), in.position + 1, consumer);
  run.UpdateTheView();
  out.terminal = run.SearchGreatestVersion(in.version).value_or(0);  // step 2
  if (!consumer->failed() && out.terminal <= in.position) {
    consumer->Fail("credential: its terminal entry is not right of it");
  }
  if (!consumer->Finish({})) return out;  // steps 3 and 4
  out.label = in.label;
  out.version = in.version;
  out.prefix_root = consumer->PrefixRootOf(out.terminal);
  out.state = consumer->View().state;
  for (uint32_t version : MonitoringLadder(in.version)) {
    out.known[version] = consumer->known().at(version);
  }
  return out;
}

}  // namespace

RecentEntries Refresh(const Configuration& config, const RecentEntries& before,
                      const AcceptedWalk& walk) {
  RecentEntries out = before;
  for (size_t i = 0; i < walk.entries.size(); ++i) {
    out[walk.entries[i].position] = walk.states[i];
  }
  const uint64_t rightmost = walk.state.frontier.rbegin()->second.timestamp;
  std::erase_if(out, [&](const auto& entry) {
    return Expired(config, entry.second.frontier.at(entry.first).timestamp,
                   rightmost);
  });
  while (out.size() > kRecent) out.erase(out.begin());
  return out;
}

RecentEntries RecentIn(const World& world, uint64_t n) {
  std::vector<uint64_t> timestamps;
  for (uint64_t x = 0; x < n; ++x) {
    timestamps.push_back(world.entries[x].timestamp);
  }
  RecentEntries out;
  for (uint64_t x :
       Distinguished(timestamps, world.config.reasonable_monitoring_window)) {
    if (Expired(world.config, timestamps[x], timestamps.back())) continue;
    out[x] = StateOf(world, x + 1);
    out[x].auditor_tree_head.reset();
  }
  while (out.size() > kRecent) out.erase(out.begin());
  return out;
}

Verdict<AcceptedCredential> VerifyCredential(const Configuration& config,
                                             const PublicKeys& keys,
                                             const RecentEntries& recent,
                                             const std::string& credential) {
  const Decoded<Credential> in =
      Decode<Credential>(credential, config.ciphersuite, config.mode);
  if (!in.value.has_value()) {
    return {std::nullopt, "credential: " + in.error};
  }
  const Credential& shown = *in.value;
  const auto known = recent.find(shown.position);  // step 1
  if (known == recent.end()) {
    return {std::nullopt,
            "credential: of an entry that is not known as recent"};
  }
  const std::optional<RetainedState> state = known->second;
  Consumer consumer(config, keys, state, 0);
  if (!consumer.ReadUser(shown.position + 1) ||
      !consumer.ReadLadder(shown.binary_ladder, shown.label, shown.version,
                           AboveTarget::kDoesNotExist) ||  // steps 3 and 4
      !consumer.ReadValue(shown.label, shown.version, shown.opening,
                          shown.value)) {  // steps 2 and 4
    return {std::nullopt, consumer.error()};
  }
  AcceptedCredential out;
  out.label = shown.label;
  out.version = shown.version;
  out.value = shown.value.value;
  out.opening = shown.opening;
  out.position = shown.position;
  if (shown.credential_type == CredentialType::kStandard) {
    VerifyStandard(shown, &consumer);
  } else {
    out.pending = VerifyProvisional(config, shown, &consumer);
  }
  if (consumer.failed()) return {std::nullopt, consumer.error()};
  return {std::move(out), ""};
}

std::string FinallyVerify(const PendingCredential& pending,
                          const RecentEntries& recent) {
  const auto known = recent.find(pending.terminal);
  if (known == recent.end()) {
    return "credential: its terminal entry is not known as distinguished";
  }
  if (known->second.frontier.at(pending.terminal).prefix_tree !=
      pending.prefix_root) {
    return "credential: its terminal entry has another prefix root";
  }
  return "";
}

std::optional<uint64_t> DistinguishedFor(const PendingCredential& pending,
                                         const RecentEntries& recent) {
  const auto first = recent.lower_bound(pending.terminal);
  if (first == recent.end() || first->first == pending.terminal) {
    return std::nullopt;
  }
  return first->first;
}

std::string VerifyCredentialUpdate(const Configuration& config,
                                   const PublicKeys& keys,
                                   const PendingCredential& pending,
                                   const RecentEntries& recent,
                                   const std::string& update) {
  const Decoded<CredentialUpdate> in =
      Decode<CredentialUpdate>(update, config.ciphersuite, config.mode);
  if (!in.value.has_value()) return "credential update: " + in.error;
  const std::optional<uint64_t> distinguished =
      DistinguishedFor(pending, recent);  // step 1
  if (!distinguished.has_value()) {
    return "credential update: no distinguished entry is known to the right";
  }
  if (*distinguished < pending.state.tree_size) {
    return "credential update: leads back into the credential's tree";
  }
  const std::optional<RetainedState> state = pending.state;
  Consumer consumer(config, keys, state, 0);
  for (const auto& [version, what] : pending.known) {
    consumer.SetKnown(version, what);
  }
  if (!consumer.ReadUser(pending.state.tree_size) ||
      !consumer.ReadSize(*distinguished + 1, in.value->monitor)) {
    return consumer.error();
  }
  Algorithms run(config, consumer.n(), pending.state.tree_size, &consumer);
  run.UpdateTheView();  // step 2
  if (config.mode == DeploymentMode::kContactMonitoring) {
    run.MonitorCredential(pending.terminal, pending.version);
  }
  if (!consumer.Finish({})) return consumer.error();  // step 3
  if (consumer.View().root != LogRootOf(recent.at(*distinguished))) {
    return "credential update: leads to another log than the one that is known";
  }
  return "";
}

}  // namespace sealbook::reference
