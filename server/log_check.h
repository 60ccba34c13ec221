// The part of a check of a whole store (server/store_check.h) that concerns the
// log itself: heads, entries, the log tree, pages.
#ifndef SEALBOOK_SERVER_LOG_CHECK_H_
#define SEALBOOK_SERVER_LOG_CHECK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/log_tree.h"
#include "merkle/page.h"
#include "merkle/page_store.h"
#include "server/mark_keeper.h"
#include "server/store_check_run.h"

namespace sealbook::server {

// Not thread-safe. Errors of all: the storage's; damages go to the run.
class LogCheck {
 public:
  explicit LogCheck(StoreCheckRun& run) : run_(run) {}

  // The head, its root page, the signature, the mark (null: there is none).
  // Sets the run's head. NOT_FOUND: there is no log.
  absl::Status CheckHeads(MarkKeeper* mark);
  // The entries, and every node of the log tree. Requires the run's head, as
  // what follows.
  absl::Status CheckEntries();
  absl::Status CheckPages();

 private:
  // A page before and after it is decoded.
  struct PageToCheck {
    merkle::PageId id;
    std::string bytes;
    absl::StatusOr<std::shared_ptr<const merkle::Page>> page;
  };

  void CheckLogNodes(const merkle::LogAppender& log, uint64_t first_node);
  // Adds `pages` to the tree, and checks the entries before the last of them;
  // empties it. `position`: of the entry whose pages are being gathered.
  void CheckPageBatch(std::vector<PageToCheck>& pages, uint64_t& position);
  void FinishEntry(uint64_t position);

  StoreCheckRun& run_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_LOG_CHECK_H_
