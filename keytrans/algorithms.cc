#include "keytrans/algorithms.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/implicit_tree.h"
#include "keytrans/refusal.h"

namespace sealbook::keytrans {
namespace {

// The frontier from the entry where a greatest-version search starts: the
// rightmost distinguished entry, or the root where there is none.
std::vector<uint64_t> InspectedEntries(uint64_t size,
                                       std::optional<uint64_t> distinguished) {
  return FrontierFrom(distinguished.value_or(ImplicitRoot(size)), size);
}

// What a fixed-version search remembers of the entries on its way.
struct SearchPath {
  bool met_expired = false;
  // Unexpired distinguished entries.
  std::vector<uint64_t> distinguished;
  // The leftmost entry whose ladder indicated a greater version: the one met
  // last, since the search goes left of it.
  std::optional<uint64_t> leftmost_greater;

  bool DistinguishedLeftOf(uint64_t position) const {
    for (uint64_t entry : distinguished) {
      if (entry < position) return true;
    }
    return false;
  }
};

// Step 6: no unexpired entry was found where the target is the greatest.
absl::StatusOr<FixedVersionOutcome> LookUpInLeftmostGreater(
    ProofHandle& handle, const SearchPath& path, KnownLookups& known,
    uint32_t target) {
  FixedVersionOutcome outcome;
  // Step 6.1.
  if (!path.leftmost_greater.has_value()) {
    outcome.result = FixedVersionResult::kDoesNotExist;
    return outcome;
  }
  // Step 6.2. "To the left" leaves out the identified entry itself, which no
  // owner may have checked for a version that is not its greatest.
  if (path.met_expired && !path.DistinguishedLeftOf(*path.leftmost_greater)) {
    outcome.result = FixedVersionResult::kExpired;
    return outcome;
  }
  // Step 6.3.
  SEALBOOK_ASSIGN_OR_RETURN(
      bool included,
      known.SingleLookup(handle, target, *path.leftmost_greater));
  if (!included) outcome.result = FixedVersionResult::kDoesNotExist;
  outcome.search.terminal = *path.leftmost_greater;
  return outcome;
}

absl::StatusOr<FixedVersionOutcome> SearchFromRoot(ProofHandle& handle,
                                                   const ShownTree& tree,
                                                   KnownLookups& known,
                                                   uint32_t target) {
  SearchLadder ladder(handle, known, target);
  SearchPath path;
  SEALBOOK_ASSIGN_OR_RETURN(Descent at, Descent::FromRoot(handle, tree));
  for (bool more = true; more;) {
    SEALBOOK_RETURN_IF_ERROR(at.Arrive().status());
    // Step 1.
    if (at.Expired()) {
      path.met_expired = true;
      more = at.GoRight();
      continue;
    }
    if (at.Distinguished()) path.distinguished.push_back(at.position());
    // Step 2.
    SEALBOOK_ASSIGN_OR_RETURN(LadderOutcome greatest,
                              ladder.Obtain(at.position()));
    switch (greatest) {
      case LadderOutcome::kLess:  // Step 3.
        more = at.GoRight();
        break;
      case LadderOutcome::kGreater:  // Step 4.
        path.leftmost_greater = at.position();
        more = at.GoLeft();
        break;
      case LadderOutcome::kEqual: {  // Step 5.
        FixedVersionOutcome outcome;
        outcome.search.terminal = at.position();
        if (path.met_expired && !at.Distinguished() &&
            !path.DistinguishedLeftOf(at.position())) {
          outcome.result = FixedVersionResult::kExpired;
        }
        return outcome;
      }
    }
  }
  return LookUpInLeftmostGreater(handle, path, known, target);
}

class DistinguishedWalk {
 public:
  explicit DistinguishedWalk(std::optional<uint64_t> stop) : stop_(stop) {}

