// The one writer of a log: takes publications from a bounded queue, turns what
// has gathered into one batch, and answers when the batch is durable, signed
// and visible (group commit).
//
//   absl::StatusOr<std::unique_ptr<Sequencer>> sequencer =
//       Sequencer::Start(parts, options, events);
//   (*sequencer)->Submit(std::move(request), [](auto outcome) { ... });
//
// Order of a batch: compute; one atomic durable commit; read back and recompute
// the log root from the last signed head; advance the high-water mark; sign;
// store the signature; make the head visible; answer.
//
// When it stops: an error at the commit or after it leaves the outcome unknown.
// Then nothing is signed, waiting callers get ABORTED, and the sequencer
// refuses all further work for good; `events.stopped` tells the owner, who ends
// the process. The next start reads everything anew from the store. Errors
// before the commit (a damaged record, a clock that jumped) fail the batch and
// nothing else.
//
// Thread-safe.
#ifndef SEALBOOK_SERVER_SEQUENCER_H_
#define SEALBOOK_SERVER_SEQUENCER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/random.h"
#include "crypto/signature.h"
#include "crypto/vrf.h"
#include "keytrans/structures.h"
#include "merkle/page_store.h"
#include "server/clock.h"
#include "server/log_store.h"
#include "server/mark_keeper.h"
#include "server/publication.h"
#include "server/storage/disk_space.h"
#include "server/visible_head.h"

namespace sealbook::server {

struct SequencerOptions {
  // Submissions that may wait.
  size_t queue_limit = 20000;
  // Submissions in one commit; a request is never split, so one that is larger
  // than this makes a batch of its own.
  size_t batch_limit = 10000;
  // Threads for VRF outputs and tree updates, the writer's included. 0: one a
  // processor.
  size_t worker_threads = 0;
  // A heartbeat entry is added when none was added for this long. 0:
  // max_behind / 3.
  uint64_t heartbeat_interval_ms = 0;
  // Free disk space below which submissions are refused.
  uint64_t min_free_bytes = uint64_t{512} << 20;
  // How often the writer looks at the clock while idle, in real time.
  uint64_t idle_tick_ms = 500;
};

// Calls come from the writer's thread and must not call back into the
// sequencer.
struct SequencerEvents {
  // The sequencer has stopped for good; why. The owner ends the process.
  std::function<void(const absl::Status&)> stopped;
  // A batch or heartbeat failed before its commit; work goes on.
  std::function<void(const absl::Status&)> refused;
};

// What the sequencer works with; all of it outlives the sequencer.
struct SequencerParts {
  Storage* storage = nullptr;
  MarkKeeper* mark = nullptr;
  // The caches that readers use too.
  merkle::PageStore* pages = nullptr;
  VisibleHead* visible_head = nullptr;
  const crypto::SignaturePrivateKey* signing_key = nullptr;
  const crypto::VrfPrivateKey* vrf_key = nullptr;
  const Clock* clock = nullptr;
  crypto::RandomSource* random = nullptr;
  // Empty: the disk is not watched.
  DiskSpaceProbe disk_space;
};

class Sequencer {
 public:
  using Done = std::function<void(absl::StatusOr<PublishOutcome>)>;

  // Reads the head, checks the store against the high-water mark, the stored
  // signature and the clock, then adds a heartbeat entry under a new term (for
  // a new log, its first entry), signs it and makes it visible: a fresh durable
  // commit stands before the first signature.
  //
  // NOT_FOUND: no log. FAILED_PRECONDITION: the store is older than the mark,
  // or forked, or the keys are not the log's, or the last entry is further
  // ahead of the wall clock than max_ahead; the message says in plain words
  // what it means and what to do. DATA_LOSS: stored records are damaged. Other
  // codes: the barrier failed.
  static absl::StatusOr<std::unique_ptr<Sequencer>> Start(
      SequencerParts parts, SequencerOptions options, SequencerEvents events);

  // As Stop().
  ~Sequencer();
  Sequencer(const Sequencer&) = delete;
  Sequencer& operator=(const Sequencer&) = delete;

  // Publishes one request: all its new versions of one label share one log
  // entry. `done` is called exactly once, on the writer's thread, or on this
  // one when the request is refused before anything is queued. It gets:
  //   INVALID_ARGUMENT: a submission without label or certificate.
  //   RESOURCE_EXHAUSTED: the queue or the disk is full; RetryAfterMs() of it.
  //   UNAVAILABLE: shutting down, or stopped, or the clock cannot be trusted
  //     now; nothing was written.
  //   ABORTED: the outcome is unknown; publish the same again.
  //   DATA_LOSS: the tree's stored records are damaged; nothing was written.
  void Submit(std::vector<Submission> request, Done done);

  // Refuses new requests, finishes those that wait, ends the thread.
  void Stop();

  // Submissions that wait or are in the batch that is being written.
  size_t queue_depth() const;
  // OK while it works; else why it has stopped.
  absl::Status health() const;

 private:
  class Impl;
  explicit Sequencer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// The hint of a RESOURCE_EXHAUSTED from Submit: how long to wait. Absent from
// other statuses.
std::optional<uint64_t> RetryAfterMs(const absl::Status& status);

// Makes the log's first record: its configuration. The first Sequencer::Start
// adds entry 0. ALREADY_EXISTS: there is a log.
absl::Status InitLog(Storage& storage,
                     const keytrans::Configuration& configuration);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SEQUENCER_H_
