#include "merkle/testing/reference_prefix_tree.h"

#include "crypto/hash.h"

namespace sealbook::merkle::testing {
namespace {

using crypto::Hash;
using crypto::VrfOutput;
using Leaves = std::map<VrfOutput, crypto::Commitment>;

Leaves LeavesWithBit(const Leaves& leaves, size_t depth, bool bit) {
  Leaves result;
  for (const auto& [key, commitment] : leaves) {
    if (key.Bit(depth) == bit) result[key] = commitment;
  }
  return result;
}

std::vector<VrfOutput> KeysWithBit(const std::vector<VrfOutput>& keys,
                                   size_t depth, bool bit) {
  std::vector<VrfOutput> result;
  for (const VrfOutput& key : keys) {
    if (key.Bit(depth) == bit) result.push_back(key);
  }
  return result;
}

// The value of the node at `depth` above exactly these leaves.
Hash Value(const Leaves& leaves, size_t depth) {
  if (leaves.empty()) return Hash();
  if (leaves.size() == 1) {
    const auto& [key, commitment] = *leaves.begin();
    return crypto::Sha256({"\x02", key.view(), commitment.view()});
  }
  return crypto::Sha256(
      {"\x03", Value(LeavesWithBit(leaves, depth, false), depth + 1).view(),
       Value(LeavesWithBit(leaves, depth, true), depth + 1).view()});
}

PrefixSearchResult Search(Leaves leaves, const VrfOutput& key) {
  size_t depth = 0;
  while (leaves.size() > 1) {
    leaves = LeavesWithBit(leaves, depth, key.Bit(depth));
    ++depth;
  }
  PrefixSearchResult result{.depth = static_cast<uint8_t>(depth)};
  if (leaves.empty()) {
    result.type = PrefixSearchResultType::kNonInclusionParent;
  } else if (leaves.begin()->first == key) {
    result.type = PrefixSearchResultType::kInclusion;
  } else {
    result.type = PrefixSearchResultType::kNonInclusionLeaf;
    result.leaf = PrefixLeaf{leaves.begin()->first, leaves.begin()->second};
  }
  return result;
}

// Elements below the node at `depth`: its own value where no search comes by,
// none where the searches end, else those of its children.
void AddElements(const Leaves& leaves, const std::vector<VrfOutput>& keys,
                 size_t depth, std::vector<Hash>& elements) {
  if (keys.empty()) {
    elements.push_back(Value(leaves, depth));
    return;
  }
  if (leaves.size() <= 1) return;
  for (bool bit : {false, true}) {
    AddElements(LeavesWithBit(leaves, depth, bit),
                KeysWithBit(keys, depth, bit), depth + 1, elements);
  }
}

}  // namespace

bool ReferencePrefixTree::Insert(const PrefixLeaf& leaf) {
  return leaves_.emplace(leaf.vrf_output, leaf.commitment).second;
}

Hash ReferencePrefixTree::Root() const { return Value(leaves_, 0); }

PrefixProof ReferencePrefixTree::Prove(
    const std::vector<VrfOutput>& keys) const {
  PrefixProof proof;
  for (const VrfOutput& key : keys) {
    proof.results.push_back(Search(leaves_, key));
  }
  AddElements(leaves_, keys, 0, proof.elements);
  return proof;
}

}  // namespace sealbook::merkle::testing
