// The implicit binary search tree of a log, written down as the draft defines
// it ("Implicit Binary Search Tree"): by induction on the number of entries,
// not by bit arithmetic. Everything here is pure and slow on purpose.
#ifndef SEALBOOK_TESTS_REFERENCE_IMPLICIT_TREE_H_
#define SEALBOOK_TESTS_REFERENCE_IMPLICIT_TREE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace sealbook::reference {

// In all functions n is the number of log entries, at least 1, and positions
// are smaller than n. They abort when that does not hold.

// The position at the root of the tree: the greatest power of two, minus one,
// that is smaller than n.
uint64_t ImplicitRoot(uint64_t n);

// The child of x, or nothing if x has none on that side.
std::optional<uint64_t> LeftChild(uint64_t x, uint64_t n);
std::optional<uint64_t> RightChild(uint64_t x, uint64_t n);

// The root, its right child, that one's right child, ... to position n - 1.
std::vector<uint64_t> Frontier(uint64_t n);

// The parent of x, its parent, ... to the root. Empty for the root.
std::vector<uint64_t> DirectPath(uint64_t x, uint64_t n);

// The positions whose timestamps bring a user who saw `last` entries (1 to n,
// or nothing) to n entries, in the order of the proof. "Updating Views of the
// Tree", Algorithm.
std::vector<uint64_t> UpdateView(uint64_t n, std::optional<uint64_t> last);

// All distinguished positions of the log with these timestamps (ms), for a
// Reasonable Monitoring Window of `window` ms. Timestamps that run backwards
// count as a difference below every window.
std::set<uint64_t> Distinguished(const std::vector<uint64_t>& timestamps,
                                 uint64_t window);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_IMPLICIT_TREE_H_
