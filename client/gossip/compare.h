// Compares what two users saw of one log ([KT] "Detecting Forks";
// docs/protocol.md, "Comparing heads", says why each verdict is sound).
//
// A log's distinguished entries are one sequence that only grows at its right
// end, and what a user holds is a window of it: consecutive ones, none left
// out. So two windows have to agree wherever they overlap, whatever their
// lengths.
//
//   Comparison comparison = CompareHeads(ours, theirs);
//   if (comparison.verdict == Verdict::kFork) ... comparison.contradiction ...
#ifndef SEALBOOK_CLIENT_GOSSIP_COMPARE_H_
#define SEALBOOK_CLIENT_GOSSIP_COMPARE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "client/gossip/heads.h"
#include "crypto/types.h"
#include "keytrans/tree_view.h"

namespace sealbook::client {

enum class Verdict {
  // What both saw is the same; at least one head.
  kConsistent,
  // The two lists have nothing in common and do not contradict each other: they
  // may be of one log, far apart in time.
  kNotComparable,
  // No honest log shows both.
  kFork,
  // Not even a log that lies shows both: a root that both lists have determines
  // all that is before it, and there they differ. So the list that was not
  // verified is made up, or damaged.
  kImpossible,
};

struct Comparison {
  Verdict verdict = Verdict::kNotComparable;
  // Heads that both lists have.
  size_t common = 0;
  // The first entries of the log that both saw the same. Also of a fork: it
  // came after them.
  uint64_t same_entries = 0;
  // Of kFork and kImpossible: one sentence without its full stop.
  std::string contradiction;
};

// All lists are left to right, positions strictly ascending. `ours` is
// verified, `theirs` what somebody else says.
Comparison CompareHeads(absl::Span<const LogHead> ours,
                        absl::Span<const LogHead> theirs);

// The same with the roots of a bare DistinguishedHead, which has no positions:
// lists without a root in common are not comparable then.
Comparison CompareRoots(absl::Span<const LogHead> ours,
                        absl::Span<const crypto::Hash> theirs);

// What one verified answer shows.
struct SeenLog {
  std::vector<LogHead> heads;
  keytrans::TreeView view;
};

// Two verified answers (never kImpossible): their heads, and what their views
// have in common, which reaches further to the right. Full subtrees over the
// same entries are equal, and so are log entries at the same position of both
// frontiers.
Comparison CompareAnswers(const SeenLog& ours, const SeenLog& theirs);

// keytrans::RefusalReason::kFork with the contradiction. Requires: kFork.
absl::Status RefuseFork(const Comparison& comparison);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_GOSSIP_COMPARE_H_
