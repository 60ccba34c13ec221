#include "tests/reference/world.h"

#include <algorithm>

#include "tests/reference/hash.h"
#include "tests/reference/require.h"

namespace sealbook::reference {
namespace {

// Calls visit(leaf) for every leaf in the prefix tree at `position`.
template <typename Function>
void ForEachLeaf(const World& world, uint64_t position, Function visit) {
  Require(position < world.entries.size(), "position outside of the log");
  if (const auto& instead = world.entries[position].instead) {
    for (const Leaf& leaf : *instead) visit(leaf);
    return;
  }
  for (uint64_t i = 0; i <= position; ++i) {
    for (const Leaf& leaf : world.entries[i].added) visit(leaf);
  }
}

PrefixTree BuildTree(const World& world, uint64_t position) {
  PrefixTree tree;
  // Honest trees only gain leaves and share their cached values; a tree of
  // its own needs a name of its own.
  if (world.entries[position].instead.has_value()) tree.name = position + 1;
  ForEachLeaf(world, position, [&](const Leaf& leaf) {
    tree.leaves.push_back({leaf.vrf_output, leaf.commitment});
  });
  std::sort(tree.leaves.begin(), tree.leaves.end(),
            [](const PrefixLeaf& a, const PrefixLeaf& b) {
              return a.vrf_output < b.vrf_output;
            });
  for (size_t i = 1; i < tree.leaves.size(); ++i) {
    Require(tree.leaves[i - 1].vrf_output != tree.leaves[i].vrf_output,
            "the same leaf was added twice");
  }
  return tree;
}

}  // namespace

std::optional<uint32_t> GreatestVersion(const World& world, uint64_t position,
                                        const std::string& label) {
  std::optional<uint32_t> greatest;
  ForEachLeaf(world, position, [&](const Leaf& leaf) {
    if (leaf.label == label) greatest = std::max(greatest, {leaf.version});
  });
  return greatest;
}

std::optional<std::string> CommitmentAt(const World& world, uint64_t position,
                                        const std::string& label,
                                        uint32_t version) {
  std::optional<std::string> commitment;
  ForEachLeaf(world, position, [&](const Leaf& leaf) {
    if (leaf.label == label && leaf.version == version) {
      commitment = leaf.commitment;
    }
  });
  return commitment;
}

Leaf SkippedLeaf(const World& world, const std::string& label,
                 uint32_t version) {
  return {label, version, VrfOf(world, label, version).output,
          std::string(kHashSize, '\0')};
}

bool IsSkipped(const World& world, uint64_t position, const std::string& label,
               uint32_t version) {
  return CommitmentAt(world, position, label, version) ==
         std::string(kHashSize, '\0');
}

const VrfResult& VrfOf(const World& world, const std::string& label,
                       uint32_t version) {
  auto& cache = world.cache.vrf;
  const auto hit = cache.find({label, version});
  if (hit != cache.end()) return hit->second;
  return cache[{label, version}] = world.vrf(label, version);
}

bool ContainsVersion(const World& world, uint64_t position,
                     const std::string& label, uint32_t version) {
  const std::string& key = VrfOf(world, label, version).output;
  const std::vector<PrefixLeaf>& leaves = TreeAt(world, position).leaves;
  const auto leaf =
      std::lower_bound(leaves.begin(), leaves.end(), key,
                       [](const PrefixLeaf& a, const std::string& b) {
                         return a.vrf_output < b;
                       });
  return leaf != leaves.end() && leaf->vrf_output == key;
}

const PrefixTree& TreeAt(const World& world, uint64_t position) {
  auto& trees = world.cache.trees;
  if (trees.size() <= position) trees.resize(position + 1);
  if (!trees[position].has_value()) {
    trees[position] = BuildTree(world, position);
  }
  return *trees[position];
}

LogEntry LogEntryAt(const World& world, uint64_t position) {
  const PrefixTree& tree = TreeAt(world, position);
  return {world.entries[position].timestamp,
          PrefixRoot(tree, &world.cache.prefix)};
}

AuditorTreeHead SignedAuditorTreeHead(const World& world, uint64_t tree_size,
                                      std::optional<uint64_t> timestamp) {
  AuditorTreeHead out;
  out.timestamp = timestamp.has_value()
                      ? *timestamp
                      : world.entries[tree_size - 1].timestamp;
  out.tree_size = tree_size;
  const std::string tbs = Encode(AuditorTreeHeadTBS{
      world.config, out.timestamp, tree_size, LogValue(world, {0, tree_size})});
  auto& cache = world.cache.auditor_signatures;
  auto hit = cache.find(tbs);
  if (hit == cache.end()) {
    hit = cache.emplace(tbs, world.sign_auditor(tbs)).first;
  }
  out.signature = hit->second;
  return out;
}

std::string LogValue(const World& world, Range range) {
  Require(range.start + range.size <= world.entries.size(),
          "node outside of the log");
  auto& values = world.cache.leaf_values;
  for (uint64_t i = values.size(); i < range.start + range.size; ++i) {
    values.push_back(LogLeafValue(LogEntryAt(world, i)));
  }
  return LogNodeValue(values, range, &world.cache.log);
}

}  // namespace sealbook::reference
