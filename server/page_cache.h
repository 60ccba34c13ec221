// The prefix tree's pages from the store, with decoded ones kept in memory.
//
// A page never changes, so it is cached for ever or until others push it out.
// Pages are put in when they are read, hence after the commit that wrote them.
#ifndef SEALBOOK_SERVER_PAGE_CACHE_H_
#define SEALBOOK_SERVER_PAGE_CACHE_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "merkle/page_store.h"
#include "server/log_store.h"
#include "server/lru_cache.h"

namespace sealbook::server {

// Thread-safe.
class PageCache final : public merkle::PageStore {
 public:
  // `store` outlives this. `capacity` in bytes.
  PageCache(const LogStore& store, size_t capacity);

  // One batched read for the pages that are not cached.
  absl::StatusOr<std::vector<std::shared_ptr<const merkle::Page>>> ReadPages(
      absl::Span<const merkle::PageId> ids) override;

  // Bytes in use.
  size_t used() const { return cache_.used(); }
  CacheCounts counts() const { return cache_.counts(); }

 private:
  const LogStore& store_;
  LruCache<merkle::PageId, std::shared_ptr<const merkle::Page>> cache_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_PAGE_CACHE_H_
