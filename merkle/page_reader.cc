#include "merkle/page_reader.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "merkle/prefix_bits.h"

namespace sealbook::merkle {
namespace {

absl::Status Broken(const PageId& id, absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat("prefix page ", id.position, "/", id.ordinal, " ", why));
}

// Whether the leaf at `place` of a page at link.depth shares the bits that lead
// there.
bool IsOnItsPath(const PrefixLeaf& leaf, Page::Place place,
                 const PageLink& link) {
  if (CommonPrefixBits(leaf.vrf_output, link.path) < link.depth) return false;
  const size_t level = Page::Level(place);
  const uint32_t bits = NibbleAt(leaf.vrf_output, link.depth);
  return bits >> (Page::kLevels - level) == place - (Page::Place{1} << level);
}

}  // namespace

absl::StatusOr<std::vector<std::shared_ptr<const Page>>> ReadPages(
    PageStore& store, absl::Span<const PageId> ids) {
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::shared_ptr<const Page>> pages,
                            store.ReadPages(ids));
  if (pages.size() != ids.size()) {
    return absl::DataLossError(absl::StrCat("page store gave ", pages.size(),
                                            " prefix pages for ", ids.size()));
  }
  for (size_t i = 0; i < pages.size(); ++i) {
    if (pages[i] == nullptr) return Broken(ids[i], "is missing");
  }
  return pages;
}

absl::Status CheckLink(const Page& page, const PageLink& link) {
  if (page.hash() != link.hash) {
    return Broken(link.id,
                  absl::StrCat("has hash ", page.hash().ToHex(),
                               ", but was named with ", link.hash.ToHex()));
  }
  if (link.depth > kMaxPrefixDepth) {
    return Broken(link.id, "lies deeper than a search key is long");
  }
  if (link.depth > 0 && page.kind(Page::kRoot) != Page::Kind::kParent) {
    return Broken(link.id, "is a single leaf below the root");
  }
  return absl::OkStatus();
}

absl::Status CheckLeaf(const Page& page, Page::Place place,
                       const PageLink& link) {
  if (link.depth + Page::Level(place) > kMaxPrefixDepth) {
    return Broken(link.id, "holds a leaf too deep for any proof");
  }
  if (!IsOnItsPath(page.leaf(place), place, link)) {
    return Broken(link.id, "holds a leaf off its search key's path");
  }
  return absl::OkStatus();
}

absl::Status CheckPage(const Page& page, const PageLink& link) {
  SEALBOOK_RETURN_IF_ERROR(CheckLink(page, link));
  for (Page::Place place = Page::kRoot; place < Page::kEnd; ++place) {
    if (page.kind(place) != Page::Kind::kLeaf) continue;
    SEALBOOK_RETURN_IF_ERROR(CheckLeaf(page, place, link));
  }
  return absl::OkStatus();
}

}  // namespace sealbook::merkle
