#include "tests/reference/prefix_tree.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <span>

#include "tests/reference/hash.h"
#include "tests/reference/require.h"

namespace sealbook::reference {
namespace {

using Leaves = std::span<const PrefixLeaf>;

// The bit of a search key that decides between the children of a node at this
// depth; the first is the most significant bit of the first byte.
bool Bit(const std::string& key, size_t depth) {
  return (static_cast<unsigned char>(key[depth / 8]) >> (7 - depth % 8)) & 1;
}

// A node, by its prefix and the leaves below it.
struct Node {
  std::string prefix;
  Leaves leaves;

  size_t depth() const { return prefix.size(); }
  Node left() const { return {prefix + '0', leaves.first(Zeros())}; }
  Node right() const { return {prefix + '1', leaves.subspan(Zeros())}; }

 private:
  size_t Zeros() const {
    const auto first_one = std::partition_point(
        leaves.begin(), leaves.end(), [this](const PrefixLeaf& leaf) {
          return !Bit(leaf.vrf_output, depth());
        });
    return first_one - leaves.begin();
  }
};

// The tree being read or proved.
struct Tree {
  uint64_t name;
  PrefixCache* cache;

  std::string Value(const Node& node) const {
    if (node.leaves.empty()) return MissingNode();
    if (node.leaves.size() == 1) return PrefixLeafValue(node.leaves[0]);
    const auto key = std::tuple(name, node.prefix, node.leaves.size());
    if (cache != nullptr) {
      const auto hit = cache->find(key);
      if (hit != cache->end()) return hit->second;
    }
    const std::string value =
        PrefixParentValue(Value(node.left()), Value(node.right()));
    if (cache != nullptr) cache->emplace(key, value);
    return value;
  }
};

// Indexes into a list of keys that share a node's prefix, in two halves.
struct Halves {
  std::vector<size_t> left, right;
};

template <typename KeyOf>
Halves Split(const std::vector<size_t>& wanted, size_t depth, KeyOf key_of) {
  Halves out;
  for (size_t i : wanted) {
    (Bit(key_of(i), depth) ? out.right : out.left).push_back(i);
  }
  return out;
}

std::vector<size_t> Indexes(size_t size) {
  std::vector<size_t> out(size);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

PrefixSearchResult Terminal(const Node& node, const std::string& key) {
  Require(node.depth() <= 255, "a search ends below depth 255");
  const auto depth = static_cast<uint8_t>(node.depth());
  if (node.leaves.empty()) {
    return {PrefixSearchResultType::kNonInclusionParent, {}, depth};
  }
  if (node.leaves[0].vrf_output == key) {
    return {PrefixSearchResultType::kInclusion, {}, depth};
  }
  return {PrefixSearchResultType::kNonInclusionLeaf, node.leaves[0], depth};
}

void Prove(const Tree& tree, const Node& node,
           const std::vector<std::string>& keys,
           const std::vector<size_t>& wanted, PrefixProof* proof) {
  if (wanted.empty()) {
    proof->elements.push_back(tree.Value(node));
    return;
  }
  if (node.leaves.size() <= 1) {
    for (size_t i : wanted) proof->results[i] = Terminal(node, keys[i]);
    return;
  }
  const Halves halves = Split(
      wanted, node.depth(), [&](size_t i) -> auto& { return keys[i]; });
  Prove(tree, node.left(), keys, halves.left, proof);
  Prove(tree, node.right(), keys, halves.right, proof);
}

// Rebuilds the tree above the terminal nodes, consuming elements on the way.
class Evaluation {
 public:
  Evaluation(const std::vector<Lookup>& lookups, const PrefixProof& proof)
      : lookups_(lookups), proof_(proof) {}

  PrefixEvaluation Run() {
    if (proof_.results.size() < lookups_.size()) Fail("results missing");
    if (proof_.results.size() > lookups_.size()) Fail("results left over");
    std::string root;
    if (error_.empty()) root = Value(0, Indexes(lookups_.size()));
    if (next_element_ < proof_.elements.size()) Fail("elements left over");
    if (!error_.empty()) return {"", "prefix proof: " + error_};
    return {root, ""};
  }

  std::string RunChange(const std::vector<PrefixLeaf>& added,
                        const std::vector<PrefixLeaf>& removed) {
    for (const PrefixLeaf& leaf : added) added_[leaf.vrf_output] = leaf;
    for (const PrefixLeaf& leaf : removed) removed_.insert(leaf.vrf_output);
    return Changed(0, Indexes(lookups_.size()));
  }

 private:
  // Value() of the changed tree.
  std::string Changed(size_t depth, const std::vector<size_t>& wanted) {
    if (wanted.empty()) return NextElement();
    if (proof_.results[wanted[0]].depth == depth) {
      return ChangedTerminal(depth, wanted);
    }
    const Halves halves = Split(
        wanted,
        depth, [&](size_t i) -> auto& { return lookups_[i].vrf_output; });
    const std::string left = Changed(depth + 1, halves.left);
    const std::string right = Changed(depth + 1, halves.right);
    if (left == MissingNode() && right == MissingNode()) return left;
    return PrefixParentValue(left, right);
  }

  // What takes the place of a node at which the wanted searches end.
  std::string ChangedTerminal(size_t depth, const std::vector<size_t>& wanted) {
    std::map<std::string, PrefixLeaf> leaves;
    const std::optional<PrefixLeaf> old = Found(wanted[0]);
    if (old.has_value() && !removed_.contains(old->vrf_output)) {
      leaves[old->vrf_output] = *old;
    }
    for (size_t i : wanted) {
      const auto added = added_.find(lookups_[i].vrf_output);
      if (added != added_.end()) leaves[added->first] = added->second;
    }
    std::vector<PrefixLeaf> below;
    for (const auto& [key, leaf] : leaves) below.push_back(leaf);
    return Tree{0, nullptr}.Value(Node{std::string(depth, '?'), below});
  }

  void Fail(const std::string& error) {
    if (error_.empty()) error_ = error;
  }

  // All wanted search keys share their first `depth` bits.
  std::string Value(size_t depth, const std::vector<size_t>& wanted) {
    if (!error_.empty()) return "";
    if (wanted.empty()) return NextElement();
    bool ends = false;
    for (size_t i : wanted) ends |= proof_.results[i].depth == depth;
    if (ends) return TerminalValue(depth, wanted);
    const Halves halves = Split(
        wanted,
        depth, [&](size_t i) -> auto& { return lookups_[i].vrf_output; });
    const std::string left = Value(depth + 1, halves.left);
    const std::string right = Value(depth + 1, halves.right);
    return error_.empty() ? PrefixParentValue(left, right) : "";
  }

  std::string NextElement() {
    if (next_element_ < proof_.elements.size()) {
      return proof_.elements[next_element_++];
    }
    Fail("elements missing");
    return "";
  }

  // The one node at which all wanted searches have to end if one of them does.
  std::string TerminalValue(size_t depth, const std::vector<size_t>& wanted) {
    std::optional<std::optional<PrefixLeaf>> node;
    for (size_t i : wanted) {
      if (proof_.results[i].depth != depth) {
        Fail(
            "results contradict each other: a search passes through a node "
            "at which another ends");
        return "";
      }
      const std::optional<PrefixLeaf> found = Found(i);
      if (!error_.empty()) return "";
      if (node.has_value() && *node != found) {
        Fail("results contradict each other: one node, two contents");
        return "";
      }
      node = found;
    }
    return node->has_value() ? PrefixLeafValue(**node) : MissingNode();
  }

  // The leaf at which search i ended, or nothing for a missing node.
  std::optional<PrefixLeaf> Found(size_t i) {
    const PrefixSearchResult& result = proof_.results[i];
    const Lookup& lookup = lookups_[i];
    switch (result.result_type) {
      case PrefixSearchResultType::kInclusion:
        if (lookup.commitment.has_value()) {
          return PrefixLeaf{lookup.vrf_output, *lookup.commitment};
        }
        Fail("inclusion of a version whose commitment is not known");
        return std::nullopt;
      case PrefixSearchResultType::kNonInclusionLeaf:
        if (result.leaf.vrf_output == lookup.vrf_output) {
          Fail("nonInclusionLeaf shows the searched key");
        }
        for (size_t bit = 0; bit < result.depth; ++bit) {
          if (Bit(result.leaf.vrf_output, bit) != Bit(lookup.vrf_output, bit)) {
            Fail("nonInclusionLeaf does not share the prefix of its depth");
          }
        }
        return result.leaf;
      case PrefixSearchResultType::kNonInclusionParent:
        return std::nullopt;
    }
    Require(false, "a result type that Decode refuses");
    return std::nullopt;
  }

  const std::vector<Lookup>& lookups_;
  const PrefixProof& proof_;
  size_t next_element_ = 0;
  std::string error_;
  std::map<std::string, PrefixLeaf> added_;  // by VRF output
  std::set<std::string> removed_;            // VRF outputs
};

}  // namespace

std::string PrefixRoot(const PrefixTree& tree, PrefixCache* cache) {
  return Tree{tree.name, cache}.Value(Node{"", tree.leaves});
}

PrefixProof ProvePrefix(const PrefixTree& tree,
                        const std::vector<std::string>& keys,
                        PrefixCache* cache) {
  PrefixProof proof;
  proof.results.resize(keys.size());
  Prove(Tree{tree.name, cache}, Node{"", tree.leaves}, keys,
        Indexes(keys.size()), &proof);
  return proof;
}

PrefixEvaluation EvaluatePrefix(const std::vector<Lookup>& lookups,
                                const PrefixProof& proof) {
  return Evaluation(lookups, proof).Run();
}

std::string ChangedPrefixRoot(const std::vector<Lookup>& lookups,
                              const PrefixProof& proof,
                              const std::vector<PrefixLeaf>& added,
                              const std::vector<PrefixLeaf>& removed) {
  return Evaluation(lookups, proof).RunChange(added, removed);
}

}  // namespace sealbook::reference
