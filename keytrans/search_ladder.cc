#include "keytrans/search_ladder.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/refusal.h"

namespace sealbook::keytrans {

std::optional<bool> MadeLookups::Find(uint32_t version,
                                      uint64_t position) const {
  const auto by_position = made_.find(version);
  if (by_position == made_.end()) return std::nullopt;
  const auto made = by_position->second.find(position);
  if (made == by_position->second.end()) return std::nullopt;
  return made->second;
}

absl::Status MadeLookups::Add(uint32_t version, uint64_t position,
                              bool included) {
  std::map<uint64_t, bool>& by_position = made_[version];
  const auto made = by_position.emplace(position, included).first;
  const auto right = std::next(made);
  std::optional<uint64_t> contradicts;
  if (included && right != by_position.end() && !right->second) {
    contradicts = right->first;
  }
  if (!included && made != by_position.begin() && std::prev(made)->second) {
    contradicts = std::prev(made)->first;
  }
  if (!contradicts.has_value()) return absl::OkStatus();
  return Refuse(
      RefusalReason::kLadder,
      absl::StrCat("log entry ", std::min(position, *contradicts),
                   " contains version ", version, ", which log entry ",
                   std::max(position, *contradicts),
                   " lacks: leaves are only ever added"));
}

absl::StatusOr<bool> KnownLookups::Lookup(ProofHandle& handle, uint32_t version,
                                          uint64_t position) {
  std::optional<bool> included = Redundant(version, position);
  if (included.has_value()) return *included;
  included = Made(version, position);
  if (!included.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(included, handle.Lookup(version));
  }
  SEALBOOK_RETURN_IF_ERROR(Add(version, position, *included));
  return *included;
}

absl::StatusOr<bool> KnownLookups::SingleLookup(ProofHandle& handle,
                                                uint32_t version,
                                                uint64_t position) {
  std::optional<bool> included = Made(version, position);
  if (!included.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(handle.BeginProof(position));
    SEALBOOK_ASSIGN_OR_RETURN(included, handle.Lookup(version));
    SEALBOOK_RETURN_IF_ERROR(handle.EndProof());
  }
  SEALBOOK_RETURN_IF_ERROR(Add(version, position, *included));
  return *included;
}

std::optional<bool> KnownLookups::Redundant(uint32_t version,
                                            uint64_t position) const {
  const auto included = leftmost_inclusion_.find(version);
  if (included != leftmost_inclusion_.end() && included->second < position) {
    return true;
  }
  const auto absent = rightmost_non_inclusion_.find(version);
  if (absent != rightmost_non_inclusion_.end() && absent->second > position) {
    return false;
  }
  return std::nullopt;
}

std::optional<bool> KnownLookups::Made(uint32_t version,
                                       uint64_t position) const {
  if (made_ == nullptr) return std::nullopt;
  return made_->Find(version, position);
}

absl::Status KnownLookups::Add(uint32_t version, uint64_t position,
                               bool included) {
  if (made_ != nullptr) {
    SEALBOOK_RETURN_IF_ERROR(made_->Add(version, position, included));
  }
  if (included) {
    auto [known, added] = leftmost_inclusion_.emplace(version, position);
    if (!added) known->second = std::min(known->second, position);
  } else {
    auto [known, added] = rightmost_non_inclusion_.emplace(version, position);
    if (!added) known->second = std::max(known->second, position);
  }
  return absl::OkStatus();
}

SearchLadder::SearchLadder(ProofHandle& handle, KnownLookups& known,
                           uint32_t target)
    : handle_(handle),
      known_(known),
      target_(target),
      versions_(BaseBinaryLadder(target)) {}

absl::StatusOr<LadderOutcome> SearchLadder::Obtain(uint64_t position) {
  SEALBOOK_RETURN_IF_ERROR(handle_.BeginProof(position));
  LadderOutcome outcome = LadderOutcome::kEqual;
  for (uint32_t version : versions_) {
    SEALBOOK_ASSIGN_OR_RETURN(const bool included,
                              known_.Lookup(handle_, version, position));
    if (included && version > target_) outcome = LadderOutcome::kGreater;
    if (!included && version <= target_) outcome = LadderOutcome::kLess;
    if (outcome != LadderOutcome::kEqual) break;
  }
  SEALBOOK_RETURN_IF_ERROR(handle_.EndProof());
  return outcome;
}

}  // namespace sealbook::keytrans
