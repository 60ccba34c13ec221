#include "tests/reference/fake_world.h"

#include <algorithm>
#include <random>

#include "tests/reference/hash.h"

namespace sealbook::reference {
namespace {

// Hash output stretched to `size` bytes, different for each purpose.
std::string Stretch(const std::string& purpose, const std::string& bytes,
                    size_t size) {
  std::string out;
  for (char block = 0; out.size() < size; ++block) {
    out += Sha256(purpose + block + bytes);
  }
  return out.substr(0, size);
}

VrfResult Vrf(const std::string& input, uint16_t suite) {
  return {Stretch("vrf output", input, kVrfOutputSize),
          Stretch("vrf proof", input, VrfProofSize(suite))};
}

std::string Signature(const std::string& message) {
  return Stretch("signature", message, 64);
}

std::string AuditorSignature(const std::string& message) {
  return Stretch("auditor's signature", message, 64);
}

std::string UpdateSignature(const std::string& message) {
  return Stretch("update signature", message, 64);
}

OpenedValue Open(const std::string& label, uint32_t version) {
  const std::string input = Encode(VrfInput{label, version});
  return {Stretch("opening", input, kOpeningSize),
          label + " " + std::to_string(version), ""};
}

// Not std::uniform_int_distribution, which differs between libraries.
uint64_t Below(uint64_t bound, std::mt19937_64* random) {
  return (*random)() % bound;
}

}  // namespace

Configuration FakeConfiguration(uint16_t suite, DeploymentMode mode) {
  const bool p256 = suite == kSuiteP256;
  Configuration config;
  config.ciphersuite = suite;
  config.mode = mode;
  config.signature_public_key = std::string(p256 ? 65 : 32, 's');
  config.vrf_public_key = std::string(p256 ? 33 : 32, 'v');
  if (mode == DeploymentMode::kThirdPartyManagement) {
    config.leaf_public_key = std::string(p256 ? 65 : 32, 'l');
  }
  if (mode == DeploymentMode::kThirdPartyAuditing) {
    config.auditor_public_key = std::string(p256 ? 65 : 32, 'a');
    config.max_auditor_lag = 400;
  }
  config.max_ahead = 100;
  config.max_behind = 5000;
  config.reasonable_monitoring_window = 1000;
  return config;
}

World FakeWorld(Configuration config) {
  World world;
  world.config = std::move(config);
  const uint16_t suite = world.config.ciphersuite;
  world.vrf = [suite](const std::string& label, uint32_t version) {
    return Vrf(Encode(VrfInput{label, version}), suite);
  };
  world.sign = Signature;
  world.open = [config = world.config](const std::string& label,
                                       uint32_t version) {
    OpenedValue opened = Open(label, version);
    if (config.mode == DeploymentMode::kThirdPartyManagement) {
      opened.signature = UpdateSignature(
          Encode(UpdateTBS{config, label, version, opened.value}));
    }
    return opened;
  };
  world.sign_auditor = AuditorSignature;
  world.audited = [](uint64_t n) { return n; };
  return world;
}

PublicKeys FakeKeys(uint16_t suite) {
  PublicKeys keys;
  keys.verify = [](const std::string& message, const std::string& signature) {
    return signature == Signature(message);
  };
  keys.verify_auditor = [](const std::string& message,
                           const std::string& signature) {
    return signature == AuditorSignature(message);
  };
  keys.verify_update = [](const std::string& message,
                          const std::string& signature) {
    return signature == UpdateSignature(message);
  };
  keys.vrf_verify =
      [suite](const std::string& input,
              const std::string& proof) -> std::optional<std::string> {
    const VrfResult expected = Vrf(input, suite);
    if (proof != expected.proof) return std::nullopt;
    return expected.output;
  };
  return keys;
}

Leaf FakeLeaf(const std::string& label, uint32_t version) {
  const OpenedValue opened = Open(label, version);
  return {label, version,
          Vrf(Encode(VrfInput{label, version}), kSuiteP256).output,
          Commit({opened.opening, label, version, {opened.value, {}}})};
}

Leaf FakeLeaf(const World& world, const std::string& label, uint32_t version) {
  const OpenedValue opened = world.open(label, version);
  return {label, version, VrfOf(world, label, version).output,
          Commit({opened.opening, label, version, opened.update()},
                 world.config.mode)};
}

void AddEntry(World* world, uint64_t timestamp,
              const std::vector<std::pair<std::string, uint32_t>>& added) {
  Entry& entry = world->entries.emplace_back();
  entry.timestamp = timestamp;
  for (const auto& [label, version] : added) {
    entry.added.push_back(FakeLeaf(*world, label, version));
  }
}

World RandomWorld(uint64_t seed, uint64_t size, uint64_t mean_step,
                  const std::vector<LabelPlan>& labels, Configuration config) {
  std::mt19937_64 random(seed);
  World world = FakeWorld(std::move(config));
  uint64_t timestamp = 10000;
  for (uint64_t i = 0; i < size; ++i) {
    timestamp += Below(2 * mean_step + 1, &random);
    AddEntry(&world, timestamp, {{"padding", static_cast<uint32_t>(i)}});
  }
  for (const LabelPlan& plan : labels) {
    std::vector<uint64_t> positions;
    for (uint32_t i = 0; i < plan.versions; ++i) {
      positions.push_back(Below(size, &random));
    }
    std::sort(positions.begin(), positions.end());
    for (uint32_t version = 0; version < plan.versions; ++version) {
      world.entries[positions[version]].added.push_back(
          FakeLeaf(world, plan.label, version));
    }
  }
  return world;
}

}  // namespace sealbook::reference
