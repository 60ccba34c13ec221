// "Contact Algorithm" and "Owner Algorithm" in "Monitoring the Tree".
#include <algorithm>
#include <iterator>

#include "tests/reference/algorithms.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"

namespace sealbook::reference {

std::optional<uint32_t> GreatestAt(const GreatestVersions& greatest,
                                   uint64_t x) {
  const auto next = greatest.upper_bound(x);
  if (next == greatest.begin()) return std::nullopt;
  return std::prev(next)->second;
}

void KeepGreater(uint64_t position, uint32_t version, MonitoringMap* map) {
  uint32_t& kept = map->emplace(position, version).first->second;
  kept = std::max(kept, version);
}

std::set<uint32_t> OwnerInitLadder(
    const std::vector<uint32_t>& greatest_versions) {
  std::set<uint32_t> out = {0};
  for (uint32_t target : greatest_versions) {
    for (uint32_t version : BaseLadder(target)) out.insert(version);
  }
  return out;
}

// "Contact Monitoring" in "Combined Tree": on the path from the root to the
// parent of x, stopping before the first one that is not distinguished.
void Algorithms::TimestampsToParent(uint64_t x) {
  std::vector<uint64_t> path = DirectPath(x, n_);
  std::reverse(path.begin(), path.end());
  for (uint64_t ancestor : path) {
    if (!IsDistinguished(ancestor)) return;
    source_.Timestamp(ancestor);
  }
}

MonitoringMap Algorithms::MonitorContact(const MonitoringMap& map,
                                         std::optional<uint64_t> start) {
  MonitoringMap out;
  std::map<uint64_t, uint32_t> targets;  // of the ladders, by position
  for (auto pair = map.rbegin(); pair != map.rend(); ++pair) {
    if (source_.failed()) break;
    const auto [x, version] = *pair;
    TimestampsToParent(x);
    const std::optional<uint64_t> end =
        MonitorPair(x, version, start, &targets);
    if (end.has_value()) KeepGreater(*end, version, &out);
  }
  std::erase_if(out,
                [&](const auto& pair) { return IsDistinguished(pair.first); });
  return out;
}

// The position at which the pair ends, or nothing if it is removed. The targets
// are those of the ladders that the response has shown before.
std::optional<uint64_t> Algorithms::MonitorPair(
    uint64_t x, uint32_t version, std::optional<uint64_t> start,
    std::map<uint64_t, uint32_t>* targets) {
  if (IsDistinguished(x)) return x;  // step 1
  std::vector<uint64_t> path;
  bool ends_distinguished = false;
  for (uint64_t ancestor : DirectPath(x, n_)) {  // 2.1
    if (ancestor < x) continue;                  // 2.2
    path.push_back(ancestor);
    ends_distinguished = IsDistinguished(ancestor);
    if (ends_distinguished) break;  // 2.3
  }
  const bool skips = start.has_value() && x >= *start && ends_distinguished;
  if (skips) path.pop_back();  // 2.4
  uint64_t end = x;
  for (uint64_t position : path) {
    const auto shown = targets->find(position);
    if (shown != targets->end()) {
      if (shown->second <= version) {  // 3.1.2
        source_.Fail(
            "monitoring: an entry was inspected for a version that is not "
            "greater");
      }
      return std::nullopt;  // 3.1.1
    }
    (*targets)[position] = version;
    MonitoringLadderAt(position, version);  // 3.2
    end = position;                         // 3.3
  }
  // What was skipped is the owner algorithm's to check.
  if (skips) return std::nullopt;
  return end;
}

// "Contact Algorithm" with what the user knows in place of steps 1 and 2.3.
void Algorithms::MonitorCredential(uint64_t terminal, uint32_t version) {
  const uint64_t distinguished = n_ - 1;
  TimestampsToParent(terminal);
  uint64_t end = terminal;
  for (uint64_t position : DirectPath(terminal, n_)) {
    if (position < terminal || end == distinguished) continue;
    MonitoringLadderAt(position, version);
    end = position;
  }
  if (end != distinguished) {
    source_.Fail("monitoring: the path does not lead to the known entry");
  }
}

void Algorithms::MonitoringLadderAt(uint64_t position, uint32_t target) {
  source_.Timestamp(position);
  source_.BeginProof(position);
  for (uint32_t version : MonitoringLadder(target)) {
    if (!source_.LookUp(version)) {
      source_.Fail("monitoring: an entry lacks a version of the ladder");
    }
  }
  source_.EndProof();
}

// A search binary ladder that has to show `greatest` as the greatest version:
// nothing is omitted if there is no search to which it belongs.
void Algorithms::ExpectGreatest(uint64_t position,
                                std::optional<uint32_t> greatest,
                                Inspection* search) {
  source_.Timestamp(position);
  source_.BeginProof(position);
  for (uint32_t version : BaseLadder(greatest)) {
    const bool exists = search != nullptr ? Inspect(position, version, search)
                                          : source_.LookUp(version);
    const bool expected = greatest.has_value() && version <= *greatest;
    if (exists == expected) continue;
    source_.Fail(exists ? "owner: a version above the greatest one is included"
                        : "owner: an entry lacks a version of the ladder");
    break;
  }
  source_.EndProof();
}

std::vector<uint64_t> Algorithms::OwnersEntries(uint64_t start) {
  std::vector<uint64_t> path = DirectPath(start, n_);
  for (auto x = path.rbegin(); x != path.rend(); ++x) source_.Timestamp(*x);
  source_.Timestamp(start);
  if (!IsDistinguished(start)) {
    source_.Fail("owner: the starting position is not distinguished");
  }
  if (IsExpired(start)) {
    source_.Fail("owner: the starting position is expired");
  }
  std::vector<uint64_t> out = {start};
  for (uint64_t ancestor : path) {
    if (ancestor > start) continue;
    if (IsExpired(ancestor)) break;
    out.push_back(ancestor);
  }
  return out;
}

void Algorithms::InspectOwnersEntries(
    const std::vector<uint64_t>& entries,
    const std::vector<uint32_t>& greatest_versions) {
  for (size_t i = 0; i < entries.size() && !source_.failed(); ++i) {
    std::optional<uint32_t> greatest;
    if (i < greatest_versions.size()) greatest = greatest_versions[i];
    ExpectGreatest(entries[i], greatest, nullptr);
  }
}

uint64_t Algorithms::MonitorOwner(uint64_t start,
                                  const GreatestVersions& expected) {
  uint64_t verified = start;
  (void)MonitorOwnerBelow(ImplicitRoot(n_), start, expected, &verified);
  return verified;
}

// False when a stop condition has been reached: then nothing follows.
bool Algorithms::MonitorOwnerBelow(uint64_t x, uint64_t start,
                                   const GreatestVersions& expected,
                                   uint64_t* verified) {
  if (source_.failed()) return false;
  if (!IsDistinguished(x)) return true;  // step 1
  const std::optional<uint64_t> left = LeftChild(x, n_);
  const std::optional<uint64_t> right = RightChild(x, n_);
  if (x <= start) {  // step 2
    if (!right.has_value()) return true;
    source_.Timestamp(x);
    return MonitorOwnerBelow(*right, start, expected, verified);
  }
  if (left.has_value()) {  // step 3
    source_.Timestamp(x);
    if (!MonitorOwnerBelow(*left, start, expected, verified)) return false;
  }
  if (source_.EndsBefore(x)) return false;              // step 4
  ExpectGreatest(x, GreatestAt(expected, x), nullptr);  // step 5
  *verified = x;
  if (!right.has_value()) return true;  // step 6
  source_.Timestamp(x);
  return MonitorOwnerBelow(*right, start, expected, verified);
}

}  // namespace sealbook::reference
