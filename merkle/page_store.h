// Where the prefix tree's pages come from. merkle/ declares it, the server
// implements it over its storage.
#ifndef SEALBOOK_MERKLE_PAGE_STORE_H_
#define SEALBOOK_MERKLE_PAGE_STORE_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace sealbook::merkle {

class Page;

// Names one immutable page: the position of the log entry that wrote it, and
// its ordinal within that entry. Ids grow with time, so a commit writes
// sequentially. The root page of the tree as of log entry `position` is
// {position, 0}.
struct PageId {
  uint64_t position = 0;
  uint32_t ordinal = 0;

  friend auto operator<=>(const PageId&, const PageId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const PageId& id) {
    return H::combine(std::move(h), id.position, id.ordinal);
  }
};

// Thread-safe.
class PageStore {
 public:
  virtual ~PageStore() = default;
  // The pages with these ids, in their order; pages may be shared with a cache.
  // DATA_LOSS: a page is missing or does not decode. The caller checks each
  // page's hash against the one that named it.
  virtual absl::StatusOr<std::vector<std::shared_ptr<const Page>>> ReadPages(
      absl::Span<const PageId> ids) = 0;
};

}  // namespace sealbook::merkle

#endif  // SEALBOOK_MERKLE_PAGE_STORE_H_
