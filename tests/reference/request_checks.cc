#include "tests/reference/request_checks.h"

#include <algorithm>
#include <set>
#include <vector>

#include "tests/reference/added.h"
#include "tests/reference/algorithms.h"
#include "tests/reference/implicit_tree.h"

namespace sealbook::reference {
namespace {

// An owner must be able to be shown all of them.
constexpr size_t kVersionsOfOneEntry = 128;
constexpr uint64_t kVersions = uint64_t{1} << 32;

// "Direct path" is read as the entry itself and its ancestors to the right.
bool LiesOnPath(uint64_t position, uint64_t first, uint64_t n) {
  if (position == first) return true;
  const std::vector<uint64_t> path = DirectPath(first, n);
  return position > first &&
         std::find(path.begin(), path.end(), position) != path.end();
}

std::optional<std::string> RefuseEntries(
    const World& world, uint64_t n, const std::string& label,
    const std::vector<MonitorMapEntry>& entries) {
  std::set<uint32_t> versions;
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& [position, version] = entries[i];
    if (i > 0 && position == entries[i - 1].position) {
      return "entries: a position twice";
    }
    if (i > 0 && position < entries[i - 1].position) {
      return "entries: not in ascending order";
    }
    if (!versions.insert(version).second) return "entries: a version twice";
    const auto first = PositionAdded(world, n, label, version);
    if (!first.has_value()) return "entries: a version does not exist";
    if (!LiesOnPath(position, *first, n)) {
      return "entries: a position is not on the path of its version";
    }
  }
  return std::nullopt;
}

std::vector<uint64_t> Timestamps(const World& world, uint64_t n) {
  std::vector<uint64_t> out;
  for (uint64_t x = 0; x < n; ++x) out.push_back(world.entries[x].timestamp);
  return out;
}

}  // namespace

std::optional<std::string> RefuseContactMonitor(
    const World& world, uint64_t n, const ContactMonitorRequest& request) {
  return RefuseEntries(world, n, request.label, request.entries);
}

std::optional<std::string> RefuseOwnerInit(const World& world, uint64_t n,
                                           const OwnerInitRequest& request) {
  if (request.start >= n) return "start: outside of the tree";
  const std::vector<uint64_t> timestamps = Timestamps(world, n);
  const std::optional<uint64_t>& lifetime = world.config.maximum_lifetime;
  if (lifetime.has_value() &&
      timestamps.back() - timestamps[request.start] >= *lifetime) {
    return "start: expired";
  }
  if (!Distinguished(timestamps, world.config.reasonable_monitoring_window)
           .contains(request.start)) {
    return "start: not distinguished";
  }
  return std::nullopt;
}

std::optional<std::string> RefuseOwnerMonitor(
    const World& world, uint64_t n, const OwnerMonitorRequest& request) {
  const auto refusal =
      RefuseEntries(world, n, request.label, request.entries);  // step 1
  if (refusal.has_value()) return refusal;
  if (request.start >= n) return "start: outside of the tree";  // step 2
  const GreatestVersions added = GreatestAdded(world, n, request.label);
  // Nothing is less than any version.
  if (request.greatest_version > GreatestAt(added, n - 1)) {  // step 3
    return "greatest version: does not exist";
  }
  if (request.greatest_version < GreatestAt(added, request.start)) {
    return "greatest version: less than the one at start";
  }
  return std::nullopt;
}

std::optional<std::string> RefuseUpdate(const World& world, uint64_t n,
                                        const UpdateRequest& request) {
  const std::optional<uint32_t> greatest =
      GreatestAt(GreatestAdded(world, n, request.label), n - 1);
  if (request.greatest_version < greatest) return std::nullopt;
  if (request.greatest_version > greatest) {
    return "greatest version: does not exist";
  }
  if (request.values.empty()) return "values: nothing to report or to add";
  if (request.values.size() > kVersionsOfOneEntry) {
    return "values: too many for one log entry";
  }
  const uint64_t first = greatest.has_value() ? *greatest + uint64_t{1} : 0;
  if (first + request.values.size() > kVersions) {
    return "values: versions above 2^32 - 1";
  }
  return std::nullopt;
}

}  // namespace sealbook::reference
