#include "merkle/testing/memory_page_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::merkle::testing {

absl::StatusOr<std::vector<std::shared_ptr<const Page>>>
MemoryPageStore::ReadPages(absl::Span<const PageId> ids) {
  {
    MutexLock lock(mutex_);
    reads_.emplace_back(ids.begin(), ids.end());
  }
  std::vector<std::shared_ptr<const Page>> pages;
  pages.reserve(ids.size());
  for (const PageId& id : ids) {
    auto stored = pages_.find(id);
    if (stored == pages_.end()) {
      return absl::DataLossError(absl::StrCat("prefix page ", id.position, "/",
                                              id.ordinal, " is not stored"));
    }
    SEALBOOK_ASSIGN_OR_RETURN(pages.emplace_back(),
                              Page::Decode(stored->second));
  }
  return pages;
}

void MemoryPageStore::Put(absl::Span<const NewPage> pages) {
  for (const NewPage& page : pages) pages_[page.id] = page.bytes;
}

std::vector<std::vector<PageId>> MemoryPageStore::TakeReads() {
  MutexLock lock(mutex_);
  return std::exchange(reads_, {});
}

ParallelFor SerialFor() {
  return [](size_t n, const std::function<void(size_t)>& task) {
    for (size_t i = 0; i < n; ++i) task(i);
  };
}

}  // namespace sealbook::merkle::testing
