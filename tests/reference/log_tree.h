// The log tree and its batch proofs, by recursion over ranges of leaves
// ("Log Tree" in "Tree Construction", "Cryptographic Computations" and "Tree
// Proofs").
#ifndef SEALBOOK_TESTS_REFERENCE_LOG_TREE_H_
#define SEALBOOK_TESTS_REFERENCE_LOG_TREE_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sealbook::reference {

// The leaves start ... start + size - 1. Every node of a log tree is the head
// of one such range.
struct Range {
  uint64_t start = 0;
  uint64_t size = 0;

  auto operator<=>(const Range&) const = default;
};

// The heads of the largest balanced subtrees of the tree of n >= 1 leaves,
// from left to right.
std::vector<Range> FullSubtrees(uint64_t n);

// The nodes whose values a batch proof lists, from left to right, in the tree
// of n >= 1 leaves: the fewest heads of balanced subtrees that lead to the
// root, for a user who learns these leaves from the rest of the response and
// who retained the full subtrees of the tree of `last` leaves. With `audited`
// (1 to n) they also lead to the root of the tree of that many leaves: a
// retained head into which its end cuts is derived anew.
std::vector<Range> BatchProofNodes(
    uint64_t n, const std::set<uint64_t>& leaves, std::optional<uint64_t> last,
    std::optional<uint64_t> audited = std::nullopt);

// The value of the node above these leaf values (at least one). The cache
// holds values of balanced subtrees of a log that is only appended to; it may
// be null.
using LogCache = std::map<Range, std::string>;
std::string LogNodeValue(const std::vector<std::string>& leaf_values,
                         Range range, LogCache* cache);
std::string LogRoot(const std::vector<std::string>& leaf_values);

struct LogEvaluation {
  std::string root;
  std::vector<std::string> full_subtrees;  // of the new tree, left to right
  std::map<uint64_t, std::string> earlier_roots;                  // by size
  std::map<uint64_t, std::vector<std::string>> earlier_subtrees;  // by size
  std::string error;  // set if refused
};

// Computes the root of the tree of n leaves from known leaf values, the values
// of the full subtrees of `last` leaves in their order, and a proof's
// elements. Refuses an element missing or left over, and a retained head that
// the rest of the proof derives differently. `retained` must have as many
// values as `last` has full subtrees. Also computes the roots and the full
// subtrees of the trees of `earlier` sizes: the rightmost leaf of each has to
// be among the known ones, or to end one of the retained full subtrees
// ("Detecting Forks"), or to be that of the tree of `audited` leaves, for which
// the proof was made.
LogEvaluation EvaluateLog(uint64_t n,
                          const std::map<uint64_t, std::string>& leaves,
                          std::optional<uint64_t> last,
                          const std::vector<std::string>& retained,
                          const std::vector<std::string>& elements,
                          const std::set<uint64_t>& earlier = {},
                          std::optional<uint64_t> audited = std::nullopt);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_LOG_TREE_H_
