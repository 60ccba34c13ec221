#include "keytrans/algorithms.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/binary_ladder.h"
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

}  // namespace

absl::Status UpdateView(ProofHandle& handle, uint64_t size,
                        std::optional<uint64_t> last) {
  for (uint64_t position : UpdateViewPositions(size, last)) {
    SEALBOOK_RETURN_IF_ERROR(handle.Timestamp(position).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint64_t>> RightmostDistinguished(
    ProofHandle& handle, uint64_t size, uint64_t window) {
  SEALBOOK_ASSIGN_OR_RETURN(uint64_t right, handle.Timestamp(size - 1));
  std::optional<uint64_t> distinguished;
  uint64_t left = 0;
  for (uint64_t position : Frontier(size)) {
    // Step 2. An entry's parent is distinguished whenever it is itself.
    if (right - left < window) break;
    distinguished = position;
    SEALBOOK_ASSIGN_OR_RETURN(left, handle.Timestamp(position));
  }
  return distinguished;
}

SearchLadder::SearchLadder(ProofHandle& handle, uint32_t target)
    : handle_(handle), target_(target), versions_(BaseBinaryLadder(target)) {}

std::optional<bool> SearchLadder::KnownFromElsewhere(uint32_t version,
                                                     uint64_t position) const {
  auto included = leftmost_inclusion_.find(version);
  if (included != leftmost_inclusion_.end() && included->second < position) {
    return true;
  }
  auto absent = rightmost_non_inclusion_.find(version);
  if (absent != rightmost_non_inclusion_.end() && absent->second > position) {
    return false;
  }
  return std::nullopt;
}

absl::StatusOr<LadderOutcome> SearchLadder::Obtain(uint64_t position) {
  SEALBOOK_RETURN_IF_ERROR(handle_.BeginProof(position));
  LadderOutcome outcome = LadderOutcome::kEqual;
  for (uint32_t version : versions_) {
    std::optional<bool> included = KnownFromElsewhere(version, position);
    if (!included.has_value()) {
      SEALBOOK_ASSIGN_OR_RETURN(included, handle_.Lookup(version));
      if (*included) {
        auto [known, added] = leftmost_inclusion_.emplace(version, position);
        if (!added) known->second = std::min(known->second, position);
      } else {
        auto [known, added] =
            rightmost_non_inclusion_.emplace(version, position);
        if (!added) known->second = std::max(known->second, position);
      }
    }
    if (*included && version > target_) outcome = LadderOutcome::kGreater;
    if (!*included && version <= target_) outcome = LadderOutcome::kLess;
    if (outcome != LadderOutcome::kEqual) break;
  }
  SEALBOOK_RETURN_IF_ERROR(handle_.EndProof());
  return outcome;
}

absl::StatusOr<SearchOutcome> GreatestVersionSearch(ProofHandle& handle,
                                                    uint64_t size,
                                                    uint64_t window,
                                                    uint32_t target) {
  SearchOutcome result;
  SEALBOOK_ASSIGN_OR_RETURN(result.rightmost_distinguished,
                            RightmostDistinguished(handle, size, window));
  SearchLadder ladder(handle, target);
  std::optional<uint64_t> terminal;
  for (uint64_t position :
       InspectedEntries(size, result.rightmost_distinguished)) {
    // Steps 1 and 2.
    SEALBOOK_ASSIGN_OR_RETURN(LadderOutcome outcome, ladder.Obtain(position));
    bool rightmost = position == size - 1;
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

absl::Status AbsenceSearch(ProofHandle& handle, uint64_t size,
                           uint64_t window) {
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<uint64_t> distinguished,
                            RightmostDistinguished(handle, size, window));
  for (uint64_t position : InspectedEntries(size, distinguished)) {
    SEALBOOK_RETURN_IF_ERROR(handle.BeginProof(position));
    SEALBOOK_ASSIGN_OR_RETURN(bool included, handle.Lookup(0));
    if (included) {
      return Refuse(RefusalReason::kLadder,
                    absl::StrCat("log entry ", position,
                                 " contains version 0 of a label that is said "
                                 "to be absent"));
    }
    SEALBOOK_RETURN_IF_ERROR(handle.EndProof());
  }
  return absl::OkStatus();
}

}  // namespace sealbook::keytrans
