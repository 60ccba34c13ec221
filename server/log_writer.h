// Extends the stored log by whole batches of log entries, and signs.
//
// One Append is one durable commit and one signature, in the order that keeps
// the log honest whatever fails:
//   1 compute pages, log nodes and the new head      nothing is written
//   2 Storage::Commit                                all of it, or nothing
//   3 read the new entries back and recompute the root from the tree that was
//     signed last                                    verify before sign
//   4 MarkKeeper::Advance
//   5 sign, store the signature
//   6 make the head visible
// A failure in 1 leaves everything as it was. A failure from 2 on stops the
// writer for good: what the store holds is then to be read anew by another one.
//
// Not thread-safe: the sequencer's thread owns it.
#ifndef SEALBOOK_SERVER_LOG_WRITER_H_
#define SEALBOOK_SERVER_LOG_WRITER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/signature.h"
#include "crypto/types.h"
#include "keytrans/structures.h"
#include "merkle/page_store.h"
#include "merkle/prefix_tree.h"
#include "server/clock.h"
#include "server/log_store.h"
#include "server/mark_keeper.h"
#include "server/recovery.h"
#include "server/visible_head.h"

namespace sealbook::server {

// What the writer works with; all of it outlives the writer.
struct LogWriterParts {
  Storage* storage = nullptr;
  MarkKeeper* mark = nullptr;
  merkle::PageStore* pages = nullptr;
  VisibleHead* visible_head = nullptr;
  const crypto::SignaturePrivateKey* signing_key = nullptr;
  const Clock* clock = nullptr;
  merkle::ParallelFor parallel;
};

// Successive log entries, the first at LogWriter::tree_size().
struct LogBatch {
  // The prefix leaves that each entry adds: 1 to 255.
  std::vector<std::vector<merkle::PrefixLeaf>> entries;
  // Records that belong to them, in any table but those that the writer fills
  // (head, entries, log nodes, pages).
  std::vector<Put> puts;
  // A time that is not later than the wall clock's, to be the entries' in its
  // place: with constant-rate padding they must not tell how long the batch
  // took.
  std::optional<uint64_t> timestamp_ms = std::nullopt;
};

class LogWriter {
 public:
  // Reads the log and checks it (server/recovery.h); writes nothing. The first
  // Append commits under a new term. Errors as RecoverLog, and
  // FAILED_PRECONDITION: the signing key is not the log's. NOT_FOUND: no log.
  static absl::StatusOr<std::unique_ptr<LogWriter>> Open(LogWriterParts parts);

  // UNAVAILABLE: the wall clock and the monotonic clock have parted by more
  // than max_ahead / 2 since the last entry (or since Open): one of them
  // jumped, and a timestamp from a wrong clock could never be taken back.
  // Or the last entry is more than max_ahead ahead of the wall clock, where
  // clients would refuse it.
  absl::Status CheckClocks() const;

  // All entries get one timestamp: the batch's, or the wall clock's, but never
  // less than the last entry's. On OK
  // the new head is durable, signed and visible. UNAVAILABLE: as CheckClocks.
  // DATA_LOSS, or an error of the storage's reads: nothing was written.
  // ABORTED: the writer has stopped; the batch may be in the store or not.
  // FAILED_PRECONDITION: it had stopped before.
  absl::Status Append(LogBatch batch);

  // OK while the writer works; else why it has stopped.
  const absl::Status& stopped() const { return stopped_; }

  uint64_t tree_size() const { return tree_size_; }
  const keytrans::Configuration& configuration() const {
    return configuration_;
  }
  // Monotonic clock at the last entry, or at Open.
  uint64_t last_entry_monotonic_ms() const { return last_monotonic_ms_; }
  const LogStore& store() const { return store_; }

 private:
  // A batch as it will be stored.
  struct Prepared {
    CommitRequest commit;
    Head head;
    merkle::PrefixTreeVersion prefix_tree;
    uint64_t wall_ms = 0;
    uint64_t monotonic_ms = 0;
    std::vector<crypto::Hash> tail_nodes;
  };

  LogWriter(LogWriterParts parts, keytrans::Configuration configuration,
            RecoveredLog log);

  // CheckClocks for one reading of the clocks.
  absl::Status CheckClocksAt(uint64_t wall_ms, uint64_t monotonic_ms) const;
  absl::Status ReadTail();
  absl::StatusOr<Prepared> Prepare(LogBatch batch) const;
  // Steps 2 to 6; their errors stop the writer.
  absl::Status Write(const Prepared& prepared);
  absl::Status VerifyStored(const Prepared& prepared) const;
  absl::Status Sign(const Head& head);
  void Adopt(Prepared prepared);

  const LogWriterParts parts_;
  LogStore store_;
  const keytrans::Configuration configuration_;
  absl::Status stopped_;

  uint64_t tree_size_ = 0;
  uint64_t term_ = 0;
  uint64_t timestamp_ms_ = 0;
  std::optional<std::string> head_record_;
  std::vector<crypto::Hash> full_subtrees_;
  merkle::PrefixTreeVersion prefix_tree_;
  // Values in the last, partial record of log nodes.
  std::vector<crypto::Hash> tail_nodes_;
  SignedTree signed_tree_;
  uint64_t last_wall_ms_ = 0;
  uint64_t last_monotonic_ms_ = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_LOG_WRITER_H_
