// What becomes of a request to publish, whichever way it came: its items are
// judged on the queue's threads, a slice at a time so that large requests of
// one publisher do not hold up small ones of another; what is admitted goes to
// the sequencer, or, to validate, into a plan that nobody carries out and that
// is made of the same portions.
//
// Thread-safe.
#ifndef SEALBOOK_SERVER_SERVICES_PUBLISH_ENGINE_H_
#define SEALBOOK_SERVER_SERVICES_PUBLISH_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/sealbook/v1/publisher.pb.h"
#include "server/clock.h"
#include "server/log_store.h"
#include "server/publication.h"
#include "server/services/publish_call.h"
#include "server/services/publisher_shares.h"
#include "server/services/submitter.h"
#include "server/services/task_queue.h"
#include "server/visible_head.h"
#include "smime/admission.h"

namespace sealbook::server {

struct PublishJob {
  v1::PublishRequest request;
  // Of the moment when the job began, whatever is configured meanwhile.
  std::shared_ptr<const smime::PublisherPolicy> publisher;
  // Nothing is written.
  bool validate = false;
  // Not empty: what the versions are to be, one for each item, all of which are
  // one certificate under one and the same address. All are made, or all items
  // have the same refusal, which names one of them by its number.
  Proposal proposal = {};
  // Not null: when the server is busy, the job waits and tries again until this
  // says that nobody waits for it any more.
  std::function<bool()> abandoned;
  // Both are called exactly once, on any thread and in any order.
  // `submitted` (may be null): what is started now comes after these items.
  std::function<void()> submitted;
  // The answer. Errors as Sequencer::Submit. INVALID_ARGUMENT: too many
  // addresses for a job that cannot wait; others are published in portions.
  std::function<void(const absl::StatusOr<v1::PublishResponse>&)> done;
};

class PublishEngine {
 public:
  // All outlive this, and this outlives its jobs.
  struct Parts {
    const smime::Admission* admission = nullptr;
    Submitter* submitter = nullptr;
    const LogStore* records = nullptr;
    const VisibleHead* visible_head = nullptr;
    const Clock* clock = nullptr;
    TaskQueue* queue = nullptr;
    // Addresses of those that are validated count as if they were published.
    PublisherShares* shares = nullptr;
    // How many publishers share.
    std::function<size_t()> publishers;
    // Addresses that a request which cannot wait may bring.
    size_t max_publications = 10'000;
    // Addresses that go to the sequencer together; more are several portions.
    size_t portion = 10'000;
  };

  explicit PublishEngine(const Parts& parts) : parts_(parts) {}

  // Requires: CheckPublishLimits(job.request). False: too much of this
  // publisher's waits to be judged; the job was not taken. Never false with
  // job.abandoned: then it waits.
  [[nodiscard]] bool Start(PublishJob job);

 private:
  struct Work;

  void Admit(const std::shared_ptr<Work>& work);
  void Sequence(const std::shared_ptr<Work>& work);
  void Submit(const std::shared_ptr<Work>& work,
              std::vector<PublishRequest> portions);
  bool PostAdmit(const std::shared_ptr<Work>& work);
  void AdmitLater(const std::shared_ptr<Work>& work);
  void Validate(const std::shared_ptr<Work>& work,
                std::vector<PublishRequest> portions);
  // Reads the states of some labels; after the last ones, plans and answers.
  void ReadSomeLabels(const std::shared_ptr<Work>& work);
  absl::StatusOr<PublishOutcome> Plan(Work& work) const;
  void EndValidation(Work& work, const absl::StatusOr<PublishOutcome>& outcome);
  static void Finish(const Work& work,
                     const absl::StatusOr<PublishOutcome>& outcome);

  const Parts parts_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PUBLISH_ENGINE_H_
