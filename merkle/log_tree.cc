#include "merkle/log_tree.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "absl/base/internal/raw_logging.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"

namespace sealbook::merkle {
namespace {

using crypto::Hash;
using Leaves = absl::Span<const uint64_t>;

LogNode LeftChild(const LogNode& node) {
  return {node.first, static_cast<uint8_t>(node.level - 1)};
}

LogNode RightChild(const LogNode& node) {
  const uint8_t level = static_cast<uint8_t>(node.level - 1);
  return {node.first + (uint64_t{1} << level), level};
}

// A log of `size` leaves has a full subtree of 2^level leaves exactly where
// `size` has that bit; the higher bits are the leaves before it.
bool IsFullSubtree(const LogNode& node, uint64_t size) {
  const uint64_t quotient = size >> node.level;
  return (quotient & 1) != 0 && node.first == (quotient - 1) << node.level;
}

// The index of `node` in FullSubtrees(size). Requires IsFullSubtree.
size_t FullSubtreeIndex(const LogNode& node, uint64_t size) {
  return std::popcount(size >> node.level) - 1;
}

// How a verifier comes by the value of a node.
enum class Source { kProvenLeaf, kRetained, kListed, kChildren };

// Sizes of the trees that a verifier knows or is to know beside the one that is
// proven; 0 where there is none.
struct OtherTrees {
  uint64_t retained = 0;
  uint64_t auditor = 0;

  explicit OtherTrees(const LogProofShape& shape)
      : retained(shape.retained_size.value_or(0)),
        auditor(shape.auditor_size.value_or(0)) {}
};

// The one place that decides what a batch proof lists. `leaves` are the proven
// leaves below `node`.
Source SourceOf(const LogNode& node, Leaves leaves, const OtherTrees& trees) {
  if (!leaves.empty()) {
    return node.level == 0 ? Source::kProvenLeaf : Source::kChildren;
  }
  // A node that the auditor's tree has in part is no help for its root. Where
  // it is a retained head, that is derived anew, and checked (KEYTRANS rule 6).
  if (node.first < trees.auditor && trees.auditor < node.end()) {
    return Source::kChildren;
  }
  if (node.first >= trees.retained) return Source::kListed;
  // Retained heads and new leaves under one node: listing the node would leave
  // the retained heads unused, and so prove nothing about them.
  if (node.end() > trees.retained) return Source::kChildren;
  // Strictly inside a retained subtree we come only on the way to a proven
  // leaf, or to where the auditor's tree ends, so that the retained head itself
  // is no help here.
  return IsFullSubtree(node, trees.retained) ? Source::kRetained
                                             : Source::kListed;
}

// Splits the proven leaves below `node` between its children.
std::pair<Leaves, Leaves> SplitLeaves(const LogNode& node, Leaves leaves) {
  const size_t split =
      std::lower_bound(leaves.begin(), leaves.end(), RightChild(node).first) -
      leaves.begin();
  return {leaves.subspan(0, split), leaves.subspan(split)};
}

// The proven leaves below each full subtree, which are asked for from left to
// right.
class LeafQueue {
 public:
  explicit LeafQueue(Leaves leaves) : rest_(leaves) {}

  Leaves Below(const LogNode& node) {
    const size_t count =
        std::lower_bound(rest_.begin(), rest_.end(), node.end()) -
        rest_.begin();
    Leaves below = rest_.subspan(0, count);
    rest_.remove_prefix(count);
    return below;
  }

