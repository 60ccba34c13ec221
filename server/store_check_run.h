// What the parts of a check of a whole store share (server/store_check.h): the
// store, what is known of it, and whom to tell.
#ifndef SEALBOOK_SERVER_STORE_CHECK_RUN_H_
#define SEALBOOK_SERVER_STORE_CHECK_RUN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "keytrans/prover.h"
#include "server/log_store.h"
#include "server/lru_cache.h"
#include "server/metered_storage.h"
#include "server/store_check.h"
#include "server/tree_check.h"
#include "server/worker_pool.h"
#include "smime/types.h"

namespace sealbook::server {

// A label-version and what belongs to it.
struct VersionToCheck {
  LabelVersion key;
  keytrans::VersionFacts facts;
};

// "version 3 of alice@example.org".
std::string NameOf(const LabelVersion& key);

// Methods are thread-safe; members are set by the thread that runs the check,
// while no other one reads them.
class StoreCheckRun {
 public:
  // What is referred to outlives this.
  StoreCheckRun(Storage& storage, const StoreCheckCallbacks& callbacks,
                size_t threads);

  void Damaged(const std::string& damage);
  void Damaged(const std::string& record, const absl::Status& status);
  // A stage that ended at bytes that cannot be read is a damage like others.
  absl::Status GoOnAfter(const std::string& stage, const absl::Status& ended);

  // Tells how far `stage` is, now and then. `of`: about as many as `done` will
  // be in the end.
  void Progress(const std::string& stage, uint64_t done, uint64_t of);
  void Finished(const std::string& stage, uint64_t done);
  void Tell(const std::string& stage, uint64_t done, uint64_t of);

  absl::StatusOr<std::shared_ptr<const StoredEntry>> EntryAt(uint64_t position);
  const StoreCheckSummary& Summarize();

  WorkerPool pool;
  MeteredStorage storage;
  LogStore store;
  TreeCheck tree;
  // Absent: the log has no entry, or none that can be read.
  std::optional<Head> head;
  // Issuing certificates that are whole.
  absl::flat_hash_set<smime::CertificateHash> issuers;
  StoreCheckSummary summary;

 private:
  const StoreCheckCallbacks& callbacks_;
  LruCache<uint64_t, std::shared_ptr<const StoredEntry>> entries_;
  // One damage at a time.
  Mutex mutex_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORE_CHECK_RUN_H_
