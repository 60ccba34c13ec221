// InsertLeaves: the tree below the root page is edited as 16 independent
// subtrees, each over all entries of the batch; then the root pages are written
// entry by entry. Since a leaf sits where it first is alone, the tree's shape
// follows from what is in it, and a subtree never needs to know of the others.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "merkle/page.h"
#include "merkle/page_reader.h"
#include "merkle/prefix_bits.h"
#include "merkle/prefix_tree.h"
#include "merkle/subtree_editor.h"

namespace sealbook::merkle {
namespace {

using crypto::Hash;
using crypto::VrfOutput;

constexpr size_t kSubtrees = SubtreeEditor::kSubtrees;

// What is at level 4 of the root page, or would be if leaves sat that deep.
using Subtrees = std::array<Subtree, kSubtrees>;

// A leaf of one subtree and the entry that adds it.
struct Addition {
  size_t entry = 0;
  const PrefixLeaf* leaf = nullptr;
};

// The subtree after one entry that changed it.
struct SubtreeChange {
  size_t entry = 0;
  Subtree subtree;
  std::vector<NewPage> pages;
};

using SubtreeChanges = std::vector<SubtreeChange>;

absl::Status CheckArguments(const PrefixTreeVersion& base,
                            uint64_t first_position,
                            absl::Span<const std::vector<PrefixLeaf>> entries) {
  if (base.root_page.has_value() &&
      base.root_page->position >= first_position) {
    return absl::InvalidArgumentError(absl::StrCat(
        "log position ", first_position, " is not after ",
        base.root_page->position, ", the position of the tree it extends"));
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "log entry ", first_position + i, " adds no prefix leaf"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Subtrees> ReadSubtrees(PageStore& pages,
                                      const PrefixTreeVersion& base) {
  Subtrees subtrees;
  if (!base.root_page.has_value()) {
    if (base.root == Hash()) return subtrees;
    return absl::DataLossError("prefix tree has a root, but no root page");
  }
  SEALBOOK_ASSIGN_OR_RETURN(const auto read,
                            ReadPages(pages, {*base.root_page}));
  const Page& root = *read.front();
  SEALBOOK_RETURN_IF_ERROR(
      CheckPage(root, {.id = *base.root_page, .hash = base.root}));
  for (Page::Place place = Page::kRoot; place < Page::kEnd; ++place) {
    const Page::Kind kind = root.kind(place);
    if (kind == Page::Kind::kLeaf) {
      const PrefixLeaf& leaf = root.leaf(place);
      subtrees[NibbleAt(leaf.vrf_output, 0)] = {
          .kind = kind, .hash = root.hash(place), .leaf = leaf};
    } else if (kind == Page::Kind::kReference) {
      subtrees[place - Page::kFirstBottom] = {.kind = kind,
                                              .hash = root.hash(place),
                                              .page = root.reference(place)};
    }
  }
  return subtrees;
}

std::array<std::vector<Addition>, kSubtrees> Divide(
    absl::Span<const std::vector<PrefixLeaf>> entries) {
  std::array<std::vector<Addition>, kSubtrees> additions;
  for (size_t entry = 0; entry < entries.size(); ++entry) {
    for (const PrefixLeaf& leaf : entries[entry]) {
      additions[NibbleAt(leaf.vrf_output, 0)].push_back({entry, &leaf});
    }
  }
  return additions;
}

std::vector<VrfOutput> SortedKeys(absl::Span<const Addition> additions) {
  std::vector<VrfOutput> keys;
  keys.reserve(additions.size());
  for (const Addition& addition : additions) {
    keys.push_back(addition.leaf->vrf_output);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

// `additions` ascend by entry.
absl::StatusOr<SubtreeChanges> EditSubtree(
    PageStore& pages, uint32_t index, const Subtree& base,
    uint64_t first_position, absl::Span<const Addition> additions) {
  SubtreeEditor editor(pages, index, base);
  SEALBOOK_RETURN_IF_ERROR(editor.Load(SortedKeys(additions)));
  SubtreeChanges changes;
  for (size_t i = 0; i < additions.size();) {
    SubtreeChange change{.entry = additions[i].entry};
    for (; i < additions.size() && additions[i].entry == change.entry; ++i) {
      SEALBOOK_RETURN_IF_ERROR(editor.Insert(*additions[i].leaf));
    }
    change.subtree = editor.Commit(first_position + change.entry, change.pages);
    changes.push_back(std::move(change));
  }
  return changes;
}

// Writes the root page over the subtrees of one entry.
class RootPageWriter {
 public:
  // Requires: not all subtrees are empty.
  explicit RootPageWriter(const Subtrees& subtrees)
      : subtrees_(subtrees), root_(Add(0, kSubtrees)) {}

  const Hash& root() const { return root_; }
  std::string Finish() { return writer_.Finish(); }

 private:
  // Adds the node above `count` subtrees and returns its value.
  Hash Add(size_t first, size_t count) {
    const Subtree* only = nullptr;
    size_t used = 0;
    for (size_t i = first; i < first + count; ++i) {
      if (subtrees_[i].kind == Page::Kind::kEmpty) continue;
      only = &subtrees_[i];
      ++used;
    }
    if (used == 0) {
      writer_.AddEmpty();
      return Hash();
    }
    if (used == 1 && only->kind == Page::Kind::kLeaf) {
      writer_.AddLeaf(only->leaf);
      return only->hash;
    }
    if (count == 1) {
      writer_.AddReference(only->page, only->hash);
      return only->hash;
    }
    writer_.AddParent();
    const Hash left = Add(first, count / 2);
    return HashPrefixParent(left, Add(first + count / 2, count / 2));
  }

  const Subtrees& subtrees_;
  PageWriter writer_;
  const Hash root_;
};

// Joins what the subtrees did, entry by entry.
class Composer {
 public:
  Composer(const Subtrees& base, std::vector<SubtreeChanges> changes)
      : subtrees_(base), changes_(std::move(changes)), next_(kSubtrees, 0) {}

  void Add(size_t entry, uint64_t position, PrefixTreeUpdate& update) {
    std::vector<std::vector<NewPage>*> written;
    for (size_t i = 0; i < kSubtrees; ++i) {
      if (next_[i] == changes_[i].size()) continue;
      SubtreeChange& change = changes_[i][next_[i]];
      if (change.entry != entry) continue;
      ++next_[i];
      subtrees_[i] = change.subtree;
      written.push_back(&change.pages);
    }
    RootPageWriter root(subtrees_);
    const PageId id{position, 0};
    update.versions.push_back({id, root.root()});
    update.pages.push_back({id, root.Finish()});
    // Page i of every subtree comes before page i + 1 of any (SubtreeEditor).
    for (size_t i = 0; !written.empty(); ++i) {
      std::erase_if(written,
                    [i](const auto* pages) { return i >= pages->size(); });
      for (std::vector<NewPage>* pages : written) {
        update.pages.push_back(std::move((*pages)[i]));
      }
    }
  }

 private:
  Subtrees subtrees_;
  std::vector<SubtreeChanges> changes_;
  // For each subtree, the first of its changes not yet used.
  std::vector<size_t> next_;
};

}  // namespace

absl::StatusOr<PrefixTreeUpdate> InsertLeaves(
    PageStore& pages, const PrefixTreeVersion& base, uint64_t first_position,
    absl::Span<const std::vector<PrefixLeaf>> entries,
    const ParallelFor& parallel) {
  SEALBOOK_RETURN_IF_ERROR(CheckArguments(base, first_position, entries));
  SEALBOOK_ASSIGN_OR_RETURN(const Subtrees subtrees, ReadSubtrees(pages, base));
  const auto additions = Divide(entries);
  std::vector<absl::StatusOr<SubtreeChanges>> results(kSubtrees);
  parallel(kSubtrees, [&](size_t i) {
    results[i] = EditSubtree(pages, static_cast<uint32_t>(i), subtrees[i],
                             first_position, additions[i]);
  });

  std::vector<SubtreeChanges> changes;
  for (absl::StatusOr<SubtreeChanges>& result : results) {
    SEALBOOK_RETURN_IF_ERROR(result.status());
    changes.push_back(*std::move(result));
  }
  PrefixTreeUpdate update;
  Composer composer(subtrees, std::move(changes));
  for (size_t i = 0; i < entries.size(); ++i) {
    composer.Add(i, first_position + i, update);
  }
  return update;
}

}  // namespace sealbook::merkle
