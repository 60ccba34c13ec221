#include "server/tree_check.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::server {
namespace {

using merkle::Page;

std::string NameOf(const merkle::PageId& id) {
  return absl::StrCat("page ", id.position, "/", id.ordinal);
}

// `path`, extended by the bits that lead from a page's root to `place`.
crypto::VrfOutput Extend(crypto::VrfOutput path, size_t depth,
                         Page::Place place) {
  const size_t level = Page::Level(place);
  for (size_t i = 0; i < level; ++i) {
    const size_t bit = depth + i;
    if (place >> (level - 1 - i) & 1) {
      path.data()[bit / 8] |= static_cast<uint8_t>(0x80 >> bit % 8);
    }
  }
  return path;
}

bool StartsWith(const crypto::VrfOutput& key, const crypto::VrfOutput& path,
                size_t bits) {
  for (size_t i = 0; i < bits; ++i) {
    if (key.Bit(i) != path.Bit(i)) return false;
  }
  return true;
}

void CollectLeaves(const Page& page,
                   const std::function<void(Page::Place)>& visit) {
  for (Page::Place place = Page::kRoot; place < Page::kEnd; ++place) {
    if (page.kind(place) == Page::Kind::kLeaf) visit(place);
  }
}

}  // namespace

bool TreeCheck::LeafLess::operator()(const merkle::PrefixLeaf& a,
                                     const merkle::PrefixLeaf& b) const {
  return std::tie(a.vrf_output, a.commitment) <
         std::tie(b.vrf_output, b.commitment);
}

TreeCheck::TreeCheck(const LogStore& store, size_t cache_bytes, Damage damage)
    : store_(store), damage_(std::move(damage)), cache_(cache_bytes) {}

void TreeCheck::AddPage(const merkle::PageId& id,
                        absl::StatusOr<PagePtr> page) {
  ++pages_;
  if (!page.ok()) {
    damage_(absl::StrCat(NameOf(id), ": ", page.status().message()));
    return;
  }
  added_.emplace(id, *std::move(page));
}

void TreeCheck::CheckEntry(uint64_t position, const StoredEntry& entry) {
  leaves_before_.clear();
  leaves_after_.clear();
  Step root;
  root.id = {position, 0};
  root.named = entry.entry.prefix_root;
  if (position > 0) root.before = merkle::PageId{position - 1, 0};
  std::vector<Step> steps = {root};
  while (!steps.empty()) {
    std::vector<Step> next;
    for (const Step& step : steps) Visit(step, next);
    steps = std::move(next);
  }
  for (const auto& [id, page] : added_) {
    damage_(absl::StrCat(NameOf(id), ": nothing in its tree names it"));
  }
  added_.clear();
  CompareLeaves(position, entry);
  leaves_ += entry.added.size();
}

void TreeCheck::Visit(const Step& step, std::vector<Step>& next) {
  auto added = added_.find(step.id);
  if (added == added_.end()) {
    damage_(absl::StrCat(NameOf(step.id), ": missing or damaged"));
    return;
  }
  const PagePtr page = std::move(added->second);
  added_.erase(added);
  cache_.Put(step.id, page, page->MemoryBytes());
  if (page->hash() != step.named) {
    damage_(absl::StrCat(NameOf(step.id),
                         ": its hash is not the one that names it"));
    return;
  }
  PagePtr before;
  if (step.before.has_value()) {
    absl::StatusOr<PagePtr> read = Read(*step.before);
    // It was reported when its own entry was checked.
    if (!read.ok()) return;
    before = *std::move(read);
    CollectLeaves(*before, [&](Page::Place place) {
      leaves_before_.insert(before->leaf(place));
    });
  }
  VisitLeaves(step, *page);
  VisitReferences(step, *page, before.get(), next);
}

