// Checks the prefix tree of a whole store, entry by entry, from its pages
// alone.
//
// By induction: if the tree as of entry p - 1 is sound, the tree as of entry p
// is when its root page has the entry's prefix root, every page that p wrote
// has the hash that names it, every older page that they name was in the tree
// before, at the same place, under the same hash, and nothing that was there is
// gone. So each entry's own pages and those they replace are all that is read.
#ifndef SEALBOOK_SERVER_TREE_CHECK_H_
#define SEALBOOK_SERVER_TREE_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "merkle/page.h"
#include "merkle/page_store.h"
#include "merkle/prefix_proof.h"
#include "server/log_store.h"
#include "server/lru_cache.h"

namespace sealbook::server {

// Not thread-safe.
class TreeCheck {
 public:
  // Called with each damage.
  using Damage = std::function<void(const std::string& damage)>;

  // `store` outlives this. `cache_bytes`: for pages that are read again.
  TreeCheck(const LogStore& store, size_t cache_bytes, Damage damage);

  // A page of the entry that is checked next, or why it does not decode.
  void AddPage(const merkle::PageId& id,
               absl::StatusOr<std::shared_ptr<const merkle::Page>> page);
  // Checks the tree as of entry `position` after all of its pages were added.
  // Entries come in order, from 0.
  void CheckEntry(uint64_t position, const StoredEntry& entry);

  // The leaf with this search key in the tree as of entry `position`; absent
  // when there is none. DATA_LOSS: a page on the way is missing or damaged. Any
  // number of threads may call this side by side, and nothing else meanwhile.
  absl::StatusOr<std::optional<merkle::PrefixLeaf>> FindLeaf(
      uint64_t position, const crypto::VrfOutput& key);

  // Leaves that the checked entries added.
  uint64_t leaves() const { return leaves_; }
  uint64_t pages() const { return pages_; }

 private:
  using PagePtr = std::shared_ptr<const merkle::Page>;

  // A page that the entry wrote, and the one at its place before.
  struct Step {
    merkle::PageId id;
    crypto::Hash named;
    std::optional<merkle::PageId> before;
    // The first `depth` bits of every search key below.
    crypto::VrfOutput path;
    size_t depth = 0;
  };
  struct LeafLess {
    bool operator()(const merkle::PrefixLeaf& a,
                    const merkle::PrefixLeaf& b) const;
  };
  using Leaves = absl::btree_set<merkle::PrefixLeaf, LeafLess>;

  void Visit(const Step& step, std::vector<Step>& next);
  void VisitLeaves(const Step& step, const merkle::Page& page);
  void VisitReferences(const Step& step, const merkle::Page& page,
                       const merkle::Page* before, std::vector<Step>& next);
  void CompareLeaves(uint64_t position, const StoredEntry& entry);
  absl::StatusOr<PagePtr> Read(const merkle::PageId& id);

  const LogStore& store_;
  const Damage damage_;
  LruCache<merkle::PageId, PagePtr> cache_;
  // Pages of the entry that is checked next, not visited yet.
  absl::btree_map<merkle::PageId, PagePtr> added_;
  Leaves leaves_before_;
  Leaves leaves_after_;
  uint64_t leaves_ = 0;
  uint64_t pages_ = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_TREE_CHECK_H_