  // The subtree at `at`.
  absl::Status Visit(Descent at) {
    // Steps 1 and 2; whatever reaches step 2 contributes its timestamp
    // (KEYTRANS rule 21).
    if (!at.Distinguished()) return absl::OkStatus();
    SEALBOOK_RETURN_IF_ERROR(at.Arrive().status());
    Descent right = at;
    if (right.GoRight()) SEALBOOK_RETURN_IF_ERROR(Visit(right));
    // Steps 3 and 4.
    if (stop_.has_value() && at.position() <= *stop_) return absl::OkStatus();
    if (found_.size() == kRecentDistinguished || at.Expired()) {
      return absl::OkStatus();
    }
    found_.push_back(at.position());
    // Step 5.
    if (at.GoLeft()) SEALBOOK_RETURN_IF_ERROR(Visit(at));
    return absl::OkStatus();
  }

  std::vector<uint64_t> Take() { return std::move(found_); }

 private:
  const std::optional<uint64_t> stop_;
  std::vector<uint64_t> found_;
};

}  // namespace

absl::Status UpdateView(ProofHandle& handle, uint64_t size,
                        std::optional<uint64_t> last) {
  for (uint64_t position : UpdateViewPositions(size, last)) {
    SEALBOOK_RETURN_IF_ERROR(handle.Timestamp(position).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<SearchOutcome> GreatestVersionSearch(ProofHandle& handle,
                                                    const ShownTree& tree,
                                                    KnownLookups& known,
                                                    uint32_t target) {
  SearchOutcome result;
  SEALBOOK_ASSIGN_OR_RETURN(result.rightmost_distinguished,
                            RightmostDistinguished(handle, tree));
  SearchLadder ladder(handle, known, target);
  std::optional<uint64_t> terminal;
  for (uint64_t position :
       InspectedEntries(tree.size, result.rightmost_distinguished)) {
    // Steps 1 and 2.
    SEALBOOK_ASSIGN_OR_RETURN(LadderOutcome outcome, ladder.Obtain(position));
    bool rightmost = position == tree.size - 1;
    if (outcome == LadderOutcome::kGreater ||
        (rightmost && outcome == LadderOutcome::kLess)) {
      return Refuse(
          RefusalReason::kLadder,
          absl::StrCat("log entry ", position, " has a ",
                       rightmost && outcome == LadderOutcome::kLess ? "smaller"
                                                                    : "greater",
                       " version than the claimed greatest, ", target));
    }
    if (outcome == LadderOutcome::kEqual && !terminal) terminal = position;
  }
  result.terminal = *terminal;  // The rightmost entry was kEqual.
  return result;
}

absl::StatusOr<FixedVersionOutcome> FixedVersionSearch(ProofHandle& handle,
                                                       const ShownTree& tree,
                                                       KnownLookups& known,
                                                       uint32_t target) {
  SEALBOOK_ASSIGN_OR_RETURN(FixedVersionOutcome outcome,
                            SearchFromRoot(handle, tree, known, target));
  SEALBOOK_ASSIGN_OR_RETURN(outcome.search.rightmost_distinguished,
                            RightmostDistinguished(handle, tree));
  return outcome;
}

absl::Status AbsenceSearch(ProofHandle& handle, const ShownTree& tree) {
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<uint64_t> distinguished,
                            RightmostDistinguished(handle, tree));
  KnownLookups known;
  for (uint64_t position : InspectedEntries(tree.size, distinguished)) {
    SEALBOOK_ASSIGN_OR_RETURN(bool included,
                              known.SingleLookup(handle, 0, position));
    if (included) {
      return Refuse(RefusalReason::kLadder,
                    absl::StrCat("log entry ", position,
                                 " contains version 0 of a label that is said "
                                 "to be absent"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint64_t>> WalkDistinguished(
    ProofHandle& handle, const ShownTree& tree, std::optional<uint64_t> stop) {
  SEALBOOK_ASSIGN_OR_RETURN(Descent root, Descent::FromRoot(handle, tree));
  DistinguishedWalk walk(stop);
  SEALBOOK_RETURN_IF_ERROR(walk.Visit(root));
  return walk.Take();
}

}  // namespace sealbook::keytrans
