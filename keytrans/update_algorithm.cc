#include "keytrans/update_algorithm.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/implicit_tree.h"
#include "keytrans/monitor_algorithms.h"
#include "keytrans/refusal.h"
#include "keytrans/search_ladder.h"

namespace sealbook::keytrans {
namespace {

// Looks up what is known already; nothing of it is part of the proof.
class KnownTree : public ProofHandle {
 public:
  explicit KnownTree(const KnownInclusion& known) : known_(known) {}

  absl::StatusOr<uint64_t> Timestamp(uint64_t /*position*/) override {
    return absl::InternalError("no timestamps here");
  }
  absl::Status BeginProof(uint64_t position) override {
    position_ = position;
    return absl::OkStatus();
  }
  absl::StatusOr<bool> Lookup(uint32_t version) override {
    return known_(version, position_);
  }
  absl::Status EndProof() override { return absl::OkStatus(); }

 private:
  const KnownInclusion& known_;
  uint64_t position_ = 0;
};

absl::Status ExpectOutcome(LadderOutcome outcome, LadderOutcome expected,
                           uint64_t position, absl::string_view what) {
  if (outcome == expected) return absl::OkStatus();
  return Refuse(
      RefusalReason::kLadder,
      absl::StrCat("log entry ", position, " has a ",
                   outcome == LadderOutcome::kLess ? "smaller" : "greater",
                   " version where ", what));
}

class UpdateCheck {
 public:
  UpdateCheck(ProofHandle& handle, const ShownTree& tree,
              const NewVersions& update, const KnownInclusion& known)
      : handle_(handle),
        tree_(tree),
        update_(update),
        known_tree_(known),
        ladder_(BaseBinaryLadder(update.greatest)) {}

  absl::StatusOr<bool> Run() {
    std::vector<uint64_t> previous_frontier;
    if (update_.position > 0) {
      SEALBOOK_ASSIGN_OR_RETURN(previous_frontier, RestOfPreviousFrontier());
    }
    SEALBOOK_ASSIGN_OR_RETURN(const DistinguishedPath path,
                              WalkTowards(handle_, tree_, update_.position));
    SEALBOOK_RETURN_IF_ERROR(CheckPreviousTree(previous_frontier));
    if (!path.itself) {
      // Step 4.
      SEALBOOK_RETURN_IF_ERROR(handle_.Timestamp(update_.position).status());
      SearchLadder ladder(handle_, seen_, update_.greatest);
      SEALBOOK_ASSIGN_OR_RETURN(const LadderOutcome outcome,
                                ladder.Obtain(update_.position));
      SEALBOOK_RETURN_IF_ERROR(ExpectOutcome(
          outcome, LadderOutcome::kEqual, update_.position,
          absl::StrCat("version ", update_.greatest, " was added")));
    }
    SEALBOOK_RETURN_IF_ERROR(LookUpOthers());
    return path.itself;
  }

 private:
  // Step 1: the frontier of the previous tree, from the first log entry that is
  // not distinguished.
  absl::StatusOr<std::vector<uint64_t>> RestOfPreviousFrontier() {
    SEALBOOK_ASSIGN_OR_RETURN(
        const DistinguishedPath path,
        WalkTowards(handle_, tree_, update_.position - 1));
    std::vector<uint64_t> frontier = Frontier(update_.position);
    const auto first =
        std::find_if(frontier.begin(), frontier.end(), [&](uint64_t entry) {
          if (entry == update_.position - 1) return !path.itself;
          return !path.Contains(entry);
        });
    return std::vector<uint64_t>(first, frontier.end());
  }

  // Step 2.1.
  bool Skipped(uint64_t position) const {
    if (!update_.previous.has_value()) return false;
    return (update_.start.has_value() && position <= *update_.start) ||
           (update_.previous_position.has_value() &&
            position <= *update_.previous_position);
  }

  // Step 2. Lookups in skipped entries count as made (KEYTRANS rule 9).
  absl::Status CheckPreviousTree(const std::vector<uint64_t>& frontier) {
    const uint32_t target = update_.previous.value_or(0);
    SearchLadder known(known_tree_, seen_, target);
    SearchLadder shown(handle_, seen_, target);
    for (uint64_t position : frontier) {
      if (Skipped(position)) {
        SEALBOOK_RETURN_IF_ERROR(known.Obtain(position).status());
        continue;
      }
      SEALBOOK_RETURN_IF_ERROR(handle_.Timestamp(position).status());
      SEALBOOK_ASSIGN_OR_RETURN(const LadderOutcome outcome,
                                shown.Obtain(position));
      SEALBOOK_RETURN_IF_ERROR(ExpectOutcome(
          outcome,
          update_.previous.has_value() ? LadderOutcome::kEqual
                                       : LadderOutcome::kLess,
          position,
          update_.previous.has_value()
              ? absl::StrCat("version ", target, " was the greatest")
              : "there was none"));
    }
    return absl::OkStatus();
  }

  // Steps 3 and 4: the new versions that are not in the search binary ladder.
  absl::Status LookUpOthers() {
    std::vector<uint32_t> others;
    for (uint64_t version = update_.first(); version <= update_.greatest;
         ++version) {
      const auto narrow = static_cast<uint32_t>(version);
      if (std::find(ladder_.begin(), ladder_.end(), narrow) == ladder_.end()) {
        others.push_back(narrow);
      }
    }
    if (others.empty()) return absl::OkStatus();
    SEALBOOK_RETURN_IF_ERROR(handle_.Timestamp(update_.position).status());
    SEALBOOK_RETURN_IF_ERROR(handle_.BeginProof(update_.position));
    std::optional<uint32_t> lacking;
    for (uint32_t version : others) {
      SEALBOOK_ASSIGN_OR_RETURN(const bool included, handle_.Lookup(version));
      if (!included && !lacking.has_value()) lacking = version;
    }
    SEALBOOK_RETURN_IF_ERROR(handle_.EndProof());
    if (!lacking.has_value()) return absl::OkStatus();
    return Refuse(
        RefusalReason::kLadder,
        absl::StrCat("log entry ", update_.position, " lacks version ",
                     *lacking, ", which it is said to have added"));
  }

  ProofHandle& handle_;
  const ShownTree& tree_;
  const NewVersions& update_;
  KnownTree known_tree_;
  const std::vector<uint32_t> ladder_;
  KnownLookups seen_;
};

}  // namespace

std::vector<uint32_t> UpdateLadder(const NewVersions& update) {
  const std::vector<uint32_t> ladder = BaseBinaryLadder(update.greatest);
  std::set<uint32_t> versions(ladder.begin(), ladder.end());
  for (uint64_t version = update.first(); version <= update.greatest;
       ++version) {
    versions.insert(static_cast<uint32_t>(version));
  }
  const std::vector<uint32_t> known = update.previous.has_value()
                                          ? BaseBinaryLadder(*update.previous)
                                          : std::vector<uint32_t>{0};
  for (uint32_t version : known) versions.erase(version);
  return std::vector<uint32_t>(versions.begin(), versions.end());
}

absl::StatusOr<bool> VerifyNewVersions(ProofHandle& handle,
                                       const ShownTree& tree,
                                       const NewVersions& update,
                                       const KnownInclusion& known_inclusion) {
  return UpdateCheck(handle, tree, update, known_inclusion).Run();
}

}  // namespace sealbook::keytrans
