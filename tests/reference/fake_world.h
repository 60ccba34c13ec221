// Worlds for tests: hashes in place of the VRF and of the signature, so that
// anything can be forged and nothing takes time. Sizes are those of the
// configuration's cipher suite.
#ifndef SEALBOOK_TESTS_REFERENCE_FAKE_WORLD_H_
#define SEALBOOK_TESTS_REFERENCE_FAKE_WORLD_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/reference/verifier.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// RMW 1000 ms, max_ahead 100 ms, max_behind 5000 ms, no maximum lifetime; an
// auditor from the first entry on, who may lag by 400 ms.
Configuration FakeConfiguration(
    uint16_t suite = kSuiteP256,
    DeploymentMode mode = DeploymentMode::kContactMonitoring);

// A world without entries. Each (label, version) has one VRF output, proof,
// opening and value, the same in every fake world. Its auditor has signed every
// tree that is shown. In kThirdPartyManagement the signatures of its values are
// for this configuration: it is not changed afterwards.
World FakeWorld(Configuration config);

// The keys that accept what fake worlds of this suite make.
PublicKeys FakeKeys(uint16_t suite = kSuiteP256);

// A leaf with the fake world's VRF output and commitment. Without a world: not
// in kThirdPartyManagement, where the commitment contains a signature.
Leaf FakeLeaf(const std::string& label, uint32_t version);
Leaf FakeLeaf(const World& world, const std::string& label, uint32_t version);

// Appends an entry that adds these leaves.
void AddEntry(World* world, uint64_t timestamp,
              const std::vector<std::pair<std::string, uint32_t>>& added);

// How many versions each label gets in the end: 0, 1, ... versions - 1 each.
struct LabelPlan {
  std::string label;
  uint32_t versions = 0;
};

// A world of `size` entries from a seed. Timestamps start at 10000 and advance
// by 0 to 2 * mean_step ms; each entry adds one padding leaf; the versions of
// each label come in order at random positions, sometimes several at one.
World RandomWorld(uint64_t seed, uint64_t size, uint64_t mean_step,
                  const std::vector<LabelPlan>& labels, Configuration config);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_FAKE_WORLD_H_
