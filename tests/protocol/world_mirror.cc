#include "tests/protocol/world_mirror.h"

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "keytrans/testing/fake_keys.h"
#include "tests/protocol/structure_mirror.h"
#include "tests/reference/algorithms.h"
#include "tests/reference/prover.h"

namespace sealbook {
namespace {

// Says which version of which label a leaf stands for.
void NameLeaf(reference::World& world, const std::string& label,
              uint32_t version, const keytrans::VersionFacts& facts) {
  for (reference::Leaf& leaf : world.entries[facts.position].added) {
    if (leaf.vrf_output != facts.vrf_output.view()) continue;
    leaf.label = label;
    leaf.version = version;
  }
}

// For each n the size of the auditor's tree when n entries are shown: any that
// does not lag too far behind, also a smaller one than before.
std::vector<uint64_t> AuditedSizes(const reference::World& world) {
  std::mt19937_64 random(world.entries.size());
  std::vector<uint64_t> sizes;
  for (uint64_t n = 1; n <= world.entries.size(); ++n) {
    const auto lag = [&](uint64_t size) {
      return world.entries[n - 1].timestamp - world.entries[size - 1].timestamp;
    };
    uint64_t smallest = n;
    while (smallest > 1 && lag(smallest - 1) <= world.config.max_auditor_lag) {
      --smallest;
    }
    sizes.push_back(smallest + random() % (n - smallest + 1));
  }
  return sizes;
}

}  // namespace

reference::World MirrorOf(const keytrans::TestLog& log) {
  reference::World world;
  const crypto::CipherSuite suite = log.configuration().ciphersuite;
  Mirror(log.configuration(), &world.config);
  world.vrf = [suite](const std::string& label, uint32_t version) {
    auto proven =
        keytrans::FakeProve(keytrans::EncodeVrfInput(label, version), suite);
    return reference::VrfResult{proven.output.ToString(), proven.proof.bytes};
  };
  world.sign = [](const std::string& tbs) { return keytrans::FakeSign(tbs); };
  world.open = [&log](const std::string& label, uint32_t version) {
    const auto& opened = log.labels().at(label)[version].opened;
    return reference::OpenedValue{opened.opening.ToString(), opened.value,
                                  opened.suffix.signature.value_or("")};
  };
  world.entries.resize(log.size());
  for (uint64_t i = 0; i < log.size(); ++i) {
    world.entries[i].timestamp = log.entries()[i].timestamp;
    for (const merkle::PrefixLeaf& leaf : log.added()[i]) {
      world.entries[i].added.push_back({"padding", static_cast<uint32_t>(i),
                                        leaf.vrf_output.ToString(),
                                        leaf.commitment.ToString()});
    }
  }
  for (const auto& [label, versions] : log.labels()) {
    for (uint32_t number = 0; number < versions.size(); ++number) {
      NameLeaf(world, label, number, versions[number].facts);
    }
  }
  if (world.config.mode == reference::DeploymentMode::kThirdPartyAuditing) {
    world.sign_auditor = world.sign;
    world.audited = [sizes = AuditedSizes(world)](uint64_t n) {
      return sizes[n - 1];
    };
  }
  return world;
}

keytrans::LogHead HeadOf(const keytrans::TestLog& log,
                         const reference::World& world, uint64_t n) {
  if (world.config.mode == reference::DeploymentMode::kThirdPartyAuditing) {
    return log.AuditedHead(n, world.audited(n));
  }
  return log.Sign(n, log.Root(n));
}

reference::PublicKeys FakePublicKeys(crypto::CipherSuite suite) {
  const auto verify = [](const std::string& tbs, const std::string& signature) {
    return signature == keytrans::FakeSign(tbs);
  };
  return {verify,
          [suite](const std::string& input,
                  const std::string& proof) -> std::optional<std::string> {
            auto proven = keytrans::FakeProve(input, suite);
            if (proof != proven.proof.bytes) return std::nullopt;
            return proven.output.ToString();
          },
          verify, verify};
}

keytrans::TreeView ViewOf(const reference::World& world, uint64_t n) {
  const reference::RetainedState state = reference::StateOf(world, n);
  const reference::TreeHead head = reference::SignedTreeHead(world, n);
  keytrans::TreeView view;
  view.tree_head = {head.tree_size, head.signature};
  for (const std::string& value : state.full_subtrees) {
    view.full_subtrees.push_back(*crypto::Hash::FromBytes(value));
  }
  for (const auto& [position, entry] : state.frontier) {
    view.frontier.push_back(
        {entry.timestamp, *crypto::Hash::FromBytes(entry.prefix_tree)});
  }
  if (state.auditor_tree_head.has_value()) {
    const reference::AuditorTreeHead& audited = *state.auditor_tree_head;
    view.auditor = {audited.timestamp, audited.tree_size, audited.signature};
  }
  return view;
}

keytrans::LadderKeys KeysOf(const reference::KnownVersions& known) {
  keytrans::LadderKeys keys;
  for (const auto& [version, what] : known) {
    merkle::PrefixQuery& key = keys[version];
    key.key = *crypto::VrfOutput::FromBytes(what.vrf_output);
    if (what.commitment.has_value()) {
      key.commitment = *crypto::Commitment::FromBytes(*what.commitment);
    }
  }
  return keys;
}

keytrans::OwnerState OwnerOf(const reference::OwnerState& owner) {
  keytrans::OwnerState ours;
  ours.label = owner.label;
  ours.start = owner.start;
  ours.at_start = reference::GreatestAt(owner.greatest, owner.start);
  for (const auto& [position, greatest] : owner.greatest) {
    if (position > owner.start) ours.changes.push_back({position, *greatest});
  }
  for (const auto& [position, version] : owner.map) {
    ours.entries.push_back({position, version});
  }
  ours.keys = KeysOf(owner.known);
  return ours;
}

}  // namespace sealbook
