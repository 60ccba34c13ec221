// The implicit binary search tree over a log's entries ([KT] "Implicit Binary
// Search Tree" and its appendix). Pure arithmetic on positions.
#ifndef SEALBOOK_KEYTRANS_IMPLICIT_TREE_H_
#define SEALBOOK_KEYTRANS_IMPLICIT_TREE_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace sealbook::keytrans {

// Position of the root of a log of `size` entries. Requires: size >= 1.
uint64_t ImplicitRoot(uint64_t size);
// Children of `position` in a log of `size` entries; absent where there is
// none. Requires: position < size.
std::optional<uint64_t> ImplicitLeft(uint64_t position);
std::optional<uint64_t> ImplicitRight(uint64_t position, uint64_t size);

// The frontier: the root, its right child, and so on to position size - 1.
// 50 entries: 31, 47, 49. Requires: size >= 1.
std::vector<uint64_t> Frontier(uint64_t size);
// The part of the frontier that starts at `position`, which lies on it.
std::vector<uint64_t> FrontierFrom(uint64_t position, uint64_t size);

// Ancestors of `position`, from its parent to the root. Requires: position <
// size.
std::vector<uint64_t> DirectPath(uint64_t position, uint64_t size);

// Positions whose timestamps update a view from `last` entries (absent: no
// view) to `size`, in the order in which they are provided ("Updating Views of
// the Tree", "Algorithm"; KEYTRANS rule 5). Requires: 1 <= last <= size.
std::vector<uint64_t> UpdateViewPositions(uint64_t size,
                                          std::optional<uint64_t> last);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_IMPLICIT_TREE_H_
