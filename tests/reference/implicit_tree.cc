#include "tests/reference/implicit_tree.h"

#include "tests/reference/require.h"

namespace sealbook::reference {
namespace {

// A subtree: the implicit tree of `size` entries, moved right by `offset`.
struct Subtree {
  uint64_t offset;
  uint64_t size;

  uint64_t root() const { return offset + ImplicitRoot(size); }
  Subtree left() const { return {offset, ImplicitRoot(size)}; }
  Subtree right() const { return {root() + 1, size - ImplicitRoot(size) - 1}; }
};

// The subtree headed by x, with its ancestors from the root down.
Subtree Find(uint64_t x, uint64_t n, std::vector<uint64_t>* ancestors) {
  Require(x < n, "position outside of the tree");
  Subtree tree{0, n};
  while (tree.root() != x) {
    ancestors->push_back(tree.root());
    tree = x < tree.root() ? tree.left() : tree.right();
  }
  return tree;
}

std::optional<uint64_t> RootOf(const Subtree& tree) {
  if (tree.size == 0) return std::nullopt;
  return tree.root();
}

// Steps 1 to 4 of "Reasonable Monitoring Window".
void Declare(const Subtree& tree, uint64_t left, uint64_t right,
             const std::vector<uint64_t>& timestamps, uint64_t window,
             std::set<uint64_t>* out) {
  if (tree.size == 0) return;
  if (right < left || right - left < window) return;
  const uint64_t own = timestamps[tree.root()];
  out->insert(tree.root());
  Declare(tree.left(), left, own, timestamps, window, out);
  Declare(tree.right(), own, right, timestamps, window, out);
}

}  // namespace

uint64_t ImplicitRoot(uint64_t n) {
  Require(n > 0, "an empty log has no root entry");
  uint64_t root = 0;
  // From 2^k - 1 to 2^(k+1) - 1, at most 2^64 - 1: never overflows.
  while (2 * root + 1 < n) root = 2 * root + 1;
  return root;
}

std::optional<uint64_t> LeftChild(uint64_t x, uint64_t n) {
  std::vector<uint64_t> ancestors;
  return RootOf(Find(x, n, &ancestors).left());
}

std::optional<uint64_t> RightChild(uint64_t x, uint64_t n) {
  std::vector<uint64_t> ancestors;
  return RootOf(Find(x, n, &ancestors).right());
}

std::vector<uint64_t> Frontier(uint64_t n) {
  std::vector<uint64_t> out;
  std::optional<uint64_t> x = ImplicitRoot(n);
  while (x.has_value()) {
    out.push_back(*x);
    x = RightChild(*x, n);
  }
  return out;
}

std::vector<uint64_t> DirectPath(uint64_t x, uint64_t n) {
  std::vector<uint64_t> ancestors;
  Find(x, n, &ancestors);
  return {ancestors.rbegin(), ancestors.rend()};
}

std::vector<uint64_t> UpdateView(uint64_t n, std::optional<uint64_t> last) {
  if (!last.has_value()) return Frontier(n);
  Require(*last > 0 && *last <= n, "a user has seen between 1 and n entries");
  std::vector<uint64_t> out;
  for (uint64_t x : DirectPath(*last - 1, n)) {
    if (x >= *last) out.push_back(x);
  }
  // Either way this entry lies on the new frontier.
  uint64_t x = out.empty() ? *last - 1 : out.back();
  while (std::optional<uint64_t> child = RightChild(x, n)) {
    out.push_back(*child);
    x = *child;
  }
  return out;
}

std::set<uint64_t> Distinguished(const std::vector<uint64_t>& timestamps,
                                 uint64_t window) {
  Require(!timestamps.empty(), "an empty log has no distinguished entries");
  std::set<uint64_t> out;
  Declare({0, timestamps.size()}, 0, timestamps.back(), timestamps, window,
          &out);
  return out;
}

}  // namespace sealbook::reference