void TreeCheck::VisitLeaves(const Step& step, const Page& page) {
  CollectLeaves(page, [&](Page::Place place) {
    const merkle::PrefixLeaf& leaf = page.leaf(place);
    leaves_after_.insert(leaf);
    if (!StartsWith(leaf.vrf_output, Extend(step.path, step.depth, place),
                    step.depth + Page::Level(place))) {
      damage_(absl::StrCat(NameOf(step.id), ": leaf ", leaf.vrf_output.ToHex(),
                           " stands at a place that its search key does not "
                           "lead to"));
    }
  });
}

void TreeCheck::VisitReferences(const Step& step, const Page& page,
                                const Page* before, std::vector<Step>& next) {
  for (Page::Place place = Page::kFirstBottom; place < Page::kEnd; ++place) {
    const bool refers = page.kind(place) == Page::Kind::kReference;
    const bool referred =
        before != nullptr && before->kind(place) == Page::Kind::kReference;
    if (referred && !refers) {
      damage_(absl::StrCat(NameOf(step.id), ": drops a part of the tree that ",
                           NameOf(*step.before), " has"));
    }
    if (!refers) continue;
    const merkle::PageId& id = page.reference(place);
    if (id.position == step.id.position) {
      Step child;
      child.id = id;
      child.named = page.hash(place);
      if (referred) child.before = before->reference(place);
      child.path = Extend(step.path, step.depth, place);
      child.depth = step.depth + Page::kLevels;
      next.push_back(child);
    } else if (!referred || before->reference(place) != id ||
               before->hash(place) != page.hash(place)) {
      damage_(absl::StrCat(NameOf(step.id), ": names ", NameOf(id),
                           ", which was not there in the tree before"));
    }
  }
}

void TreeCheck::CompareLeaves(uint64_t position, const StoredEntry& entry) {
  std::vector<crypto::VrfOutput> added;
  for (const merkle::PrefixLeaf& leaf : leaves_after_) {
    if (!leaves_before_.contains(leaf)) added.push_back(leaf.vrf_output);
  }
  for (const merkle::PrefixLeaf& leaf : leaves_before_) {
    if (!leaves_after_.contains(leaf)) {
      damage_(absl::StrCat("log entry ", position, ": leaf ",
                           leaf.vrf_output.ToHex(),
                           " of the tree before is gone"));
    }
  }
  if (added != entry.added) {
    damage_(absl::StrCat("log entry ", position, ": lists ", entry.added.size(),
                         " added leaves, which are not the ", added.size(),
                         " that its pages add"));
  }
}

absl::StatusOr<std::optional<merkle::PrefixLeaf>> TreeCheck::FindLeaf(
    uint64_t position, const crypto::VrfOutput& key) {
  merkle::PageId id{position, 0};
  Page::Place place = Page::kRoot;
  SEALBOOK_ASSIGN_OR_RETURN(PagePtr page, Read(id));
  for (size_t depth = 0; depth < 8 * crypto::VrfOutput::kSize;) {
    switch (page->kind(place)) {
      case Page::Kind::kEmpty:
        return std::nullopt;
      case Page::Kind::kLeaf:
        if (page->leaf(place).vrf_output != key) return std::nullopt;
        return page->leaf(place);
      case Page::Kind::kParent:
        place = Page::Child(place, key.Bit(depth));
        ++depth;
        break;
      case Page::Kind::kReference:
        id = page->reference(place);
        place = Page::kRoot;
        SEALBOOK_ASSIGN_OR_RETURN(page, Read(id));
        break;
    }
  }
  return absl::DataLossError(
      absl::StrCat(NameOf(id), ": the tree has no end there"));
}

absl::StatusOr<TreeCheck::PagePtr> TreeCheck::Read(const merkle::PageId& id) {
  if (auto hit = cache_.Get(id)) return *std::move(hit);
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::string> bytes,
                            store_.ReadPages({id}));
  auto page = Page::Decode(bytes[0]);
  if (!page.ok()) {
    return absl::DataLossError(
        absl::StrCat(NameOf(id), ": ", page.status().message()));
  }
  cache_.Put(id, *page, (*page)->MemoryBytes());
  return page;
}

}  // namespace sealbook::server
