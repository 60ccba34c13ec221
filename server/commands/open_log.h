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
  std::unique_ptr<MarkKeeper> mark;
};

// Messages say what a person is to do. With ExitCode::kUnsafe: the folder is
// not a log's, its records are damaged, its mark is missing, damaged or another
// log's. NOT_FOUND: there is no log; `init` makes one. UNAVAILABLE: another
// process has it.
absl::StatusOr<OpenStore> OpenStoreOf(const Config& config);

// FAILED_PRECONDITION: why mark_file must not be where it is.
absl::Status MarkOnSameFileSystem(const Config& config);

// Thread-safe but for its end.
class OpenLog {
 public:
  // Opens the store, compares the keys with the stored configuration, and
  // starts the writer, which compares the store with the mark before it signs
  // anything. Errors as OpenStoreOf; with ExitCode::kUnsafe also: other keys
  // than the log's, an older copy of the data, a fork. `clock` outlives this;
  // `stopped` as SequencerEvents::stopped.
  static absl::StatusOr<std::unique_ptr<OpenLog>> Open(
      const Config& config, const Clock& clock,
      std::function<void(const absl::Status&)> stopped);

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
