// A log that is open for reading and writing: everything of a server below its
// ports.
#ifndef SEALBOOK_SERVER_COMMANDS_OPEN_LOG_H_
#define SEALBOOK_SERVER_COMMANDS_OPEN_LOG_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "keytrans/structures.h"
#include "server/clock.h"
#include "server/commands/log_keys.h"
#include "server/config/config.h"
#include "server/log_store.h"
#include "server/mark_keeper.h"
#include "server/prover_source.h"
#include "server/sequencer.h"
#include "server/storage/storage.h"
#include "server/visible_head.h"

namespace sealbook::server {

// The store and the mark of `config`, opened and belonging together: what
// `check` needs.
struct OpenStore {
  std::unique_ptr<Storage> storage;
  keytrans::Configuration configuration;
  std::unique_ptr<FileMarkKeeper> mark;
};

// Messages say what a person is to do. With ExitCode::kUnsafe: the folder is
// not a log's, its records are damaged, its mark is missing, damaged or another
// log's. NOT_FOUND: there is no log; `init` makes one. UNAVAILABLE: another
// process has it.
absl::StatusOr<OpenStore> OpenStoreOf(const Config& config);

// What a writer of the log needs: the same, with a mark where it has to be, and
// the log's keys. Errors as OpenStoreOf; with ExitCode::kUnsafe also: other
// keys than the log's. With ExitCode::kUsage: the mark's place.
struct WritableStore {
  OpenStore store;
  LogKeys keys;
};
absl::StatusOr<WritableStore> OpenWritableStore(const Config& config);

// With ExitCode::kUnsafe if its code means that the log's data are not what
// they were (FAILED_PRECONDITION, DATA_LOSS).
absl::Status MarkUnsafe(absl::Status status);

// FAILED_PRECONDITION: why mark_file must not be where it is.
absl::Status MarkOnSameFileSystem(const Config& config);

// OK where mark_file may be where it is; else that, with ExitCode::kUsage.
absl::Status CheckMarkPlace(const Config& config);

// Thread-safe but for its end.
class OpenLog {
 public:
  // What happens to the writer; calls come from its thread.
  struct Events {
    // As SequencerEvents.
    std::function<void(const absl::Status&)> stopped;
    // May be empty.
    std::function<void(const BatchReport&)> batch_ended;
    std::function<void(bool written)> heartbeat_ended;
  };

  // Opens the store, compares the keys with the stored configuration, and
  // starts the writer, which compares the store with the mark before it signs
  // anything. Errors as OpenWritableStore; with ExitCode::kUnsafe also: an
  // older copy of the data, a fork, a restore that has not ended. `clock`
  // outlives this.
  static absl::StatusOr<std::unique_ptr<OpenLog>> Open(const Config& config,
                                                       const Clock& clock,
                                                       Events events);

  // Finishes what waits in the queue.
  ~OpenLog();
  OpenLog(const OpenLog&) = delete;
  OpenLog& operator=(const OpenLog&) = delete;

  const keytrans::Configuration& configuration() const {
    return store_.configuration;
  }
  const LogStore& records() const { return records_; }
  StoredLog& prover_source() { return *prover_source_; }
  const VisibleHead& visible_head() const { return visible_head_; }
  Sequencer& sequencer() { return *sequencer_; }
  // Tree size of the high-water mark.
  uint64_t mark_tree_size() const { return store_.mark->tree_size(); }

 private:
  OpenLog(OpenStore store, LogKeys keys, size_t cache_bytes);

  OpenStore store_;
  const LogKeys keys_;
  LogStore records_;
  std::unique_ptr<StoredLog> prover_source_;
  VisibleHead visible_head_;
  // Last: it works with all of the above until it has ended.
  std::unique_ptr<Sequencer> sequencer_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_OPEN_LOG_H_
