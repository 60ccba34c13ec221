// Answers contacts and owners with proofs ([KT] "Contact Monitor", "Owner
// Initialization", "Owner Monitoring", "Updating a Label").
#ifndef SEALBOOK_KEYTRANS_MONITOR_PROVER_H_
#define SEALBOOK_KEYTRANS_MONITOR_PROVER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/prover.h"
#include "keytrans/update_structures.h"

namespace sealbook::keytrans {

// All answer in the tree that `head` signs, as AnswerSearch does, with its
// errors.

// The bytes of a ContactMonitorResponse. INVALID_ARGUMENT also: a version that
// does not exist, a position that is neither the first log entry with the
// version nor one of its right ancestors (KEYTRANS rule 10), or entries that
// contradict each other. RESOURCE_EXHAUSTED: the proof would have more than 255
// elements of a kind, which is known before anything is proven; fewer entries
// in a request help.
absl::StatusOr<std::string> AnswerContactMonitor(
    ProverSource& source, const Configuration& configuration,
    const LogHead& head, const ContactMonitorRequest& request);

// The bytes of the CredentialUpdate that leads from the tree of request.last,
// which a provisional credential shows, to the tree that ended at the
// distinguished log entry `distinguished`. request.entries: the credential's
// terminal log entry and version. Errors as AnswerContactMonitor, as if that
// were the newest tree.
absl::StatusOr<std::string> AnswerCredentialUpdate(
    ProverSource& source, const Configuration& configuration,
    uint64_t distinguished, const ContactMonitorRequest& request);

// The bytes of an OwnerInitResponse. INVALID_ARGUMENT also: `start` is not in
// the tree or not distinguished. OUT_OF_RANGE: it is expired.
absl::StatusOr<std::string> AnswerOwnerInit(ProverSource& source,
                                            const Configuration& configuration,
                                            const LogHead& head,
                                            const OwnerInitRequest& request);

// The bytes of an OwnerMonitorResponse, with at most `max_ladders`
// distinguished log entries. INVALID_ARGUMENT and RESOURCE_EXHAUSTED also: as
// AnswerContactMonitor;
// `start` is not in the tree; the greatest version is none of the label's, or
// less than that at `start`.
absl::StatusOr<std::string> AnswerOwnerMonitor(
    ProverSource& source, const Configuration& configuration,
    const LogHead& head, const OwnerMonitorRequest& request,
    size_t max_ladders = 64);

struct UpdateAnswer {
  // An UpdateResponse.
  std::string bytes;
  // The greatest version that it shows.
  uint32_t greatest = 0;
  // Whether the label has a greater one.
  bool more = false;
  // UpdateValue.value of the versions that it shows.
  std::vector<std::string> values;
};

// The response about the versions after request.greatest_version that one log
// entry added. `created`: they are request.values, which the request has added,
// and are not repeated; otherwise request.values are disregarded.
// FAILED_PRECONDITION: there are none, or the label has no such version; or
// not those in request.values.
absl::StatusOr<UpdateAnswer> AnswerUpdate(ProverSource& source,
                                          const Configuration& configuration,
                                          const LogHead& head,
                                          const UpdateRequest& request,
                                          bool created = false);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_MONITOR_PROVER_H_
