// Verifies one question and answer: the same way for an answer that just came
// and for files.
#ifndef SEALBOOK_CLIENT_VERIFY_EXCHANGE_H_
#define SEALBOOK_CLIENT_VERIFY_EXCHANGE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/exchange.h"
#include "keytrans/structures.h"
#include "keytrans/tree_view.h"
#include "keytrans/verifier.h"

namespace sealbook::client {

struct VerifiedAnswer {
  std::string label;
  // Absent: the label has no version.
  std::optional<keytrans::VerifiedVersion> found;
  // The tree that this is proven in.
  keytrans::TreeView view;
};

// Verifies exchange.response as an answer to exchange.request in the log of
// `verifier`, at exchange.time_ms. Refusals carry a keytrans::RefusalReason;
// one for the age of the newest entry names both times. INVALID_ARGUMENT
// without a reason: the request or the view is not an encoding.
// FAILED_PRECONDITION: the request does not advertise the view. UNIMPLEMENTED:
// the request names a version. exchange.configuration and issuers are not
// looked at.
absl::StatusOr<VerifiedAnswer> VerifyExchange(
    const keytrans::Verifier& verifier, const Exchange& exchange);

// Refuses a verified tree that the encoded TreeView `retained`, which the log
// signed, too, contradicts: a smaller one (kTreeSize) was rolled back, one of
// its size with another root (kFork) is a fork. INVALID_ARGUMENT without a
// reason: `retained` is no TreeView, or the log did not sign it.
absl::Status CheckNotContradicted(const keytrans::Configuration& configuration,
                                  const std::string& retained,
                                  const keytrans::TreeView& shown);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_VERIFY_EXCHANGE_H_
