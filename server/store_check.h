// Re-hashes a whole store, for `sealbookd check`.
#ifndef SEALBOOK_SERVER_STORE_CHECK_H_
#define SEALBOOK_SERVER_STORE_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/mark_keeper.h"
#include "server/storage/storage.h"

namespace sealbook::server {

struct StoreCheckProgress {
  // What is being checked, for people: "pages".
  std::string stage;
  // Records of that kind up to now.
  uint64_t done = 0;
  // How much of the stage that is, 0 to 1. An estimate; 1 at its end.
  double share = 0;
  // What was read up to now, of all kinds; a record that is needed twice may be
  // read twice.
  uint64_t records = 0;
  uint64_t bytes = 0;
};

// Calls come one at a time, from any of the check's threads.
struct StoreCheckCallbacks {
  // Now and then.
  std::function<void(const StoreCheckProgress& progress)> progress;
  // One damage: the record and what is wrong with it.
  std::function<void(const std::string& damage)> damage;
};

struct StoreCheckSummary {
  uint64_t tree_size = 0;
  uint64_t leaves = 0;
  uint64_t pages = 0;
  uint64_t versions = 0;
  uint64_t labels = 0;
  // As StoreCheckProgress.
  uint64_t records = 0;
  uint64_t bytes = 0;
  // 0: the store is sound.
  uint64_t damages = 0;
};

// Checks, from the stored bytes alone: the configuration; the head, its full
// subtrees and its signature; every entry, its leaf and every inner node of the
// log tree; every page against the hash that names it, and the leaves that each
// entry added; every version's commitment in the tree, its value and opening;
// every label's greatest version; publications, revocations, compromised keys
// and serial numbers against the versions that they come from, and the reverse;
// issuing certificates; the high-water mark (null: not checked).
// Goes on after a damage; where the storage refuses bytes that a stage scans
// (those of all ascending tables lie side by side), with the next stage. An
// error is returned only when the store cannot be read at all. Nothing is
// written.
//
// Memory is bounded (about 100 MiB of caches), whatever the size of the store.
// `threads`: this one included; 0: one a processor.
absl::StatusOr<StoreCheckSummary> CheckStore(
    Storage& storage, MarkKeeper* mark, const StoreCheckCallbacks& callbacks,
    size_t threads = 0);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORE_CHECK_H_
