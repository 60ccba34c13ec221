#include "keytrans/monitor_algorithms.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/implicit_tree.h"
#include "keytrans/refusal.h"
#include "keytrans/search_ladder.h"

namespace sealbook::keytrans {
namespace {

// "Binary Ladder" under "Monitoring the Tree". Nothing is left out as
// redundant.
absl::Status ObtainMonitoringLadder(ProofHandle& handle, uint64_t position,
                                    uint32_t target) {
  SEALBOOK_RETURN_IF_ERROR(handle.Timestamp(position).status());
  SEALBOOK_RETURN_IF_ERROR(handle.BeginProof(position));
  std::optional<uint32_t> lacking;
  for (uint32_t version : MonitoringBinaryLadder(target)) {
    SEALBOOK_ASSIGN_OR_RETURN(const bool included, handle.Lookup(version));
    if (!included && !lacking.has_value()) lacking = version;
  }
  SEALBOOK_RETURN_IF_ERROR(handle.EndProof());
  if (!lacking.has_value()) return absl::OkStatus();
  return Refuse(
      RefusalReason::kLadder,
      absl::StrCat("log entry ", position, " lacks version ", *lacking,
                   ", which an entry to its left contains"));
}

// A search ladder without omissions that must show `expected` to be the
// greatest version, or that there is none.
absl::Status ObtainExactLadder(ProofHandle& handle, uint64_t position,
                               std::optional<uint32_t> expected) {
  SEALBOOK_RETURN_IF_ERROR(handle.Timestamp(position).status());
  KnownLookups nothing_known;
  SearchLadder ladder(handle, nothing_known, expected.value_or(0));
  SEALBOOK_ASSIGN_OR_RETURN(const LadderOutcome outcome,
                            ladder.Obtain(position));
  const LadderOutcome right =
      expected.has_value() ? LadderOutcome::kEqual : LadderOutcome::kLess;
  if (outcome != right) {
    const std::string claimed = expected.has_value()
                                    ? absl::StrCat("version ", *expected)
                                    : "no version";
    return Refuse(
        RefusalReason::kLadder,
        absl::StrCat("log entry ", position, " has a ",
                     outcome == LadderOutcome::kLess ? "smaller" : "greater",
                     " version where ", claimed, " is expected"));
  }
  return absl::OkStatus();
}

// One run of the contact algorithm.
class ContactMonitor {
 public:
  ContactMonitor(ProofHandle& handle, const ShownTree& tree,
                 std::optional<uint64_t> owner_start)
      : handle_(handle), tree_(tree), owner_start_(owner_start) {}

  absl::Status Follow(MonitorMapEntry entry) {
    // Step 1. Distinguished entries are removed in the end.
    SEALBOOK_ASSIGN_OR_RETURN(const DistinguishedPath path,
                              WalkTowards(handle_, tree_, entry.position));
    if (path.itself) return absl::OkStatus();
    // Steps 2.1 to 2.3.
    std::vector<uint64_t> inspected;
    bool ends = false;
    for (uint64_t ancestor : DirectPath(entry.position, tree_.size)) {
      if (ends || ancestor < entry.position) continue;
      inspected.push_back(ancestor);
      ends = path.Contains(ancestor);
    }
    // Step 2.4.
    if (ends && owner_start_.has_value() && entry.position >= *owner_start_) {
      inspected.pop_back();
    }
    // Step 3.
    for (uint64_t position : inspected) {
      SEALBOOK_ASSIGN_OR_RETURN(const bool superseded,
                                Inspect(position, entry.version));
      if (superseded) return absl::OkStatus();
      entry.position = position;
    }
    if (!ends) Keep(entry);
    return absl::OkStatus();
  }

  std::vector<MonitorMapEntry> Remaining() const {
    std::vector<MonitorMapEntry> entries;
    entries.reserve(remaining_.size());
    for (const auto& [position, version] : remaining_) {
      entries.push_back({position, version});
    }
    return entries;
  }

 private:
  // True: a greater version was seen there, so that this one needs no
  // monitoring any more.
  absl::StatusOr<bool> Inspect(uint64_t position, uint32_t version) {
    const auto [seen, first] = ladders_.emplace(position, version);
    if (first) {
      SEALBOOK_RETURN_IF_ERROR(
          ObtainMonitoringLadder(handle_, position, version));
      return false;
    }
    if (seen->second > version) return true;
    return Refuse(
        RefusalReason::kLadder,
        absl::StrCat("version ", version, " and version ", seen->second,
                     ", first seen to its right, meet "
                     "in log entry ",
                     position));
  }

  void Keep(const MonitorMapEntry& entry) {
    const auto [kept, first] =
        remaining_.emplace(entry.position, entry.version);
    if (!first) kept->second = std::max(kept->second, entry.version);
  }

  ProofHandle& handle_;
  const ShownTree& tree_;
  const std::optional<uint64_t> owner_start_;
  // Target versions of the ladders obtained, by position.
  std::map<uint64_t, uint32_t> ladders_;
  std::map<uint64_t, uint32_t> remaining_;
};

// One run of the owner's regular monitoring.
class OwnerWalk {
 public:
  OwnerWalk(ProofHandle& handle, const OwnerMonitoring& monitoring)
      : handle_(handle), monitoring_(monitoring) {}

