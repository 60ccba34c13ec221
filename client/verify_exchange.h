// Verifies one question and answer: the same way for an answer that just came
// and for files.
#ifndef SEALBOOK_CLIENT_VERIFY_EXCHANGE_H_
#define SEALBOOK_CLIENT_VERIFY_EXCHANGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/exchange.h"
#include "keytrans/structures.h"
#include "keytrans/tree_view.h"
#include "keytrans/verifier.h"

namespace sealbook::client {

struct VerifiedAnswer {
  AnswerKind kind = AnswerKind::kFound;
  std::string label;
  // The version that was found; of kNoSuchVersion the greatest, of kAsOf the
  // one in force. Absent: there is none.
  std::optional<keytrans::VerifiedVersion> found;
  // Of kNoSuchVersion: the version that does not exist.
  uint32_t missing_version = 0;
  // Of kHistory, newest first.
  std::vector<keytrans::VerifiedHistoryVersion> history;
  // Of kDistinguished, which has no label: right to left.
  std::vector<keytrans::DistinguishedEntry> distinguished;
  // Of kAsOf: the time that was asked about, milliseconds since the Unix epoch,
  // and the log entry that was the newest then; absent when the log began
  // later.
  uint64_t time_ms = 0;
  std::optional<uint64_t> position;
  // Of kContactMonitor: what remains to be monitored.
  std::vector<keytrans::MonitorMapEntry> remaining;
  // Of kOwnerInit, kOwnerMonitor and kUpdate: the owner's state after it.
  std::optional<keytrans::OwnerState> owner;
  // Of kOwnerMonitor.
  bool complete = false;
  // Of kUpdate: the new versions, and the log entry that added them.
  std::vector<keytrans::VerifiedUpdate::Version> updates;
  uint64_t update_position = 0;
  // What is to be monitored from now on.
  std::vector<keytrans::MonitoringObligation> obligations;
  // The tree that this is proven in.
  keytrans::TreeView view;
};

// Verifies exchange.response as an answer to exchange.request in the log of
// `verifier`, at exchange.time_ms. Refusals carry a keytrans::RefusalReason;
// one for the age of the newest entry names both times. INVALID_ARGUMENT
// without a reason: the request or the view is not an encoding.
// FAILED_PRECONDITION: the request does not advertise the view, or what the
// owner or the contact retained is missing or does not fit it.
// exchange.configuration and issuers are not looked at. `newer`: as in
// keytrans::Verifier::VerifyHistory.
absl::StatusOr<VerifiedAnswer> VerifyExchange(
    const keytrans::Verifier& verifier, const Exchange& exchange,
    std::optional<uint64_t> newer = std::nullopt);

// Refuses a verified tree that the encoded TreeView `retained`, which the log
// signed, too, contradicts: a smaller one (kTreeSize) was rolled back, one of
// its size with another root (kFork) is a fork. INVALID_ARGUMENT without a
// reason: `retained` is no TreeView, or the log did not sign it.
absl::Status CheckNotContradicted(const keytrans::Configuration& configuration,
                                  const std::string& retained,
                                  const keytrans::TreeView& shown);

// Refuses a verified page of a history that is not its first one: one that is
// no page (kMalformed), or not of the first one's tree (kTreeSize).
absl::Status CheckLaterPage(const VerifiedAnswer& page,
                            const keytrans::TreeView& first);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_VERIFY_EXCHANGE_H_
