#include "tests/reference/credential_prover.h"

#include <set>
#include <vector>

#include "tests/reference/algorithms.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"
#include "tests/reference/prover.h"
#include "tests/reference/recorder.h"
#include "tests/reference/require.h"
#include "tests/reference/response_parts.h"

namespace sealbook::reference {
namespace {

// What both types have, in the tree of n entries.
Credential Begin(const World& world, uint64_t n, const std::string& label,
                 uint64_t position, std::optional<uint32_t> claim) {
  const std::optional<uint32_t> greatest =
      claim.has_value() ? claim : GreatestVersion(world, n - 1, label);
  Require(greatest.has_value(), "the label does not exist");
  Credential out;
  out.label = label;
  out.version = *greatest;
  const OpenedValue opened = world.open(label, *greatest);
  out.opening = opened.opening;
  out.value = opened.update();
  for (uint32_t version : BaseLadder(greatest)) {
    out.binary_ladder.push_back(
        BuildStep(world, n, label, version, version == *greatest));
  }
  out.position = position;
  return out;
}

}  // namespace

Credential BuildStandardCredential(const World& world, const std::string& label,
                                   uint64_t position,
                                   std::optional<uint32_t> claim) {
  Credential out = Begin(world, position + 1, label, position, claim);
  out.credential_type = CredentialType::kStandard;
  Recorder recorder(world, position + 1, std::nullopt, label);
  recorder.BeginProof(position);
  for (uint32_t version :
       SearchLadder(out.version, GreatestVersion(world, position, label))) {
    (void)recorder.LookUp(version);
  }
  recorder.EndProof();
  out.distinguished = recorder.Proof({}).prefix_proofs[0];
  return out;
}

Credential BuildProvisionalCredential(const World& world, uint64_t n,
                                      const std::string& label,
                                      uint64_t position,
                                      std::optional<uint32_t> claim) {
  Credential out = Begin(world, n, label, position, claim);
  out.credential_type = CredentialType::kProvisional;
  out.tree_head = SignedTreeHead(world, n);
  Recorder recorder(world, n, position + 1, label);
  Algorithms run(world.config, n, position + 1, &recorder);
  run.UpdateTheView();
  (void)run.SearchGreatestVersion(out.version);
  out.search = recorder.Proof({});
  return out;
}

CredentialUpdate BuildCredentialUpdate(const World& world,
                                       const std::string& label,
                                       uint32_t version, uint64_t tree_size,
                                       uint64_t terminal,
                                       uint64_t distinguished) {
  const uint64_t n = distinguished + 1;
  Recorder recorder(world, n, tree_size, label);
  Algorithms run(world.config, n, tree_size, &recorder);
  run.UpdateTheView();
  if (world.config.mode == DeploymentMode::kContactMonitoring) {
    run.MonitorCredential(terminal, version);
  }
  return {recorder.Proof({})};
}

std::optional<uint64_t> FirstDistinguishedAfter(const World& world, uint64_t n,
                                                uint64_t terminal) {
  std::vector<uint64_t> timestamps;
  for (uint64_t x = 0; x < n; ++x) {
    timestamps.push_back(world.entries[x].timestamp);
  }
  const std::set<uint64_t> distinguished =
      Distinguished(timestamps, world.config.reasonable_monitoring_window);
  const auto first = distinguished.lower_bound(terminal);
  if (first == distinguished.end() || *first == terminal) return std::nullopt;
  return *first;
}

std::string MakeStandardCredential(const World& world, const std::string& label,
                                   uint64_t position) {
  return EncodeFor(world, BuildStandardCredential(world, label, position));
}

std::string MakeProvisionalCredential(const World& world, uint64_t n,
                                      const std::string& label,
                                      uint64_t position) {
  return EncodeFor(world,
                   BuildProvisionalCredential(world, n, label, position));
}

std::string MakeCredentialUpdate(const World& world, const std::string& label,
                                 uint32_t version, uint64_t tree_size,
                                 uint64_t terminal, uint64_t distinguished) {
  return EncodeFor(
      world, BuildCredentialUpdate(world, label, version, tree_size, terminal,
                                   distinguished));
}

}  // namespace sealbook::reference
