// The part of a prefix tree below one place of the root page, unfolded in
// memory while leaves are added to it: the pages that the new search keys pass
// are read once, kept as plain nodes over all log entries of a batch, and
// written as pages again for each entry that changed them.
#ifndef SEALBOOK_MERKLE_SUBTREE_EDITOR_H_
#define SEALBOOK_MERKLE_SUBTREE_EDITOR_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "crypto/types.h"
#include "merkle/page.h"
#include "merkle/page_reader.h"
#include "merkle/page_store.h"
#include "merkle/prefix_proof.h"
#include "merkle/prefix_tree.h"

namespace sealbook::merkle {

// What is at one place of a page: nothing, a leaf, or a page of its own.
struct Subtree {
  // Never kParent.
  Page::Kind kind = Page::Kind::kEmpty;
  // 32 zero bytes for kEmpty.
  crypto::Hash hash;
  PrefixLeaf leaf;  // kLeaf only.
  PageId page;      // kReference only.
};

// Not thread-safe. Subtrees of one tree can be edited in parallel.
class SubtreeEditor {
 public:
  // The root page has level 4 divided into this many subtrees, by the first
  // four bits of the search key.
  static constexpr size_t kSubtrees = Page::kFirstBottom;

  // `index` is the first four bits of all search keys in the subtree.
  SubtreeEditor(PageStore& store, uint32_t index, const Subtree& base);

  // Reads the pages that inserting `keys` needs: one batch of reads a page
  // level. `keys` ascend. Errors as InsertLeaves.
  absl::Status Load(absl::Span<const crypto::VrfOutput> keys);

  // Requires: Load was told of its search key. Errors as InsertLeaves.
  absl::Status Insert(const PrefixLeaf& leaf);

  // Ends the log entry at `position`: fills `pages` (given empty) with the
  // pages that changed since the last call, ascending by id, and returns the
  // subtree as of this entry. Page i has ordinal kSubtrees * i + index + 1.
  Subtree Commit(uint64_t position, std::vector<NewPage>& pages);

 private:
  // Index of a node in nodes_; 0 is the missing child of every parent.
  using Index = uint32_t;
  static constexpr Index kMissing = 0;

  struct Node {
    crypto::Hash hash;
    // Of the page that begins here: references, and parents at page roots once
    // their page is written.
    PageId page;
    // The children of a parent; of a leaf, the first is its index in leaves_.
    Index children[2] = {kMissing, kMissing};
    Page::Kind kind = Page::Kind::kEmpty;
    // Of a parent: `hash` and `page` are those of an earlier entry, if any.
    bool changed = false;
  };

  // A reference that search keys lead to.
  struct Unread {
    Index node;
    PageLink link;
    absl::Span<const crypto::VrfOutput> keys;
  };

  Index AddNode(const Node& node);
  Index AddLeaf(const PrefixLeaf& leaf);
  Index AddLeaf(const PrefixLeaf& leaf, const crypto::Hash& hash);
  // Unfolds what is at `place`.
  Index Import(const Page& page, Page::Place place);
  absl::Status ReadAll(absl::Span<const Unread> unread);
  // Adds the references that `keys` lead to from `node` to `unread`.
  void Follow(Index node, size_t depth,
              absl::Span<const crypto::VrfOutput> keys,
              std::vector<Unread>& unread);
  // The subtree at `depth` that holds the old leaf and the new one.
  absl::StatusOr<Index> Split(Index old_leaf, size_t depth,
                              const PrefixLeaf& leaf);
  // Brings changed nodes up to date, children first, and writes their pages.
  void Rehash(Index node, size_t depth, uint64_t position,
              std::vector<NewPage>& pages);
  void WriteNode(Index node, size_t level);

  PageStore& store_;
  const uint32_t index_;
  Index root_;
  std::vector<Node> nodes_;
  std::vector<PrefixLeaf> leaves_;
  PageWriter writer_;
};

}  // namespace sealbook::merkle

#endif  // SEALBOOK_MERKLE_SUBTREE_EDITOR_H_
