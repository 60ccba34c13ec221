// True answers of logs in memory, each with the verification that accepts it
// and nothing else: what fuzz targets of the verifier edit.
//
//   static const auto all = HistoryTranscripts();
//   FuzzTranscripts(all, {data, size});
//
// Of both cipher suites, of logs with and without a maximum lifetime, and for
// users who retain nothing, an older tree, or the newest one. The keys are fake
// (keytrans/testing/fake_keys.h): libFuzzer forges no signature, but would
// spend its time on them.
#ifndef SEALBOOK_TESTS_FUZZ_TRANSCRIPTS_H_
#define SEALBOOK_TESTS_FUZZ_TRANSCRIPTS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::fuzz {

struct Transcript {
  std::string answer;
  // Verifies other bytes as the answer to the same request, and returns what
  // they show, for comparison.
  std::function<absl::StatusOr<std::string>(absl::string_view answer)> verify;
  // What other bytes than `answer` may show: nothing, or, where an answer
  // carries commitments that no lookup needs (docs/protocol.md, "Where the
  // draft is open"), the same as `answer`.
  bool exact = true;
};

// For Verifier::VerifySearch (without and with a version),
// VerifyNoSuchVersion and VerifyAbsence.
std::vector<Transcript> SearchTranscripts();
// For VerifyHistory (first and further pages), VerifyAsOf (a version in force,
// none yet, before the log began) and VerifyDistinguished.
std::vector<Transcript> HistoryTranscripts();
// For VerifyContactMonitor, VerifyOwnerInit, VerifyOwnerMonitor (with few and
// with all ladders) and VerifyUpdate (versions that the log reports, and the
// owner's own), each for users who retain an older tree or the newest one.
std::vector<Transcript> MonitorTranscripts();

// Chooses a transcript by the first bytes of `data` and edits its answer as the
// others say (tests/fuzz/edits.h). Aborts when a changed answer is accepted
// that may not be, a true one is refused, or a refusal has no reason.
void FuzzTranscripts(const std::vector<Transcript>& transcripts,
                     absl::string_view data);

}  // namespace sealbook::fuzz

#endif  // SEALBOOK_TESTS_FUZZ_TRANSCRIPTS_H_
