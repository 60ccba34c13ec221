// A page store in memory, for tests and benchmarks: keeps the stored bytes and
// decodes a page whenever it is read, as a store without a cache does.
//
//   MemoryPageStore store;
//   auto update = InsertLeaves(store, tree, position, entries, SerialFor());
//   store.Put(update->pages);
//   store.BytesOf({position, 0})[7] ^= 1;  // now reading it is DATA_LOSS
#ifndef SEALBOOK_MERKLE_TESTING_MEMORY_PAGE_STORE_H_
#define SEALBOOK_MERKLE_TESTING_MEMORY_PAGE_STORE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "merkle/page.h"
#include "merkle/page_store.h"
#include "merkle/prefix_tree.h"

namespace sealbook::merkle::testing {

// ReadPages is thread-safe; everything else must not run beside it.
class MemoryPageStore : public PageStore {
 public:
  absl::StatusOr<std::vector<std::shared_ptr<const Page>>> ReadPages(
      absl::Span<const PageId> ids) override;

  void Put(absl::Span<const NewPage> pages);
  void Erase(const PageId& id) { pages_.erase(id); }
  // The stored bytes, to be altered. Requires: the page exists.
  std::string& BytesOf(const PageId& id) { return pages_.at(id); }
  const std::map<PageId, std::string>& pages() const { return pages_; }

  // The ids of every batch read since the last call.
  std::vector<std::vector<PageId>> TakeReads();

 private:
  std::map<PageId, std::string> pages_;
  Mutex mutex_;
  std::vector<std::vector<PageId>> reads_ ABSL_GUARDED_BY(mutex_);
};

// Runs the tasks one after another.
ParallelFor SerialFor();

}  // namespace sealbook::merkle::testing

#endif  // SEALBOOK_MERKLE_TESTING_MEMORY_PAGE_STORE_H_
