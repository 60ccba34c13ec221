#include "server/page_cache.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "merkle/page.h"

namespace sealbook::server {

PageCache::PageCache(const LogStore& store, size_t capacity)
    : store_(store), cache_(capacity) {}

absl::StatusOr<std::vector<std::shared_ptr<const merkle::Page>>>
PageCache::ReadPages(absl::Span<const merkle::PageId> ids) {
  std::vector<std::shared_ptr<const merkle::Page>> pages(ids.size());
  std::vector<size_t> missed;
  std::vector<merkle::PageId> to_read;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (auto hit = cache_.Get(ids[i])) {
      pages[i] = *std::move(hit);
    } else {
      missed.push_back(i);
      to_read.push_back(ids[i]);
    }
  }
  if (missed.empty()) return pages;
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::string> bytes,
                            store_.ReadPages(to_read));
  for (size_t i = 0; i < missed.size(); ++i) {
    auto page = merkle::Page::Decode(bytes[i]);
    if (!page.ok()) {
      return absl::DataLossError(absl::StrCat("page ", to_read[i].position, "/",
                                              to_read[i].ordinal, ": ",
                                              page.status().message()));
    }
    cache_.Put(to_read[i], *page, (*page)->MemoryBytes());
    pages[missed[i]] = *std::move(page);
  }
  return pages;
}

}  // namespace sealbook::server
