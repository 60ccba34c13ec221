// One call of sealbook.v1.Publisher.Publish, from its request to its response,
// without gRPC.
//
//   auto call = std::make_shared<PublishCall>(request, policy, now_ms);
//   on some threads: call->AdmitSome(admission, 64);   // until kAllJudged
//   then, once:      auto portions = call->TakePortions(10'000);
//                    submitter.Submit({.requests = portions, ...});
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

void ToMessage(const Publication& from, v1::Publication& to);

inline constexpr int kMaxPublishItems = 1000;
inline constexpr size_t kMaxPublishBytes = 3 << 20;

// INVALID_ARGUMENT naming the limit: more than kMaxPublishItems items, more
// than kMaxPublishBytes bytes, or nothing at all.
absl::Status CheckPublishLimits(const v1::PublishRequest& request);

// What the versions of a request are to be, one for each item.
using Proposal = std::vector<std::shared_ptr<const ProposedVersion>>;

class PublishCall {
 public:
  // `request` and `publisher` outlive this. `now_ms`: milliseconds
  // since the Unix epoch, at which the certificates are judged. `proposal`:
  // empty, or each item is one certificate under one and the same address.
  PublishCall(const v1::PublishRequest& request,
              const smime::PublisherPolicy& publisher, uint64_t now_ms,
              Proposal proposal = {});
  PublishCall(const PublishCall&) = delete;
  PublishCall& operator=(const PublishCall&) = delete;

  enum class Progress {
    // Call again.
    kMore,
    // None is left to be taken; others still judge theirs.
    kTakenByOthers,
    // All items have been judged, and what was written about them is seen by
    // the caller. On exactly one thread, once.
    kAllJudged,
  };
  // Takes up to `limit` (at least 1) items that nobody has taken, and judges
  // them. May run on several threads at once.
  Progress AdmitSome(const smime::Admission& admission, size_t limit);

  // All below: after AdmitSome returned kAllJudged, one thread at a time.

  // Addresses of all admitted items.
  size_t addresses() const;

  // What is to be published: every address of every admitted item, in portions
  // of at most `limit` addresses. Those of one item share a portion; an item
  // with more is refused. A proposal is one portion, or all of it is refused.
  std::vector<PublishRequest> TakePortions(size_t limit);

  // Writes a result for each item. `outcome` holds a result for each
  // submission of all portions.
  void FillResponse(const PublishOutcome& outcome,
                    v1::PublishResponse& response) const;

  size_t refused() const;

 private:
  struct Item {
    absl::Status refusal;
    std::shared_ptr<const smime::AdmittedCertificate> admitted;
  };

  // Why not all of a proposal can be submitted together.
  absl::Status CheckProposal(size_t limit) const;
  void AddSubmissions(size_t index, PublishRequest& portion) const;
  absl::StatusOr<smime::AdmittedCertificate> Admit(
      const smime::Admission& admission, const v1::PublishItem& item) const;

  const v1::PublishRequest& request_;
  const smime::PublisherPolicy& publisher_;
  const uint64_t now_ms_;
  const Proposal proposal_;
  // Each is written by the thread that took its index.
  std::vector<Item> items_;
  std::atomic<size_t> taken_ = 0;
  std::atomic<size_t> judged_ = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PUBLISH_CALL_H_
