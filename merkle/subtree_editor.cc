#include "merkle/subtree_editor.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "merkle/page_reader.h"
#include "merkle/prefix_bits.h"

namespace sealbook::merkle {

using crypto::VrfOutput;

SubtreeEditor::SubtreeEditor(PageStore& store, uint32_t index,
                             const Subtree& base)
    : store_(store), index_(index), root_(kMissing), nodes_(1) {
  if (base.kind == Page::Kind::kLeaf) {
    root_ = AddLeaf(base.leaf);
  } else if (base.kind == Page::Kind::kReference) {
    root_ = AddNode({.hash = base.hash, .page = base.page, .kind = base.kind});
  }
}

absl::Status SubtreeEditor::Load(absl::Span<const VrfOutput> keys) {
  std::vector<Unread> unread;
  Follow(root_, Page::kLevels, keys, unread);
  while (!unread.empty()) {
    SEALBOOK_RETURN_IF_ERROR(ReadAll(unread));
    std::vector<Unread> next;
    for (const Unread& read : unread) {
      Follow(read.node, read.link.depth, read.keys, next);
    }
    unread = std::move(next);
  }
  return absl::OkStatus();
}

absl::Status SubtreeEditor::Insert(const PrefixLeaf& leaf) {
  const VrfOutput& key = leaf.vrf_output;
  Index parent = kMissing;
  Index node = root_;
  size_t depth = Page::kLevels;
  while (nodes_[node].kind == Page::Kind::kParent) {
    nodes_[node].changed = true;
    parent = node;
    node = nodes_[node].children[key.Bit(depth)];
    ++depth;
  }
  if (nodes_[node].kind == Page::Kind::kReference) {
    return absl::InternalError("prefix subtree: insertion into an unread page");
  }
  Index replacement;
  if (nodes_[node].kind == Page::Kind::kLeaf) {
    SEALBOOK_ASSIGN_OR_RETURN(replacement, Split(node, depth, leaf));
  } else {
    replacement = AddLeaf(leaf);
  }
  if (parent == kMissing) {
    root_ = replacement;
  } else {
    nodes_[parent].children[key.Bit(depth - 1)] = replacement;
  }
  return absl::OkStatus();
}

Subtree SubtreeEditor::Commit(uint64_t position, std::vector<NewPage>& pages) {
  Rehash(root_, Page::kLevels, position, pages);
  const Node& root = nodes_[root_];
  Subtree subtree{.kind = root.kind, .hash = root.hash};
  if (root.kind == Page::Kind::kLeaf) {
    subtree.leaf = leaves_[root.children[0]];
  } else if (root.kind != Page::Kind::kEmpty) {
    subtree.kind = Page::Kind::kReference;
    subtree.page = root.page;
  }
  return subtree;
}

SubtreeEditor::Index SubtreeEditor::AddNode(const Node& node) {
  nodes_.push_back(node);
  return static_cast<Index>(nodes_.size() - 1);
}

SubtreeEditor::Index SubtreeEditor::AddLeaf(const PrefixLeaf& leaf) {
  return AddLeaf(leaf, HashPrefixLeaf(leaf));
}

SubtreeEditor::Index SubtreeEditor::AddLeaf(const PrefixLeaf& leaf,
                                            const crypto::Hash& hash) {
  leaves_.push_back(leaf);
  return AddNode({.hash = hash,
                  .children = {static_cast<Index>(leaves_.size() - 1)},
                  .kind = Page::Kind::kLeaf});
}

SubtreeEditor::Index SubtreeEditor::Import(const Page& page,
                                           Page::Place place) {
  switch (page.kind(place)) {
    case Page::Kind::kEmpty:
      return kMissing;
    case Page::Kind::kLeaf:
      return AddLeaf(page.leaf(place), page.hash(place));
    case Page::Kind::kReference:
      return AddNode({.hash = page.hash(place),
                      .page = page.reference(place),
                      .kind = Page::Kind::kReference});
    case Page::Kind::kParent:
      break;
  }
  const Index left = Import(page, Page::Child(place, false));
  const Index right = Import(page, Page::Child(place, true));
  return AddNode({.hash = page.hash(place),
                  .children = {left, right},
                  .kind = Page::Kind::kParent});
}

absl::Status SubtreeEditor::ReadAll(absl::Span<const Unread> unread) {
  std::vector<PageId> ids;
  ids.reserve(unread.size());
  for (const Unread& next : unread) ids.push_back(next.link.id);
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::vector<std::shared_ptr<const Page>> pages,
      ReadPages(store_, ids));
  for (size_t i = 0; i < pages.size(); ++i) {
    const Page& page = *pages[i];
    SEALBOOK_RETURN_IF_ERROR(CheckPage(page, unread[i].link));
    // The page's root takes the place of the reference to it.
    const Index left = Import(page, Page::Child(Page::kRoot, false));
    const Index right = Import(page, Page::Child(Page::kRoot, true));
    Node& node = nodes_[unread[i].node];
    node.kind = Page::Kind::kParent;
    node.children[0] = left;
    node.children[1] = right;
  }
  return absl::OkStatus();
}

