// ProveLookups: read the pages that the searches pass, level by level, then
// write each proof in one walk over its pages.
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "merkle/page.h"
#include "merkle/page_reader.h"
#include "merkle/prefix_tree.h"

namespace sealbook::merkle {
namespace {

using crypto::Hash;
using crypto::VrfOutput;

struct SearchKey {
  VrfOutput key;
  // In the lookup's order.
  size_t result = 0;
};

// Ascending by key, so that the searches below a node are a range.
using SearchKeys = absl::Span<const SearchKey>;

std::vector<SearchKey> Sort(absl::Span<const VrfOutput> keys) {
  std::vector<SearchKey> sorted;
  sorted.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) sorted.push_back({keys[i], i});
  std::sort(sorted.begin(), sorted.end(),
            [](const SearchKey& a, const SearchKey& b) {
              return std::tie(a.key, a.result) < std::tie(b.key, b.result);
            });
  return sorted;
}

// Splits the searches that pass a parent of depth `depth` between its children.
std::pair<SearchKeys, SearchKeys> Split(SearchKeys keys, size_t depth) {
  const size_t left = std::partition_point(keys.begin(), keys.end(),
                                           [depth](const SearchKey& key) {
                                             return !key.key.Bit(depth);
                                           }) -
                      keys.begin();
  return {keys.subspan(0, left), keys.subspan(left)};
}

// A page and the searches that enter it.
struct Visit {
  PageLink link;
  SearchKeys keys;
  const Page* page = nullptr;
  // The visit to the first page that these searches pass from here; those to
  // the others follow it, from left to right.
  size_t next = 0;
};

// Visits all pages that some lookups pass, level by level: the pages of a level
// are one read, also those of different lookups.
class PageWalk {
 public:
  explicit PageWalk(PageStore& store) : store_(store) {}

  // Returns the number of the visit.
  size_t Enter(const PageLink& link, SearchKeys keys) {
    visits_.push_back({.link = link, .keys = keys});
    return visits_.size() - 1;
  }

  absl::Status Run() {
    for (size_t done = 0; done < visits_.size();) {
      const size_t end = visits_.size();
      SEALBOOK_RETURN_IF_ERROR(Read(done, end));
      for (; done < end; ++done) {
        // `visits_` grows below.
        const Visit visit = visits_[done];
        SEALBOOK_RETURN_IF_ERROR(CheckLink(*visit.page, visit.link));
        visits_[done].next = visits_.size();
        SEALBOOK_RETURN_IF_ERROR(
            Follow(visit, Page::kRoot, visit.link.depth, visit.keys));
      }
    }
    return absl::OkStatus();
  }

  const Visit& operator[](size_t visit) const { return visits_[visit]; }

 private:
  // Each page once: log entries share most of theirs.
  absl::Status Read(size_t begin, size_t end) {
    std::vector<PageId> ids;
    std::vector<size_t> places;
    absl::flat_hash_map<PageId, size_t> place_of;
    for (size_t i = begin; i < end; ++i) {
      const PageId& id = visits_[i].link.id;
      const auto [place, added] = place_of.try_emplace(id, ids.size());
      if (added) ids.push_back(id);
      places.push_back(place->second);
    }
    SEALBOOK_ASSIGN_OR_RETURN(auto pages, ReadPages(store_, ids));
    for (size_t i = begin; i < end; ++i) {
      visits_[i].page = pages[places[i - begin]].get();
    }
    std::move(pages.begin(), pages.end(), std::back_inserter(pages_));
    return absl::OkStatus();
  }

  absl::Status Follow(const Visit& visit, Page::Place place, size_t depth,
                      SearchKeys keys) {
    if (keys.empty()) return absl::OkStatus();
    const Page& page = *visit.page;
    switch (page.kind(place)) {
      case Page::Kind::kEmpty:
        break;
      case Page::Kind::kLeaf:
        return CheckLeaf(page, place, visit.link);
      case Page::Kind::kReference:
        Enter({.id = page.reference(place),
               .hash = page.hash(place),
               .depth = depth,
               .path = keys.front().key},
              keys);
        break;
      case Page::Kind::kParent: {
        auto [left, right] = Split(keys, depth);
        SEALBOOK_RETURN_IF_ERROR(
            Follow(visit, Page::Child(place, false), depth + 1, left));
        return Follow(visit, Page::Child(place, true), depth + 1, right);
      }
    }
    return absl::OkStatus();
  }

  PageStore& store_;
  std::vector<Visit> visits_;
  std::vector<std::shared_ptr<const Page>> pages_;
};

// Writes one proof ([KT] "Tree Proofs", "Prefix Tree") from a walk that has
// been run.
class ProofWriter {
 public:
  ProofWriter(const PageWalk& walk, size_t results) : walk_(walk) {
    proof_.results.resize(results);
  }

  // `root`: the visit to the tree's root page, where that was entered.
  PrefixProof Write(const PrefixTreeVersion& tree, SearchKeys keys,
                    std::optional<size_t> root) && {
    if (keys.empty()) {
      proof_.elements.push_back(tree.root);
    } else if (!root.has_value()) {
      EndAtMissing(keys, 0);
    } else {
      AddPage(*root);
    }
    return std::move(proof_);
  }

 private:
  void AddPage(size_t number) {
    const Visit& visit = walk_[number];
    size_t next = visit.next;
    Add(*visit.page, Page::kRoot, visit.link.depth, visit.keys, next);
  }

