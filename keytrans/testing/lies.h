// What a log answers that lies: the proofs that the claimed answer asks for,
// taken from its true trees, whatever they show.
#ifndef SEALBOOK_KEYTRANS_TESTING_LIES_H_
#define SEALBOOK_KEYTRANS_TESTING_LIES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "keytrans/history_structures.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"

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

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_TESTING_LIES_H_