void SubtreeEditor::Follow(Index node, size_t depth,
                           absl::Span<const VrfOutput> keys,
                           std::vector<Unread>& unread) {
  if (keys.empty()) return;
  const Node& at = nodes_[node];
  if (at.kind == Page::Kind::kReference) {
    unread.push_back({.node = node,
                      .link = {.id = at.page,
                               .hash = at.hash,
                               .depth = depth,
                               .path = keys.front()},
                      .keys = keys});
  }
  if (at.kind != Page::Kind::kParent) return;
  const size_t left = std::partition_point(keys.begin(), keys.end(),
                                           [depth](const VrfOutput& key) {
                                             return !key.Bit(depth);
                                           }) -
                      keys.begin();
  Follow(at.children[0], depth + 1, keys.subspan(0, left), unread);
  Follow(at.children[1], depth + 1, keys.subspan(left), unread);
}

absl::StatusOr<SubtreeEditor::Index> SubtreeEditor::Split(
    Index old_leaf, size_t depth, const PrefixLeaf& leaf) {
  const VrfOutput& key = leaf.vrf_output;
  const VrfOutput old_key = leaves_[nodes_[old_leaf].children[0]].vrf_output;
  if (old_key == key) {
    return absl::AlreadyExistsError(absl::StrCat(
        "search key ", key.ToHex(), " is in the prefix tree already"));
  }
  const size_t shared = CommonPrefixBits(old_key, key);
  if (shared >= kMaxPrefixDepth) {
    return absl::InvalidArgumentError(
        absl::StrCat("search keys ", old_key.ToHex(), " and ", key.ToHex(),
                     " share ", shared, " bits: too deep for any proof"));
  }
  Node parent{.kind = Page::Kind::kParent, .changed = true};
  parent.children[key.Bit(shared)] = AddLeaf(leaf);
  parent.children[old_key.Bit(shared)] = old_leaf;
  Index top = AddNode(parent);
  for (size_t d = shared; d > depth; --d) {
    Node above{.kind = Page::Kind::kParent, .changed = true};
    above.children[key.Bit(d - 1)] = top;
    top = AddNode(above);
  }
  return top;
}

void SubtreeEditor::Rehash(Index node, size_t depth, uint64_t position,
                           std::vector<NewPage>& pages) {
  // No node is added here, so that the reference stays good.
  Node& at = nodes_[node];
  if (!at.changed) return;
  Rehash(at.children[0], depth + 1, position, pages);
  Rehash(at.children[1], depth + 1, position, pages);
  at.hash = HashPrefixParent(nodes_[at.children[0]].hash,
                             nodes_[at.children[1]].hash);
  at.changed = false;
  if (depth % Page::kLevels != 0) return;
  WriteNode(node, 0);
  // Small numbers make short references; the subtree's index keeps subtrees
  // apart, and 0 is left for the root page.
  const size_t ordinal = pages.size() * kSubtrees + index_ + 1;
  at.page = {position, static_cast<uint32_t>(ordinal)};
  pages.push_back({at.page, writer_.Finish()});
}

void SubtreeEditor::WriteNode(Index node, size_t level) {
  const Node& at = nodes_[node];
  if (at.kind == Page::Kind::kEmpty) {
    writer_.AddEmpty();
  } else if (at.kind == Page::Kind::kLeaf) {
    writer_.AddLeaf(leaves_[at.children[0]]);
  } else if (level == Page::kLevels) {
    writer_.AddReference(at.page, at.hash);
  } else {
    writer_.AddParent();
    WriteNode(at.children[0], level + 1);
    WriteNode(at.children[1], level + 1);
  }
}

}  // namespace sealbook::merkle