  // The subtree at `at`.
  absl::Status Visit(Descent at) {
    // Step 1.
    if (!at.Distinguished()) return absl::OkStatus();
    Descent right = at;
    // Step 2.
    if (at.position() <= monitoring_.start) {
      return GoRight(right);
    }
    // Step 3.
    Descent left = at;
    if (left.HasLeft()) {
      SEALBOOK_RETURN_IF_ERROR(left.Arrive().status());
      left.GoLeft();
      SEALBOOK_RETURN_IF_ERROR(Visit(left));
    }
    // Step 4. Where a subtree has stopped, its parents stop as well.
    if (!stopped_) {
      SEALBOOK_ASSIGN_OR_RETURN(stopped_, monitoring_.stop(at.position()));
    }
    if (stopped_) return absl::OkStatus();
    // Step 5.
    SEALBOOK_ASSIGN_OR_RETURN(const std::optional<uint32_t> expected,
                              monitoring_.expected(at.position()));
    SEALBOOK_RETURN_IF_ERROR(
        ObtainExactLadder(handle_, at.position(), expected));
    inspected_.push_back(at.position());
    // Step 6.
    return GoRight(right);
  }

  std::vector<uint64_t> Take() { return std::move(inspected_); }

 private:
  absl::Status GoRight(Descent& at) {
    if (!at.HasRight()) return absl::OkStatus();
    SEALBOOK_RETURN_IF_ERROR(at.Arrive().status());
    at.GoRight();
    return Visit(at);
  }

  ProofHandle& handle_;
  const OwnerMonitoring& monitoring_;
  std::vector<uint64_t> inspected_;
  bool stopped_ = false;
};

}  // namespace

bool DistinguishedPath::Contains(uint64_t ancestor) const {
  return std::find(ancestors.begin(), ancestors.end(), ancestor) !=
         ancestors.end();
}

absl::StatusOr<DistinguishedPath> WalkTowards(ProofHandle& handle,
                                              const ShownTree& tree,
                                              uint64_t position) {
  SEALBOOK_ASSIGN_OR_RETURN(Descent at, Descent::FromRoot(handle, tree));
  DistinguishedPath path;
  while (at.Distinguished()) {
    if (at.position() == position) {
      path.itself = true;
      break;
    }
    SEALBOOK_RETURN_IF_ERROR(at.Arrive().status());
    path.ancestors.push_back(at.position());
    if (position < at.position()) {
      at.GoLeft();
    } else {
      at.GoRight();
    }
  }
  return path;
}

absl::StatusOr<std::vector<MonitorMapEntry>> MonitorContact(
    ProofHandle& handle, const ShownTree& tree,
    absl::Span<const MonitorMapEntry> entries,
    std::optional<uint64_t> owner_start) {
  ContactMonitor monitor(handle, tree, owner_start);
  for (size_t i = entries.size(); i > 0; --i) {
    SEALBOOK_RETURN_IF_ERROR(monitor.Follow(entries[i - 1]));
  }
  return monitor.Remaining();
}

absl::StatusOr<std::vector<uint64_t>> OwnerInitPositions(ProofHandle& handle,
                                                         const ShownTree& tree,
                                                         uint64_t start) {
  if (start >= tree.size) {
    return Refuse(RefusalReason::kTreeSize,
                  absl::StrCat("log entry ", start,
                               " is not in the tree of size ", tree.size));
  }
  SEALBOOK_ASSIGN_OR_RETURN(const DistinguishedPath path,
                            WalkTowards(handle, tree, start));
  if (!path.itself) {
    return Refuse(RefusalReason::kLadder,
                  absl::StrCat("log entry ", start, " is not distinguished"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(const Descent root,
                            Descent::FromRoot(handle, tree));
  SEALBOOK_ASSIGN_OR_RETURN(const uint64_t timestamp, handle.Timestamp(start));
  if (root.IsExpired(timestamp)) {
    return Refuse(RefusalReason::kExpired,
                  absl::StrCat("log entry ", start, " is expired"));
  }
  std::vector<uint64_t> positions = {start};
  for (uint64_t ancestor : DirectPath(start, tree.size)) {
    if (ancestor > start) continue;
    SEALBOOK_ASSIGN_OR_RETURN(const uint64_t older, handle.Timestamp(ancestor));
    if (root.IsExpired(older)) break;
    positions.push_back(ancestor);
  }
  return positions;
}

absl::Status InitOwner(ProofHandle& handle,
                       absl::Span<const uint64_t> positions,
                       absl::Span<const uint32_t> greatest_versions) {
  for (size_t i = 0; i < positions.size(); ++i) {
    std::optional<uint32_t> greatest;
    if (i < greatest_versions.size()) greatest = greatest_versions[i];
    SEALBOOK_RETURN_IF_ERROR(ObtainExactLadder(handle, positions[i], greatest));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint64_t>> MonitorOwner(
    ProofHandle& handle, const ShownTree& tree,
    const OwnerMonitoring& monitoring) {
  SEALBOOK_ASSIGN_OR_RETURN(const Descent root,
                            Descent::FromRoot(handle, tree));
  OwnerWalk walk(handle, monitoring);
  SEALBOOK_RETURN_IF_ERROR(walk.Visit(root));
  return walk.Take();
}

}  // namespace sealbook::keytrans
