// Reading pages for a walk down the prefix tree: in one batch, and each checked
// against what its parent said of it.
#ifndef SEALBOOK_MERKLE_PAGE_READER_H_
#define SEALBOOK_MERKLE_PAGE_READER_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "crypto/types.h"
#include "merkle/page.h"
#include "merkle/page_store.h"

namespace sealbook::merkle {

// A page that the walk has been led to.
struct PageLink {
  PageId id;
  // The value of its root, as named by the parent page or the log entry.
  crypto::Hash hash;
  // Of its root in the tree: 0, 4, ...
  size_t depth = 0;
  // Any search key that leads there.
  crypto::VrfOutput path;
};

// The pages with these ids, in their order. As PageStore::ReadPages, and
// DATA_LOSS when the store gives fewer or more than asked for.
absl::StatusOr<std::vector<std::shared_ptr<const Page>>> ReadPages(
    PageStore& store, absl::Span<const PageId> ids);

// DATA_LOSS, naming the page: its hash is not link.hash, it lies deeper than a
// tree can be, or it is a single leaf below the tree's root. Touches nothing
// else of the page.
absl::Status CheckLink(const Page& page, const PageLink& link);

// The same, and DATA_LOSS where a leaf in it lies too deep or not on its own
// search key's path: before something is built on the page.
absl::Status CheckPage(const Page& page, const PageLink& link);

// The part of this that concerns the leaf at `place`.
absl::Status CheckLeaf(const Page& page, Page::Place place,
                       const PageLink& link);

}  // namespace sealbook::merkle

#endif  // SEALBOOK_MERKLE_PAGE_READER_H_
