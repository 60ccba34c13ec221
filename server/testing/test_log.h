// A whole log for tests: keys, a disk that outlives restarts, a clock that
// stands still, faults on demand, and a client that believes nothing.
//
//   TestLog log;
//   ASSERT_THAT(log.Start(), IsOk());
//   auto outcome = log.Publish({NewSubmission("alice@example.org")});
//   log.ExpectProven("alice@example.org", version, certificate);
#ifndef SEALBOOK_SERVER_TESTING_TEST_LOG_H_
#define SEALBOOK_SERVER_TESTING_TEST_LOG_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "crypto/signature.h"
#include "crypto/types.h"
#include "crypto/vrf.h"
#include "keytrans/structures.h"
#include "keytrans/tree_view.h"
#include "keytrans/verifier.h"
#include "server/log_store.h"
#include "server/prover_source.h"
#include "server/sequencer.h"
#include "server/testing/fake_clock.h"
#include "server/testing/faulty_storage.h"
#include "server/visible_head.h"

namespace sealbook::server::testing {

// The keys that all test logs of a suite share: making them is slow.
const crypto::SignaturePrivateKey& SigningKey(
    crypto::CipherSuite suite = crypto::CipherSuite::kP256);
const crypto::VrfPrivateKey& VrfKey(
    crypto::CipherSuite suite = crypto::CipherSuite::kP256);
// max_ahead 1 min, max_behind 1 h, window 24 h.
keytrans::Configuration TestConfiguration(
    crypto::CipherSuite suite = crypto::CipherSuite::kP256);

// Where a log lives on.
class TestDisk {
 public:
  virtual ~TestDisk() = default;
  virtual absl::StatusOr<std::unique_ptr<Storage>> Create() = 0;
  virtual absl::StatusOr<std::unique_ptr<Storage>> Open() = 0;
};
// One of which a copy can be kept and put back, as an operator does with a
// backup. The log must be shut down meanwhile.
class CopyableDisk : public TestDisk {
 public:
  virtual void KeepCopy() = 0;
  virtual void PutCopyBack() = 0;
};
std::unique_ptr<TestDisk> NewMemoryDisk();
// In a temporary directory.
std::unique_ptr<CopyableDisk> NewLevelDbDisk();

class TestLog {
 public:
  // Makes the log, as `init` does. Aborts when that fails.
  explicit TestLog(std::unique_ptr<TestDisk> disk = NewMemoryDisk(),
                   crypto::CipherSuite suite = crypto::CipherSuite::kP256);
  ~TestLog();
  TestLog(const TestLog&) = delete;
  TestLog& operator=(const TestLog&) = delete;

  // Opens the storage, so that faults can be set before Start.
  void Open();
  absl::Status Start();
  // What Start gives the sequencer, with new caches. Requires: Open.
  SequencerParts Parts();
  // Ends the sequencer and closes the storage.
  void Shutdown();
  absl::Status Restart() {
    Shutdown();
    return Start();
  }

  Sequencer& sequencer() { return *sequencer_; }
  FaultyStorage& storage() { return *storage_; }
  FaultyMark& mark() { return *mark_; }
  // What the mark's file holds.
  Mark& mark_disk() { return *mark_disk_; }
  FakeClock& clock() { return clock_; }
  LogStore store() { return LogStore(*storage_); }
  std::shared_ptr<const SignedHead> head() const { return visible_.Get(); }
  SequencerOptions& options() { return options_; }
  DiskSpaceProbe& disk_space() { return disk_space_; }

  // Submits and waits for the outcome.
  absl::StatusOr<PublishOutcome> Publish(std::vector<Submission> request);
  std::future<absl::StatusOr<PublishOutcome>> PublishLater(
      std::vector<Submission> request);
  // Waits until the visible head has `size` entries, up to ten seconds; time
  // goes by for the log meanwhile, `step_ms` at every look.
  bool WaitForSize(uint64_t size, uint64_t step_ms = 0);
  // Waits for the sequencer to stop, up to ten seconds.
  absl::Status WaitUntilStopped();
  // The first status that the sequencer gave up with, or refused a batch with.
  absl::Status stopped_with() const;
  absl::Status refused_with() const;
  // Heartbeats that were not written.
  uint64_t heartbeats_failed() const { return heartbeats_failed_; }

  // Asks for `label` as a client does that retains what it verified last, and
  // verifies the answer. Absent: it was proven that there is none.
  absl::StatusOr<std::optional<keytrans::VerifiedVersion>> LookUp(
      const std::string& label);
  // What the client retains; survives restarts of the server.
  const std::optional<keytrans::TreeView>& view() const { return view_; }

 private:
  const crypto::CipherSuite suite_;
  const std::unique_ptr<TestDisk> disk_;
  const std::shared_ptr<Mark> mark_disk_ = std::make_shared<Mark>();
  const keytrans::Verifier verifier_;
  FakeClock clock_;
  SequencerOptions options_;
  DiskSpaceProbe disk_space_;
  std::optional<keytrans::TreeView> view_;

  std::unique_ptr<FaultyStorage> storage_;
  std::unique_ptr<FaultyMark> mark_;
  std::unique_ptr<LogStore> store_;
  std::unique_ptr<StoredLog> prover_source_;
  VisibleHead visible_;
  std::atomic<uint64_t> heartbeats_failed_ = 0;
  mutable Mutex mutex_;
  absl::Status stopped_ ABSL_GUARDED_BY(mutex_);
  absl::Status refused_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Sequencer> sequencer_;
};

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_TESTING_TEST_LOG_H_
