// One call of sealbook.v1.Publisher.Publish, from its request to its response,
// without gRPC.
//
//   auto call = std::make_shared<PublishCall>(request, policy, now_ms);
//   on some threads: call->AdmitSome(admission);   // true: it was the last
//   then, once:      auto submissions = call->TakeSubmissions();
//                    sequencer.Submit(submissions, ...);
//                    call->FillResponse(outcome, response);
#ifndef SEALBOOK_SERVER_SERVICES_PUBLISH_CALL_H_
#define SEALBOOK_SERVER_SERVICES_PUBLISH_CALL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/sealbook/v1/publisher.pb.h"
#include "server/sequencer.h"
#include "smime/admission.h"

namespace sealbook::server {

inline constexpr int kMaxPublishItems = 1000;
inline constexpr size_t kMaxPublishBytes = 3 << 20;

// INVALID_ARGUMENT naming the limit: more than kMaxPublishItems items, more
// than kMaxPublishBytes bytes, or nothing at all.
absl::Status CheckPublishLimits(const v1::PublishRequest& request);

class PublishCall {
 public:
  // `request` and `publisher` outlive this. `now_ms`: milliseconds since the
  // Unix epoch, at which the certificates are judged.
  PublishCall(const v1::PublishRequest& request,
              const smime::PublisherPolicy& publisher, uint64_t now_ms);
  PublishCall(const PublishCall&) = delete;
  PublishCall& operator=(const PublishCall&) = delete;

  // Takes items that nobody has taken and judges them until none is left. May
  // run on several threads at once; true on exactly one of them: that all items
  // have been judged, and what was written about them is seen by the caller.
  bool AdmitSome(const smime::Admission& admission);

  // All below: after AdmitSome returned true, one thread at a time.

  // What is to be published: every address of every admitted item.
  std::vector<Submission> TakeSubmissions();

  // Writes a result for each item. `outcome` holds a result for each
  // submission.
  void FillResponse(const PublishOutcome& outcome,
                    v1::PublishResponse& response) const;

  size_t refused() const;

 private:
  struct Item {
    absl::Status refusal;
    std::shared_ptr<const smime::AdmittedCertificate> admitted;
  };

  absl::StatusOr<smime::AdmittedCertificate> Admit(
      const smime::Admission& admission, const v1::PublishItem& item) const;

  const v1::PublishRequest& request_;
  const smime::PublisherPolicy& publisher_;
  const uint64_t now_ms_;
  // Each is written by the thread that took its index.
  std::vector<Item> items_;
  std::atomic<size_t> taken_ = 0;
  std::atomic<size_t> judged_ = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PUBLISH_CALL_H_
