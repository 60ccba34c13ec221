// Hands publishers' requests to the sequencer, each when its publisher's share
// of the queue, and the queue itself, have room for its addresses. Jobs of one
// publisher that can wait follow each other in their order.
//
// Thread-safe.
#ifndef SEALBOOK_SERVER_SERVICES_SUBMITTER_H_
#define SEALBOOK_SERVER_SERVICES_SUBMITTER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sequencer.h"
#include "server/services/publisher_shares.h"
#include "server/services/task_queue.h"

namespace sealbook::server {

struct SubmitJob {
  // Id of the publisher.
  std::string publisher;
  // Submitted in this order, and not all at once where there is no room.
  std::vector<PublishRequest> requests;
  // Null: nobody waits, and where there is no room the rest fails. Else the job
  // waits and tries again, until this says that it is in vain.
  std::function<bool()> abandoned;
  // What became of request i; for each exactly once, on any thread. Errors as
  // Sequencer::Submit. CANCELLED: abandoned.
  std::function<void(size_t i, absl::StatusOr<PublishOutcome>)> done;
  // Called once, when nothing is left to be submitted; may be null.
  std::function<void()> submitted;
};

class Submitter {
 public:
  // All outlive this, and this outlives its jobs.
  struct Parts {
    Sequencer* sequencer = nullptr;
    // Addresses in the sequencer's queue.
    PublisherShares* shares = nullptr;
    // How many publishers share.
    std::function<size_t()> publishers;
    // Jobs that waited go on there.
    TaskQueue* queue = nullptr;
  };

  explicit Submitter(Parts parts);

  // Not on the sequencer's thread.
  void Submit(SubmitJob job);

 private:
  struct Lines;
  struct Work;

  void Go(const std::shared_ptr<Work>& work);
  // Submits the next request. OK; RESOURCE_EXHAUSTED with `waits` when the job
  // goes on later; else what the rest fails with.
  absl::Status SubmitNext(const std::shared_ptr<Work>& work, bool& waits);
  void GoSoon(const std::shared_ptr<Work>& work);
  static void FailRest(Work& work, const absl::Status& why);

  const Parts parts_;
  const std::shared_ptr<Lines> lines_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_SUBMITTER_H_
