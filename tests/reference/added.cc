#include "tests/reference/added.h"

#include <algorithm>

namespace sealbook::reference {
namespace {

const Leaf* LeafAdded(const World& world, uint64_t position,
                      const std::string& label, uint32_t version) {
  for (const Leaf& leaf : world.entries[position].added) {
    if (leaf.label == label && leaf.version == version) return &leaf;
  }
  return nullptr;
}

}  // namespace

GreatestVersions GreatestAdded(const World& world, uint64_t n,
                               const std::string& label) {
  GreatestVersions out;
  std::optional<uint32_t> greatest;
  for (uint64_t x = 0; x < n; ++x) {
    for (const Leaf& leaf : world.entries[x].added) {
      if (leaf.label != label) continue;
      greatest = std::max(greatest, {leaf.version});
      out[x] = greatest;
    }
  }
  return out;
}

std::optional<uint64_t> PositionAdded(const World& world, uint64_t n,
                                      const std::string& label,
                                      uint32_t version) {
  for (uint64_t x = 0; x < n; ++x) {
    if (LeafAdded(world, x, label, version) != nullptr) return x;
  }
  return std::nullopt;
}

std::optional<std::string> CommitmentAdded(const World& world, uint64_t n,
                                           const std::string& label,
                                           uint32_t version) {
  const auto position = PositionAdded(world, n, label, version);
  if (!position.has_value()) return std::nullopt;
  return LeafAdded(world, *position, label, version)->commitment;
}

}  // namespace sealbook::reference
