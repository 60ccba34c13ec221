#include "keytrans/implicit_tree.h"

#include <algorithm>
#include <bit>

namespace sealbook::keytrans {
namespace {

// The level of a node that has both subtrees whole: the number of its trailing
// one bits.
int Level(uint64_t position) { return std::countr_one(position); }

}  // namespace

uint64_t ImplicitRoot(uint64_t size) { return std::bit_floor(size) - 1; }

std::optional<uint64_t> ImplicitLeft(uint64_t position) {
  int level = Level(position);
  if (level == 0) return std::nullopt;
  return position ^ (uint64_t{1} << (level - 1));
}

std::optional<uint64_t> ImplicitRight(uint64_t position, uint64_t size) {
  int level = Level(position);
  if (level == 0 || position + 1 >= size) return std::nullopt;
  uint64_t right = position ^ (uint64_t{3} << (level - 1));
  // The right subtree holds position + 1, so a left child always leads there.
  while (right >= size) right = *ImplicitLeft(right);
  return right;
}

std::vector<uint64_t> FrontierFrom(uint64_t position, uint64_t size) {
  std::vector<uint64_t> frontier = {position};
  while (auto right = ImplicitRight(frontier.back(), size)) {
    frontier.push_back(*right);
  }
  return frontier;
}

std::vector<uint64_t> Frontier(uint64_t size) {
  return FrontierFrom(ImplicitRoot(size), size);
}

std::vector<uint64_t> DirectPath(uint64_t position, uint64_t size) {
  std::vector<uint64_t> path;
  uint64_t current = ImplicitRoot(size);
  while (current != position) {
    path.push_back(current);
    current = position < current ? *ImplicitLeft(current)
                                 : *ImplicitRight(current, size);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<uint64_t> UpdateViewPositions(uint64_t size,
                                          std::optional<uint64_t> last) {
  if (!last.has_value()) return Frontier(size);
  std::vector<uint64_t> positions;
  for (uint64_t ancestor : DirectPath(*last - 1, size)) {
    if (ancestor >= *last) positions.push_back(ancestor);
  }
  // The last of these lies on the frontier; where there is none, last - 1 does.
  uint64_t start = positions.empty() ? *last - 1 : positions.back();
  std::vector<uint64_t> rest = FrontierFrom(start, size);
  positions.insert(positions.end(), rest.begin() + 1, rest.end());
  return positions;
}

}  // namespace sealbook::keytrans