  // `next`: the visit to the next page that searches pass from this one.
  void Add(const Page& page, Page::Place place, size_t depth, SearchKeys keys,
           size_t& next) {
    if (keys.empty()) {
      proof_.elements.push_back(page.hash(place));
      return;
    }
    switch (page.kind(place)) {
      case Page::Kind::kEmpty:
        EndAtMissing(keys, depth);
        return;
      case Page::Kind::kLeaf:
        EndAtLeaf(page.leaf(place), keys, depth);
        return;
      case Page::Kind::kReference:
        AddPage(next++);
        return;
      case Page::Kind::kParent: {
        auto [left, right] = Split(keys, depth);
        Add(page, Page::Child(place, false), depth + 1, left, next);
        Add(page, Page::Child(place, true), depth + 1, right, next);
        return;
      }
    }
  }

  void EndAtMissing(SearchKeys keys, size_t depth) {
    for (const SearchKey& key : keys) {
      proof_.results[key.result] = {
          .type = PrefixSearchResultType::kNonInclusionParent,
          .depth = static_cast<uint8_t>(depth)};
    }
  }

  void EndAtLeaf(const PrefixLeaf& leaf, SearchKeys keys, size_t depth) {
    for (const SearchKey& key : keys) {
      PrefixSearchResult& result = proof_.results[key.result];
      result.depth = static_cast<uint8_t>(depth);
      if (leaf.vrf_output == key.key) {
        result.type = PrefixSearchResultType::kInclusion;
      } else {
        result.type = PrefixSearchResultType::kNonInclusionLeaf;
        result.leaf = leaf;
      }
    }
  }

  const PageWalk& walk_;
  PrefixProof proof_;
};

// Takes the leaves that searches end at from a walk that has been run.
class LeafReader {
 public:
  LeafReader(const PageWalk& walk, size_t results)
      : walk_(walk), leaves_(results) {}

  // In the lookup's order; absent where there is none.
  std::vector<std::optional<PrefixLeaf>> Read(size_t root) && {
    ReadPage(root);
    return std::move(leaves_);
  }

 private:
  void ReadPage(size_t number) {
    const Visit& visit = walk_[number];
    size_t next = visit.next;
    Read(*visit.page, Page::kRoot, visit.link.depth, visit.keys, next);
  }

  // `next`: as in ProofWriter.
  void Read(const Page& page, Page::Place place, size_t depth, SearchKeys keys,
            size_t& next) {
    if (keys.empty()) return;
    switch (page.kind(place)) {
      case Page::Kind::kEmpty:
        return;
      case Page::Kind::kLeaf:
        for (const SearchKey& key : keys) {
          if (page.leaf(place).vrf_output != key.key) continue;
          leaves_[key.result] = page.leaf(place);
        }
        return;
      case Page::Kind::kReference:
        ReadPage(next++);
        return;
      case Page::Kind::kParent: {
        auto [left, right] = Split(keys, depth);
        Read(page, Page::Child(place, false), depth + 1, left, next);
        Read(page, Page::Child(place, true), depth + 1, right, next);
        return;
      }
    }
  }

  const PageWalk& walk_;
  std::vector<std::optional<PrefixLeaf>> leaves_;
};

absl::Status CheckLookup(const PrefixLookup& lookup) {
  if (lookup.keys.size() > kMaxPrefixProofResults) {
    return absl::InvalidArgumentError(absl::StrCat(
        "prefix lookup of ", lookup.keys.size(), " search keys, at most ",
        kMaxPrefixProofResults, " fit into a proof"));
  }
  if (!lookup.tree.root_page.has_value() && lookup.tree.root != Hash()) {
    return absl::DataLossError("prefix tree has a root, but no root page");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<PrefixProof>> ProveLookups(
    PageStore& pages, absl::Span<const PrefixLookup> lookups) {
  std::vector<std::vector<SearchKey>> keys;
  std::vector<std::optional<size_t>> roots;
  keys.reserve(lookups.size());
  PageWalk walk(pages);
  for (const PrefixLookup& lookup : lookups) {
    SEALBOOK_RETURN_IF_ERROR(CheckLookup(lookup));
    keys.push_back(Sort(lookup.keys));
    roots.emplace_back();
    if (lookup.keys.empty() || !lookup.tree.root_page.has_value()) continue;
    roots.back() = walk.Enter({.id = *lookup.tree.root_page,
                               .hash = lookup.tree.root,
                               .depth = 0,
                               .path = lookup.keys.front()},
                              keys.back());
  }
  SEALBOOK_RETURN_IF_ERROR(walk.Run());

  std::vector<PrefixProof> proofs;
  proofs.reserve(lookups.size());
  for (size_t i = 0; i < lookups.size(); ++i) {
    proofs.push_back(ProofWriter(walk, lookups[i].keys.size())
                         .Write(lookups[i].tree, keys[i], roots[i]));
  }
  return proofs;
}

absl::StatusOr<std::vector<PrefixLeaf>> ReadLeaves(
    PageStore& pages, const PrefixTreeVersion& tree,
    absl::Span<const VrfOutput> keys) {
  std::vector<PrefixLeaf> leaves;
  if (keys.empty()) return leaves;
  const std::vector<SearchKey> sorted = Sort(keys);
  std::vector<std::optional<PrefixLeaf>> found(keys.size());
  if (tree.root_page.has_value()) {
    PageWalk walk(pages);
    const size_t root = walk.Enter({.id = *tree.root_page,
                                    .hash = tree.root,
                                    .depth = 0,
                                    .path = keys.front()},
                                   sorted);
    SEALBOOK_RETURN_IF_ERROR(walk.Run());
    found = LeafReader(walk, keys.size()).Read(root);
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!found[i].has_value()) {
      return absl::DataLossError(
          absl::StrCat("prefix tree lacks the leaf ", keys[i].ToHex()));
    }
    leaves.push_back(*found[i]);
  }
  return leaves;
}

}  // namespace sealbook::merkle
