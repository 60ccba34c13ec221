// The log tree's shape and proofs ([KT] "Log Tree" under "Tree Construction",
// "Cryptographic Computations" and "Tree Proofs"). Pure: positions in,
// positions and hashes out; where node values are kept is the caller's
// business.
//
// Node values: a leaf's value is Hash(LogEntry); a parent's value is
// Hash(hashContent(left) || hashContent(right)), where hashContent puts 0x00
// before a leaf's value and 0x01 before a parent's.
#ifndef SEALBOOK_MERKLE_LOG_TREE_H_
#define SEALBOOK_MERKLE_LOG_TREE_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "crypto/types.h"

namespace sealbook::merkle {

// The head of a balanced subtree over leaves [first, first + 2^level).
// Requires: first is a multiple of 2^level; level < 64.
struct LogNode {
  uint64_t first = 0;
  uint8_t level = 0;

  uint64_t end() const { return first + (uint64_t{1} << level); }
  friend auto operator<=>(const LogNode&, const LogNode&) = default;
};

// Value of a parent of two nodes, each of them a leaf or a parent.
crypto::Hash HashChildren(const crypto::Hash& left, bool left_is_leaf,
                          const crypto::Hash& right, bool right_is_leaf);

// Heads of the full subtrees of a log with `size` leaves, left to right.
std::vector<LogNode> FullSubtrees(uint64_t size);

// The root value from the values of FullSubtrees(size). Requires: size >= 1 and
// subtrees.size() == FullSubtrees(size).size().
crypto::Hash RootFromFullSubtrees(uint64_t size,
                                  absl::Span<const crypto::Hash> subtrees);

// What the verifier of a batch proof knows beforehand. Fields are optional and
// named at the call site, so that one more known tree size can join them.
struct LogProofShape {
  // Size of the tree whose root is proven; >= 1.
  uint64_t size = 0;
  // Leaves whose values the verifier has: ascending, distinct, < size.
  std::vector<uint64_t> leaves;
  // Size of the tree whose full subtrees the verifier retained (a consistency
  // proof), or absent. 1 <= retained_size <= size.
  std::optional<uint64_t> retained_size;
  // Size of an earlier tree whose root is proven too (the auditor's), or
  // absent. 1 <= auditor_size <= size.
  std::optional<uint64_t> auditor_size;
  // Sizes of earlier trees whose full subtrees are wanted as well. Each is one
  // more than a proven leaf, or such a size of the retained tree: then the
  // evaluation passes through all of them. Adds nothing to the proof.
  std::vector<uint64_t> earlier_sizes;
};

// The nodes whose values a minimal batch proof lists, in left-to-right order
// ("Tree Proofs", "Log Tree"). Requires: `shape` keeps its rules. A retained
// subtree that contains no proven leaf counts as known; one that contains a
// proven leaf, or that the auditor's tree cuts into, is derived from listed
// nodes, and checked by the verifier against what it retained.
std::vector<LogNode> ProofNodes(const LogProofShape& shape);

struct LogProofResult {
  crypto::Hash root;
  // Values of FullSubtrees(size), which the verifier retains.
  std::vector<crypto::Hash> full_subtrees;
  // Of the tree of shape.auditor_size.
  std::optional<crypto::Hash> auditor_root;
  // Values of FullSubtrees(n), for each n of shape.earlier_sizes.
  std::vector<std::vector<crypto::Hash>> earlier;
};

// Evaluates a batch proof. `leaf_values` go with shape.leaves, `retained` with
// FullSubtrees(*shape.retained_size) (empty when absent), `elements` with
// ProofNodes(shape).
// INVALID_ARGUMENT: the shape breaks its own rules; the number of elements,
// leaf values or retained heads is wrong (the message says both numbers; all
// this is checked before anything is hashed); a retained head is derived
// differently; or an earlier tree is asked for that the proof does not pass
// through. The caller compares the root with a signed one.
absl::StatusOr<LogProofResult> EvaluateProof(
    const LogProofShape& shape, absl::Span<const crypto::Hash> leaf_values,
    absl::Span<const crypto::Hash> retained,
    absl::Span<const crypto::Hash> elements);

// The nodes that exist in a log, in the order in which appending leaves
// completes them: leaf, then each parent that it completes. The index of a node
// never changes, so a store keeps node values as an append-only sequence.
// Number of nodes complete in a log of `size` leaves. Requires: size < 2^63.
uint64_t NodeCount(uint64_t size);
// The index of `node` in that sequence.
uint64_t NodeIndex(const LogNode& node);

// Appends leaves to a log of which only the full subtrees are known.
//
//   LogAppender log(size, subtrees);
//   log.Append(leaf_value);
//   // log.new_nodes() are the values of nodes NodeCount(size).. in order.
class LogAppender {
 public:
  // Requires: full_subtrees.size() == FullSubtrees(size).size().
  LogAppender(uint64_t size, std::vector<crypto::Hash> full_subtrees);

  void Append(const crypto::Hash& leaf_value);

  uint64_t size() const { return size_; }
  // Requires: size() >= 1.
  crypto::Hash Root() const;
  const std::vector<crypto::Hash>& full_subtrees() const { return subtrees_; }
  // Node values completed since construction, in NodeIndex order.
  const std::vector<crypto::Hash>& new_nodes() const { return new_nodes_; }

 private:
  uint64_t size_;
  std::vector<crypto::Hash> subtrees_;
  std::vector<crypto::Hash> new_nodes_;
};

}  // namespace sealbook::merkle

#endif  // SEALBOOK_MERKLE_LOG_TREE_H_