 private:
  Leaves rest_;
};

void AddProofNodes(const LogNode& node, Leaves leaves, const OtherTrees& trees,
                   std::vector<LogNode>& nodes) {
  switch (SourceOf(node, leaves, trees)) {
    case Source::kProvenLeaf:
    case Source::kRetained:
      return;
    case Source::kListed:
      nodes.push_back(node);
      return;
    case Source::kChildren: {
      auto [left, right] = SplitLeaves(node, leaves);
      AddProofNodes(LeftChild(node), left, trees, nodes);
      AddProofNodes(RightChild(node), right, trees, nodes);
      return;
    }
  }
}

absl::Status CheckShape(const LogProofShape& shape) {
  if (shape.size == 0) {
    return absl::InvalidArgumentError("log proof of an empty log");
  }
  if (shape.retained_size.has_value() &&
      (*shape.retained_size == 0 || *shape.retained_size > shape.size)) {
    return absl::InvalidArgumentError(
        absl::StrCat("log proof: retained size ", *shape.retained_size,
                     " is not within 1 to tree size ", shape.size));
  }
  if (shape.auditor_size.has_value() &&
      (*shape.auditor_size == 0 || *shape.auditor_size > shape.size)) {
    return absl::InvalidArgumentError(
        absl::StrCat("log proof: auditor's size ", *shape.auditor_size,
                     " is not within 1 to tree size ", shape.size));
  }
  for (size_t i = 0; i < shape.leaves.size(); ++i) {
    if (shape.leaves[i] >= shape.size) {
      return absl::InvalidArgumentError(
          absl::StrCat("log proof: leaf ", shape.leaves[i],
                       " is not below tree size ", shape.size));
    }
    if (i > 0 && shape.leaves[i] <= shape.leaves[i - 1]) {
      return absl::InvalidArgumentError(absl::StrCat(
          "log proof: leaves are not ascending at leaf ", shape.leaves[i]));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCount(absl::string_view what, size_t actual,
                        size_t expected) {
  if (actual == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "log proof has ", actual, " ", what, ", expected ", expected));
}

// Computes node values from what the verifier knows and what the proof lists.
// All counts were checked before.
class ProofEvaluator {
 public:
  ProofEvaluator(const OtherTrees& trees, absl::Span<const Hash> leaf_values,
                 absl::Span<const Hash> retained,
                 absl::Span<const Hash> elements)
      : trees_(trees),
        leaf_values_(leaf_values),
        retained_(retained),
        elements_(elements) {}

  Hash Value(const LogNode& node, Leaves leaves) {
    const Hash value = Compute(node, leaves);
    if (keep_values_) values_.emplace(node, value);
    return value;
  }

  // Value() keeps what it passes through, for EarlierTree.
  void KeepValues() { keep_values_ = true; }

  // Values of FullSubtrees(size).
  std::vector<Hash> EarlierTree(uint64_t size) {
    std::vector<Hash> subtrees;
    for (const LogNode& node : FullSubtrees(size)) {
      auto known = values_.find(node);
      if (known == values_.end()) {
        status_.Update(absl::InvalidArgumentError(absl::StrCat(
            "log proof does not pass through the tree of size ", size)));
        return {};
      }
      subtrees.push_back(known->second);
    }
    return subtrees;
  }

  const absl::Status& status() const { return status_; }

 private:
  Hash Compute(const LogNode& node, Leaves leaves) {
    switch (SourceOf(node, leaves, trees_)) {
      case Source::kListed:
        return elements_[next_element_++];
      case Source::kRetained:
        return retained_[FullSubtreeIndex(node, trees_.retained)];
      case Source::kProvenLeaf:
        return Derived(node, leaf_values_[next_leaf_++]);
      case Source::kChildren:
        break;
    }
    auto [left_leaves, right_leaves] = SplitLeaves(node, leaves);
    const bool children_are_leaves = node.level == 1;
    Hash left = Value(LeftChild(node), left_leaves);
    Hash right = Value(RightChild(node), right_leaves);
    return Derived(node, HashChildren(left, children_are_leaves, right,
                                      children_are_leaves));
  }

  // [KT] "Tree Proofs", "Log Tree": the head of a retained subtree that the
  // proof derives anew MUST be the one that was retained.
  Hash Derived(const LogNode& node, const Hash& value) {
    if (IsFullSubtree(node, trees_.retained) &&
        retained_[FullSubtreeIndex(node, trees_.retained)] != value) {
      status_.Update(absl::InvalidArgumentError(absl::StrCat(
          "log proof derives another value for the retained subtree of leaves ",
          node.first, " to ", node.end() - 1)));
    }
    return value;
  }

  const OtherTrees trees_;
  const absl::Span<const Hash> leaf_values_;
  const absl::Span<const Hash> retained_;
  const absl::Span<const Hash> elements_;
  size_t next_leaf_ = 0;
  size_t next_element_ = 0;
  bool keep_values_ = false;
  std::map<LogNode, Hash> values_;
  absl::Status status_;
};

}  // namespace

Hash HashChildren(const Hash& left, bool left_is_leaf, const Hash& right,
                  bool right_is_leaf) {
  char content[2 * (1 + Hash::kSize)];
  content[0] = left_is_leaf ? 0 : 1;
  std::memcpy(content + 1, left.data(), Hash::kSize);
  content[1 + Hash::kSize] = right_is_leaf ? 0 : 1;
  std::memcpy(content + 2 + Hash::kSize, right.data(), Hash::kSize);
  return crypto::Sha256(absl::string_view(content, sizeof(content)));
}

std::vector<LogNode> FullSubtrees(uint64_t size) {
  std::vector<LogNode> nodes;
  nodes.reserve(std::popcount(size));
  uint64_t first = 0;
  for (uint64_t rest = size; rest != 0;) {
    const uint8_t level = static_cast<uint8_t>(std::bit_width(rest) - 1);
    nodes.push_back({first, level});
    first += uint64_t{1} << level;
    rest -= uint64_t{1} << level;
  }
  return nodes;
}

Hash RootFromFullSubtrees(uint64_t size, absl::Span<const Hash> subtrees) {
  ABSL_RAW_CHECK(size >= 1, "the empty log has no root");
  ABSL_RAW_CHECK(subtrees.size() == static_cast<size_t>(std::popcount(size)),
                 "not the full subtrees of a log of this size");
  // Only the last full subtree can be a single leaf.
  bool root_is_leaf = (size & 1) != 0;
  Hash root = subtrees.back();
  for (size_t i = subtrees.size() - 1; i > 0; --i) {
    root = HashChildren(subtrees[i - 1], false, root, root_is_leaf);
    root_is_leaf = false;
  }
  return root;
}

std::vector<LogNode> ProofNodes(const LogProofShape& shape) {
  std::vector<LogNode> nodes;
  LeafQueue leaves(shape.leaves);
  for (const LogNode& subtree : FullSubtrees(shape.size)) {
    AddProofNodes(subtree, leaves.Below(subtree), OtherTrees(shape), nodes);
  }
  return nodes;
}

absl::StatusOr<LogProofResult> EvaluateProof(const LogProofShape& shape,
                                             absl::Span<const Hash> leaf_values,
                                             absl::Span<const Hash> retained,
                                             absl::Span<const Hash> elements) {
  SEALBOOK_RETURN_IF_ERROR(CheckShape(shape));
  const OtherTrees trees(shape);
  SEALBOOK_RETURN_IF_ERROR(
      CheckCount("leaf values", leaf_values.size(), shape.leaves.size()));
  SEALBOOK_RETURN_IF_ERROR(CheckCount("retained subtrees", retained.size(),
                                      std::popcount(trees.retained)));
  SEALBOOK_RETURN_IF_ERROR(
      CheckCount("elements", elements.size(), ProofNodes(shape).size()));

  ProofEvaluator evaluator(trees, leaf_values, retained, elements);
  if (!shape.earlier_sizes.empty() || trees.auditor > 0) evaluator.KeepValues();
  LogProofResult result;
  LeafQueue leaves(shape.leaves);
  for (const LogNode& subtree : FullSubtrees(shape.size)) {
    result.full_subtrees.push_back(
        evaluator.Value(subtree, leaves.Below(subtree)));
  }
  for (uint64_t size : shape.earlier_sizes) {
    result.earlier.push_back(evaluator.EarlierTree(size));
  }
  std::vector<Hash> auditor;
  if (trees.auditor > 0) auditor = evaluator.EarlierTree(trees.auditor);
  SEALBOOK_RETURN_IF_ERROR(evaluator.status());
  if (trees.auditor > 0) {
    result.auditor_root = RootFromFullSubtrees(trees.auditor, auditor);
  }
  result.root = RootFromFullSubtrees(shape.size, result.full_subtrees);
  return result;
}

uint64_t NodeCount(uint64_t size) { return 2 * size - std::popcount(size); }

uint64_t NodeIndex(const LogNode& node) {
  // Nodes complete before the node's last leaf comes, that leaf, and the
  // parents that it completes on the way up.
  return NodeCount(node.end() - 1) + node.level;
}

LogAppender::LogAppender(uint64_t size, std::vector<Hash> full_subtrees)
    : size_(size), subtrees_(std::move(full_subtrees)) {
  ABSL_RAW_CHECK(subtrees_.size() == static_cast<size_t>(std::popcount(size)),
                 "not the full subtrees of a log of this size");
}

void LogAppender::Append(const Hash& leaf_value) {
  new_nodes_.push_back(leaf_value);
  Hash value = leaf_value;
  // As in a binary counter, the new leaf completes a parent for every trailing
  // one bit of the old size.
  for (int level = 0; (size_ >> level) & 1; ++level) {
    value = HashChildren(subtrees_.back(), level == 0, value, level == 0);
    subtrees_.pop_back();
    new_nodes_.push_back(value);
  }
  subtrees_.push_back(value);
  ++size_;
}

Hash LogAppender::Root() const {
  return RootFromFullSubtrees(size_, subtrees_);
}

}  // namespace sealbook::merkle
