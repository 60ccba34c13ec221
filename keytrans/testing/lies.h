// What a log answers that lies: the proofs that the claimed answer asks for,
// taken from its true trees, whatever they show.
#ifndef SEALBOOK_KEYTRANS_TESTING_LIES_H_
#define SEALBOOK_KEYTRANS_TESTING_LIES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "keytrans/history_structures.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/owner_state.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/update_structures.h"

namespace sealbook::keytrans {

// That `version` is the greatest, or, where the request names it, that it is
// found. Its value is the true one, or empty where it does not exist.
SearchResponse LieAboutVersion(TestLog& log, const SearchRequest& request,
                               uint32_t version);

// That request.label does not exist.
AbsenceResponse LieAboutAbsence(TestLog& log, const SearchRequest& request);

// That the versions from `newest` down first appeared at `positions`. The
// values are true; versions that do not exist have an empty one.
HistoryResponse LieAboutHistory(
    TestLog& log, const HistoryRequest& request, uint32_t newest,
    const std::vector<std::optional<uint64_t>>& positions);

// That `version`, or none, was the greatest at `position`, and that the latter
// was the newest entry at request.time.
AsOfResponse LieAboutState(TestLog& log, const AsOfRequest& request,
                           std::optional<uint64_t> position,
                           std::optional<uint32_t> version);

// To whom monitors: whatever the log entries that are to be inspected show.
ContactMonitorResponse LieToContact(TestLog& log,
                                    const ContactMonitorRequest& request);

// That these were the greatest versions at request.start and at the log entries
// to its left.
OwnerInitResponse LieAboutGreatestVersions(
    TestLog& log, const OwnerInitRequest& request,
    const std::vector<uint32_t>& greatest_versions);

// That all is as the owner believes, in every distinguished log entry.
OwnerMonitorResponse LieToOwner(TestLog& log,
                                const OwnerMonitorRequest& request,
                                const OwnerState& owner);

// That `position` added the versions after the owner's greatest one up to
// `greatest`. Openings and values are true, or empty; the values are left out
// where request.values has as many.
UpdateResponse LieAboutUpdate(TestLog& log, const UpdateRequest& request,
                              const OwnerState& owner, uint64_t position,
                              uint32_t greatest);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_TESTING_LIES_H_
