#include "keytrans/history_algorithms.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/refusal.h"

namespace sealbook::keytrans {
namespace {

// The distinguished log entries next to one: what owners check for correctness.
struct Neighbours {
  // The rightmost that is not to its right, and whether it is expired.
  std::optional<uint64_t> left;
  bool left_expired = false;
  // The leftmost that is not to its left.
  std::optional<uint64_t> right;
};

// Obtains the timestamps of the path to `position` as far as it is
// distinguished. Entries whose parent is not distinguished are not either, so
// both neighbours lie on it.
absl::StatusOr<Neighbours> DistinguishedBeside(ProofHandle& handle,
                                               const ShownTree& tree,
                                               uint64_t position) {
  SEALBOOK_ASSIGN_OR_RETURN(Descent at, Descent::FromRoot(handle, tree));
  Neighbours found;
  while (true) {
    SEALBOOK_RETURN_IF_ERROR(at.Arrive().status());
    if (!at.Distinguished()) return found;
    if (at.position() <= position) {
      found.left = at.position();
      found.left_expired = at.Expired();
    }
    if (at.position() >= position) found.right = at.position();
    if (at.position() == position) return found;
    if (position < at.position()) {
      at.GoLeft();
    } else {
      at.GoRight();
    }
  }
}

// Neither `position` nor the distinguished entry that is its left neighbour may
// be expired: what lies left of that is not checked any more.
absl::Status CheckNotExpired(ProofHandle& handle, const ShownTree& tree,
                             uint64_t position, const Neighbours& beside) {
  SEALBOOK_ASSIGN_OR_RETURN(const Descent root,
                            Descent::FromRoot(handle, tree));
  SEALBOOK_ASSIGN_OR_RETURN(const uint64_t timestamp,
                            handle.Timestamp(position));
  const bool expired = root.IsExpired(timestamp);
  if (expired || beside.left_expired) {
    return Refuse(RefusalReason::kExpired,
                  absl::StrCat("log entry ", expired ? position : *beside.left,
                               " is expired"));
  }
  return absl::OkStatus();
}

absl::Status CheckLookup(uint32_t version, uint64_t position, bool included,
                         bool expected) {
  if (included == expected) return absl::OkStatus();
  return Refuse(
      RefusalReason::kLadder,
      absl::StrCat("log entry ", position, included ? " contains" : " lacks",
                   " version ", version,
                   included ? ", which is said to have appeared later"
                            : ", which is said to be there by then"));
}

absl::Status ExpectLookup(ProofHandle& handle, MadeLookups& made,
                          uint32_t version, uint64_t position, bool expected) {
  SEALBOOK_ASSIGN_OR_RETURN(
      const bool included,
      KnownLookups(made).SingleLookup(handle, version, position));
  return CheckLookup(version, position, included, expected);
}

// Step 2 of "The state as of a time": `position` is the rightmost entry that is
// not later than the time.
absl::Status CheckTime(ProofHandle& handle, const ShownTree& tree,
                       uint64_t position, uint64_t time) {
  SEALBOOK_ASSIGN_OR_RETURN(uint64_t at, handle.Timestamp(position));
  if (at > time) {
    return Refuse(RefusalReason::kTimestampOrder,
                  absl::StrCat("log entry ", position, " has timestamp ", at,
                               ", later than the time asked for, ", time));
  }
  if (position == tree.size - 1) return absl::OkStatus();
  SEALBOOK_ASSIGN_OR_RETURN(uint64_t next, handle.Timestamp(position + 1));
  if (next > time) return absl::OkStatus();
  return Refuse(RefusalReason::kTimestampOrder,
                absl::StrCat("log entry ", position + 1, " has timestamp ",
                             next, ", not later than the time asked for, ",
                             time, ": it is nearer than entry ", position));
}

absl::Status CheckLogBeganLater(ProofHandle& handle, uint64_t time) {
  SEALBOOK_ASSIGN_OR_RETURN(uint64_t first, handle.Timestamp(0));
  if (first > time) return absl::OkStatus();
  return Refuse(RefusalReason::kTimestampOrder,
                absl::StrCat("log entry 0 has timestamp ", first,
                             ", not later than the time asked for, ", time));
}

// Steps 4 and 5.
absl::Status CheckGreatest(ProofHandle& handle, MadeLookups& made,
                           std::optional<uint64_t> before, uint64_t position,
                           uint32_t version) {
  KnownLookups known(made);
  SearchLadder ladder(handle, known, version);
  auto refuse = [version](uint64_t at, absl::string_view has) {
    return Refuse(
        RefusalReason::kLadder,
        absl::StrCat("log entry ", at, " has a ", has,
                     " version than the claimed greatest, ", version));
  };
  if (before.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(LadderOutcome outcome, ladder.Obtain(*before));
    if (outcome == LadderOutcome::kGreater) return refuse(*before, "greater");
  }
  SEALBOOK_ASSIGN_OR_RETURN(LadderOutcome outcome, ladder.Obtain(position));
  if (outcome == LadderOutcome::kGreater) return refuse(position, "greater");
  if (outcome == LadderOutcome::kLess) return refuse(position, "smaller");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<uint64_t> FirstAppearance(ProofHandle& handle,
                                         const ShownTree& tree,
                                         MadeLookups& made, uint32_t version,
                                         uint64_t position) {
  // Step 1.
  const uint64_t oldest = position == 0 ? 0 : position - 1;
  SEALBOOK_ASSIGN_OR_RETURN(Neighbours before,
                            DistinguishedBeside(handle, tree, oldest));
  SEALBOOK_ASSIGN_OR_RETURN(const Neighbours from,
                            DistinguishedBeside(handle, tree, position));
  SEALBOOK_RETURN_IF_ERROR(handle.Timestamp(oldest).status());
  SEALBOOK_ASSIGN_OR_RETURN(const uint64_t timestamp,
                            handle.Timestamp(position));
  // Step 2.
  if (position == 0) before = {};
  SEALBOOK_RETURN_IF_ERROR(CheckNotExpired(handle, tree, oldest, before));
  const uint64_t checked = from.right.value_or(tree.size - 1);
  // Steps 3 to 6.
  if (before.left.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(
        ExpectLookup(handle, made, version, *before.left, false));
  }
  if (position > 0) {
    SEALBOOK_RETURN_IF_ERROR(
        ExpectLookup(handle, made, version, oldest, false));
  }
  SEALBOOK_RETURN_IF_ERROR(ExpectLookup(handle, made, version, position, true));
  SEALBOOK_RETURN_IF_ERROR(ExpectLookup(handle, made, version, checked, true));
  return timestamp;
}

absl::StatusOr<std::optional<SearchOutcome>> VerifyStateAsOf(
    ProofHandle& handle, const ShownTree& tree, MadeLookups& made,
    const StateAsOf& state) {
  // Step 1.
  if (!state.position.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(CheckLogBeganLater(handle, state.time));
    return std::nullopt;
  }
  // Steps 2 and 3.
  const uint64_t position = *state.position;
  SEALBOOK_ASSIGN_OR_RETURN(const Neighbours beside,
                            DistinguishedBeside(handle, tree, position));
  SEALBOOK_RETURN_IF_ERROR(CheckTime(handle, tree, position, state.time));
  SEALBOOK_RETURN_IF_ERROR(CheckNotExpired(handle, tree, position, beside));
  const std::optional<uint64_t> before =
      beside.left == position ? std::nullopt : beside.left;
  if (!state.version.has_value()) {
    if (before.has_value()) {
      SEALBOOK_RETURN_IF_ERROR(ExpectLookup(handle, made, 0, *before, false));
    }
    SEALBOOK_RETURN_IF_ERROR(ExpectLookup(handle, made, 0, position, false));
    return std::nullopt;
  }
  // Steps 4 to 7.
  SEALBOOK_RETURN_IF_ERROR(
      CheckGreatest(handle, made, before, position, *state.version));
  SEALBOOK_RETURN_IF_ERROR(ExpectLookup(handle, made, *state.version,
                                        beside.right.value_or(tree.size - 1),
                                        true));
  KnownLookups known(made);
  SEALBOOK_ASSIGN_OR_RETURN(SearchOutcome outcome,
                            FindVersion(handle, tree, known, *state.version));
  return outcome;
}

absl::StatusOr<SearchOutcome> FindVersion(ProofHandle& handle,
                                          const ShownTree& tree,
                                          KnownLookups& known,
                                          uint32_t version) {
  SEALBOOK_ASSIGN_OR_RETURN(FixedVersionOutcome outcome,
                            FixedVersionSearch(handle, tree, known, version));
  if (outcome.result == FixedVersionResult::kDoesNotExist) {
    return Refuse(RefusalReason::kLadder,
                  absl::StrCat("the proof shows that version ", version,
                               " does not exist"));
  }
  if (outcome.result == FixedVersionResult::kExpired) {
    return Refuse(RefusalReason::kExpired,
                  absl::StrCat("the proof shows that version ", version,
                               " is older than the log's maximum lifetime"));
  }
  return outcome.search;
}

}  // namespace sealbook::keytrans
