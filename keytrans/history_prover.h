// Answers questions about the past with proofs (docs/protocol.md, "History" and
// "The state as of a time").
#ifndef SEALBOOK_KEYTRANS_HISTORY_PROVER_H_
#define SEALBOOK_KEYTRANS_HISTORY_PROVER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "keytrans/history_structures.h"
#include "keytrans/prover.h"
#include "keytrans/structures.h"

namespace sealbook::keytrans {

struct HistoryAnswer {
  // As in SearchAnswer: a HistoryResponse; the SearchResponse or
  // AbsenceResponse to the SearchRequest with the same `last` and label.
  SearchAnswer::Kind kind = SearchAnswer::Kind::kAbsent;
  std::string bytes;
  // UpdateValue.value of what is shown, newest first.
  std::vector<std::string> values;
  // Of kFound: the oldest version shown.
  uint32_t oldest = 0;
};

// One page: as many versions as one response can carry, but at most
// `max_versions` (>= 1). Errors: as AnswerSearch.
absl::StatusOr<HistoryAnswer> AnswerHistory(ProverSource& source,
                                            const Configuration& configuration,
                                            const LogHead& head,
                                            const HistoryRequest& request,
                                            size_t max_versions);

struct AsOfAnswer {
  // An AsOfResponse.
  std::string bytes;
  // UpdateValue.value of the version in force, if there was one.
  std::optional<std::string> value;
};

// OUT_OF_RANGE: the time is further back than the maximum lifetime. Others: as
// AnswerSearch.
absl::StatusOr<AsOfAnswer> AnswerAsOf(ProverSource& source,
                                      const Configuration& configuration,
                                      const LogHead& head,
                                      const AsOfRequest& request);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_HISTORY_PROVER_H_
