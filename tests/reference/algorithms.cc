#include "tests/reference/algorithms.h"

#include <algorithm>

#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"

namespace sealbook::reference {
namespace {

// What an application calls recent: this many distinguished entries.
constexpr size_t kRecent = 10;

// The root, its child towards x, ... and x itself.
std::vector<uint64_t> PathFromRoot(uint64_t x, uint64_t n) {
  std::vector<uint64_t> path = DirectPath(x, n);
  std::reverse(path.begin(), path.end());
  path.push_back(x);
  return path;
}

}  // namespace

void Algorithms::UpdateTheView() {
  for (uint64_t position : UpdateView(n_, last_)) source_.Timestamp(position);
}

bool Algorithms::IsDistinguished(uint64_t x) {
  uint64_t left = 0;
  uint64_t right = source_.Timestamp(n_ - 1);
  for (uint64_t ancestor : PathFromRoot(x, n_)) {
    if (right < left) return false;  // refused elsewhere
    if (right - left < config_.reasonable_monitoring_window) return false;
    if (ancestor == x) return true;
    (x < ancestor ? right : left) = source_.Timestamp(ancestor);
  }
  return false;
}

bool Algorithms::IsExpired(uint64_t x) {
  const uint64_t rightmost = source_.Timestamp(n_ - 1);
  const uint64_t own = source_.Timestamp(x);
  return config_.maximum_lifetime.has_value() && rightmost >= own &&
         rightmost - own >= *config_.maximum_lifetime;
}

// It lies on the frontier, whose timestamps are known ("Log Entry Maximum
// Lifetime and the Reasonable Monitoring Window").
std::optional<uint64_t> Algorithms::RightmostDistinguished() {
  std::optional<uint64_t> found;
  for (uint64_t position : Frontier(n_)) {
    if (IsDistinguished(position)) found = position;
  }
  return found;
}

bool Algorithms::MustMonitor(uint64_t terminal) {
  if (config_.mode != DeploymentMode::kContactMonitoring) return false;
  const std::optional<uint64_t> rightmost = RightmostDistinguished();
  return !rightmost.has_value() || terminal > *rightmost;
}

// The frontier from the rightmost distinguished entry on, or from the root.
std::vector<uint64_t> Algorithms::FrontierToInspect() {
  const uint64_t start = RightmostDistinguished().value_or(ImplicitRoot(n_));
  std::vector<uint64_t> out;
  for (uint64_t position : Frontier(n_)) {
    if (position >= start) out.push_back(position);
  }
  return out;
}

// In an open proof. What the response has looked up in this entry before is not
// looked up again.
bool Algorithms::LookUp(uint64_t position, uint32_t version) {
  const auto made = made_.find({position, version});
  if (made != made_.end()) return made->second;
  const bool exists = source_.LookUp(version);
  made_[{position, version}] = exists;
  return exists;
}

// A PrefixProof of its own; none if the lookup was made before.
bool Algorithms::SingleLookup(uint64_t position, uint32_t version) {
  const auto made = made_.find({position, version});
  if (made != made_.end()) return made->second;
  source_.BeginProof(position);
  const bool exists = LookUp(position, version);
  source_.EndProof();
  return exists;
}

// The same, with an outcome to verify: before the proof itself, in which an
// inclusion that must not be has no commitment.
void Algorithms::ExpectSingle(uint64_t position, uint32_t version,
                              bool included, const std::string& reason) {
  const auto made = made_.find({position, version});
  if (made != made_.end()) {
    if (made->second != included) source_.Fail(reason);
    return;
  }
  source_.BeginProof(position);
  if (LookUp(position, version) != included) source_.Fail(reason);
  source_.EndProof();
}

// In an open proof of a search, which leaves out what is redundant to it: an
// entry to the left showed inclusion, or one to the right non-inclusion
// ("Search Binary Ladder").
bool Algorithms::Inspect(uint64_t position, uint32_t version,
                         Inspection* search) {
  const auto included = search->included.find(version);
  if (included != search->included.end() && included->second < position) {
    return true;
  }
  const auto absent = search->absent.find(version);
  if (absent != search->absent.end() && absent->second > position) return false;
  const bool exists = LookUp(position, version);
  auto& shown = exists ? search->included : search->absent;
  shown[version] = position;
  return exists;
}

// "Greatest-Version Search", "Binary Ladder".
Algorithms::Bound Algorithms::OpenLadder(uint64_t position, uint32_t target,
                                         Inspection* search) {
  source_.BeginProof(position);
  for (uint32_t version : BaseLadder(target)) {
    const bool exists = Inspect(position, version, search);
    if (exists && version > target) return Bound::kGreater;
    if (!exists && version <= target) return Bound::kLess;
  }
  return Bound::kEqual;
}

Algorithms::Bound Algorithms::Ladder(uint64_t position, uint32_t target,
                                     Inspection* search) {
  const Bound bound = OpenLadder(position, target, search);
  source_.EndProof();
  return bound;
}

std::optional<uint64_t> Algorithms::SearchGreatestVersion(uint32_t target) {
  Inspection search;
  for (uint64_t position : FrontierToInspect()) {
    if (source_.failed()) break;
    const Bound bound = OpenLadder(position, target, &search);  // step 1
    if (bound == Bound::kGreater) {
      source_.Fail("a version above the claimed greatest one is included");
    }
    if (bound == Bound::kLess && position == n_ - 1) {
      source_.Fail("the rightmost entry lacks a version of the ladder");
    }
    source_.EndProof();
  }
  // From left to right, so the first one that showed the target.
  const auto terminal = search.included.find(target);
  if (terminal == search.included.end()) return std::nullopt;
  return terminal->second;
}

void Algorithms::SearchAbsence() {
  for (uint64_t position : FrontierToInspect()) {
    if (source_.failed()) break;
    source_.BeginProof(position);
    if (source_.LookUp(0)) source_.Fail("the label is included");
    source_.EndProof();
  }
}

VersionSearch Algorithms::SearchFixedVersion(uint32_t target,
                                             SecondProof second) {
  bool met_expired = false;
  Inspection search;
  std::map<uint64_t, Bound> inspected;
  std::optional<uint64_t> x = ImplicitRoot(n_);
  while (x.has_value() && !source_.failed()) {
    source_.Timestamp(*x);
    if (IsExpired(*x)) {  // step 1
      met_expired = true;
      x = RightChild(*x, n_);
      continue;
    }
    const Bound bound = inspected[*x] = Ladder(*x, target, &search);  // step 2
    if (bound == Bound::kEqual) return EndOfStepFive(*x);
    x = bound == Bound::kLess ? RightChild(*x, n_)  // step 3
                              : LeftChild(*x, n_);  // step 4
  }
  if (source_.failed()) return {};
  return StepSix(target, met_expired, inspected, second);
}

VersionSearch Algorithms::EndOfStepFive(uint64_t x) {
  const std::vector<uint64_t> path = DirectPath(x, n_);
  const VersionSearch found = {VersionOutcome::kFound, x};
  bool expired = false;
  for (uint64_t ancestor : path) expired |= IsExpired(ancestor);
  if (!expired) return found;            // 5.1
  if (IsDistinguished(x)) return found;  // 5.2
  for (uint64_t ancestor : path) {
    if (ancestor < x && !IsExpired(ancestor) && IsDistinguished(ancestor)) {
      return found;
    }
  }
  return {VersionOutcome::kExpired, 0};
}

VersionSearch Algorithms::StepSix(uint32_t target, bool met_expired,
                                  const std::map<uint64_t, Bound>& inspected,
                                  SecondProof second) {
  std::optional<uint64_t> identified;
  for (const auto& [position, bound] : inspected) {
    if (bound == Bound::kGreater && !identified.has_value()) {
      identified = position;
    }
  }
  if (!identified.has_value()) return {};  // 6.1
  if (met_expired) {                       // 6.2
    // Also what clients MUST NOT accept: left of the leftmost unexpired and
    // distinguished entry there is no such entry to inspect.
    bool checked = false;
    for (const auto& [position, bound] : inspected) {
      checked |= position < *identified && !IsExpired(position) &&
                 IsDistinguished(position);
    }
    if (!checked) return {VersionOutcome::kExpired, 0};
  }
  bool exists = false;  // 6.3
  if (second == SecondProof::kUnlessMade) {
    exists = SingleLookup(*identified, target);
  } else {
    source_.BeginProof(*identified);
    exists = source_.LookUp(target);
    source_.EndProof();
  }
  if (!exists) return {};
  return {VersionOutcome::kFound, *identified};
}

std::vector<uint64_t> Algorithms::WalkDistinguished(
    std::optional<uint64_t> stop) {
  std::vector<uint64_t> out;
  Walk(ImplicitRoot(n_), stop, &out);
  return out;
}

void Algorithms::Walk(uint64_t x, std::optional<uint64_t> stop,
                      std::vector<uint64_t>* out) {
  if (source_.failed() || !IsDistinguished(x)) return;  // step 1
  source_.Timestamp(x);
  const std::optional<uint64_t> right = RightChild(x, n_);
  if (right.has_value()) Walk(*right, stop, out);      // step 2
  if (stop.has_value() && x <= *stop) return;          // step 3
  if (out->size() >= kRecent || IsExpired(x)) return;  // step 4
  out->push_back(x);
  const std::optional<uint64_t> left = LeftChild(x, n_);  // step 5
  if (left.has_value()) Walk(*left, stop, out);
}

// Obtains the timestamps on the path from the root to x, to the first entry
// that is not distinguished; those before it.
std::set<uint64_t> Algorithms::DistinguishedOnPath(uint64_t x) {
  std::set<uint64_t> out;
  for (uint64_t ancestor : PathFromRoot(x, n_)) {
    source_.Timestamp(ancestor);
    if (!IsDistinguished(ancestor)) break;
    out.insert(ancestor);
  }
  return out;
}

}  // namespace sealbook::reference
