// ProveLookups: read the pages that the searches pass, level by level, then
// write each proof in one walk over its pages.
#include <algorithm>
#include <memory>
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

using Pages = absl::flat_hash_map<PageId, std::shared_ptr<const Page>>;

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
};

// Reads all pages that some lookups need.
class PageCollector {
 public:
  explicit PageCollector(PageStore& store) : store_(store) {}

  void Want(Visit visit) { wanted_.push_back(visit); }

  absl::StatusOr<Pages> Collect() {
    while (!wanted_.empty()) {
      SEALBOOK_RETURN_IF_ERROR(ReadWanted());
      const std::vector<Visit> visits = std::exchange(wanted_, {});
      for (const Visit& visit : visits) {
        const Page& page = *pages_.at(visit.link.id);
        SEALBOOK_RETURN_IF_ERROR(CheckPage(page, visit.link));
        Follow(page, Page::kRoot, visit.link.depth, visit.keys);
      }
    }
    return std::move(pages_);
  }

 private:
  absl::Status ReadWanted() {
    std::vector<PageId> ids;
    for (const Visit& visit : wanted_) {
      if (pages_.try_emplace(visit.link.id).second) {
        ids.push_back(visit.link.id);
      }
    }
    if (ids.empty()) return absl::OkStatus();
    SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::shared_ptr<const Page>> pages,
                              ReadPages(store_, ids));
    for (size_t i = 0; i < ids.size(); ++i) {
      pages_[ids[i]] = std::move(pages[i]);
    }
    return absl::OkStatus();
  }

  void Follow(const Page& page, Page::Place place, size_t depth,
              SearchKeys keys) {
    if (keys.empty()) return;
    switch (page.kind(place)) {
      case Page::Kind::kEmpty:
      case Page::Kind::kLeaf:
        return;
      case Page::Kind::kReference:
        Want({.link = {.id = page.reference(place),
                       .hash = page.hash(place),
                       .depth = depth,
                       .path = keys.front().key},
              .keys = keys});
        return;
      case Page::Kind::kParent: {
        auto [left, right] = Split(keys, depth);
        Follow(page, Page::Child(place, false), depth + 1, left);
        Follow(page, Page::Child(place, true), depth + 1, right);
        return;
      }
    }
  }

  PageStore& store_;
  Pages pages_;
  std::vector<Visit> wanted_;
};

// Writes one proof ([KT] "Tree Proofs", "Prefix Tree"). All pages that the
// searches pass are at hand and checked.
class ProofWriter {
 public:
  ProofWriter(const Pages& pages, size_t results) : pages_(pages) {
    proof_.results.resize(results);
  }

  PrefixProof Write(const PrefixTreeVersion& tree, SearchKeys keys) && {
    if (keys.empty()) {
      proof_.elements.push_back(tree.root);
    } else if (!tree.root_page.has_value()) {
      EndAtMissing(keys, 0);
    } else {
      Add(*pages_.at(*tree.root_page), Page::kRoot, 0, keys);
    }
    return std::move(proof_);
  }

 private:
  void Add(const Page& page, Page::Place place, size_t depth, SearchKeys keys) {
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
        Add(*pages_.at(page.reference(place)), Page::kRoot, depth, keys);
        return;
      case Page::Kind::kParent: {
        auto [left, right] = Split(keys, depth);
        Add(page, Page::Child(place, false), depth + 1, left);
        Add(page, Page::Child(place, true), depth + 1, right);
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

  const Pages& pages_;
  PrefixProof proof_;
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
  keys.reserve(lookups.size());
  PageCollector collector(pages);
  for (const PrefixLookup& lookup : lookups) {
    SEALBOOK_RETURN_IF_ERROR(CheckLookup(lookup));
    keys.push_back(Sort(lookup.keys));
    if (lookup.keys.empty() || !lookup.tree.root_page.has_value()) continue;
    collector.Want({.link = {.id = *lookup.tree.root_page,
                             .hash = lookup.tree.root,
                             .depth = 0,
                             .path = lookup.keys.front()},
                    .keys = keys.back()});
  }
  SEALBOOK_ASSIGN_OR_RETURN(const Pages collected, collector.Collect());

  std::vector<PrefixProof> proofs;
  proofs.reserve(lookups.size());
  for (size_t i = 0; i < lookups.size(); ++i) {
    proofs.push_back(ProofWriter(collected, lookups[i].keys.size())
                         .Write(lookups[i].tree, keys[i]));
  }
  return proofs;
}

}  // namespace sealbook::merkle
