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
#include "server/padding.h"
#include "server/publication.h"
#include "server/storage/disk_space.h"
#include "server/visible_head.h"

namespace sealbook::server {

struct SequencerOptions {
  // Addresses that may wait (AddressesOf); those of the last revocation may
  // come on top.
  size_t queue_limit = 20000;
  // Addresses in one commit; a request is never split, so one that is larger
  // than this makes a batch of its own, and neither is one certificate's
  // revocation: one of several certificates goes on in the next batch, and is
  // answered when all of it is done.
  size_t batch_limit = 10000;
  // Threads for VRF outputs and tree updates, the writer's included. 0: one a
  // processor.
  size_t worker_threads = 0;
  // A heartbeat entry is added when none was added for this long. 0:
  // max_behind / 3.
  uint64_t heartbeat_interval_ms = 0;
  // Free disk space below which publications are refused, and liftings of a
  // hold. Revocations are taken down to a quarter of it.
  uint64_t min_free_bytes = uint64_t{512} << 20;
  // Switched on: batches become single entries of padding.leaves leaves, added
  // once an interval whether something waits or not. Requests of more addresses
  // are refused, and a revocation has an entry of its own. The interval is at
  // most max_behind / 4. Stop() then refuses what waits.
  Padding padding;
  // How often the writer looks at the clock while idle, in real time.
  uint64_t idle_tick_ms = 500;
};

// What became of one batch.
struct BatchReport {
  uint64_t publications = 0;
  uint64_t taken_ms = 0;
  // Results that are DATA_LOSS: stored records are damaged.
  uint64_t damaged = 0;
  // It was durable, signed and visible; else it failed as a whole.
  bool written = false;
};

// Calls come from the writer's thread and must not call back into the
// sequencer.
struct SequencerEvents {
  // The sequencer has stopped for good; why. The owner ends the process.
  std::function<void(const absl::Status&)> stopped;
  // A batch or heartbeat failed before its commit; work goes on.
  std::function<void(const absl::Status&)> refused;
  // A batch of publications has ended; heartbeats are none.
  std::function<void(const BatchReport&)> batch_ended;
  // A heartbeat has ended: written, or not and tried again a second later. The
  // one at the start is not told.
  std::function<void(bool written)> heartbeat_ended;
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
  // ahead of the wall clock than max_ahead, or the padding's interval is too
  // long for the log; the message says in plain words what it means and what to
  // do. UNAVAILABLE: the last entry is further behind
  // the wall clock than max_behind, and the clock is not synchronized.
  // DATA_LOSS: stored records are damaged. Other codes: the barrier failed.
  static absl::StatusOr<std::unique_ptr<Sequencer>> Start(
      SequencerParts parts, SequencerOptions options, SequencerEvents events);

  // As Stop().
  ~Sequencer();
  Sequencer(const Sequencer&) = delete;
  Sequencer& operator=(const Sequencer&) = delete;

  // Publishes one request, or carries out one revocation. All new versions of
  // one label that a request publishes share one log entry. Requests take
  // effect in the order of submission; an empty one is answered when everything
  // before it is. `done` is called exactly once, on the
  // writer's thread, or on this one when the request is refused before anything
  // is queued. It gets:
  //   INVALID_ARGUMENT: a submission without label or certificate.
  //   RESOURCE_EXHAUSTED: the queue or the disk is full; RetryAfterMs() of it.
  //   UNAVAILABLE: shutting down, or stopped, or the clock cannot be trusted
  //     now; nothing was written.
  //   ABORTED: the outcome is unknown, or a revocation has been carried out in
  //     part; submit the same again.
  //   DATA_LOSS: the tree's stored records are damaged; nothing was written.
  void Submit(std::vector<Submission> request, Done done);
  // The same, but what is refused before anything is queued is returned; then
  // `done` is not called, and both arguments are as they were.
  absl::Status TrySubmit(std::vector<Submission>& request, Done& done);

  // Refuses new requests, finishes those that wait, ends the thread.
  void Stop();

  // Addresses that wait or are in the batch that is being written.
  size_t queue_depth() const;
  // Age of the oldest of them, in milliseconds; 0: there is none.
  uint64_t commit_lag_ms() const;
  // OK while it works; else why it has stopped.
  absl::Status health() const;
  // OK, or why entries are not written now: clocks that have parted, looked at
  // every idle tick, or what the last heartbeat failed with.
  absl::Status refusal() const;
  // Since the newest head, by the clock that nobody sets, in milliseconds.
  uint64_t head_age_ms() const;

 private:
  class Impl;
  explicit Sequencer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// RESOURCE_EXHAUSTED with a hint.
absl::Status Busy(absl::string_view why, uint64_t retry_ms);

// The hint of a RESOURCE_EXHAUSTED from Submit: how long to wait. Absent from
// other statuses.
std::optional<uint64_t> RetryAfterMs(const absl::Status& status);

// Makes the log's first record: its configuration. The first Sequencer::Start
// adds entry 0. ALREADY_EXISTS: there is a log. UNIMPLEMENTED: a deployment
// mode that this version does not speak.
absl::Status InitLog(Storage& storage,
                     const keytrans::Configuration& configuration);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SEQUENCER_H_
