#include <set>

#include "tests/reference/added.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"
#include "tests/reference/monitor_verifier.h"

namespace sealbook::reference {
namespace {

// The search key, and the commitment if the first n entries added the version.
KnownVersion Knowledge(const World& world, uint64_t n, const std::string& label,
                       uint32_t version) {
  return {VrfOf(world, label, version).output,
          CommitmentAdded(world, n, label, version)};
}

}  // namespace

ContactState ContactStateOf(const World& world, const std::string& label,
                            const MonitoringMap& map) {
  ContactState out{label, map, {}};
  for (const auto& [position, target] : map) {
    for (uint32_t version : MonitoringLadder(target)) {
      out.known[version] =
          Knowledge(world, world.entries.size(), label, version);
    }
  }
  return out;
}

OwnerState OwnerStateOf(const World& world, uint64_t n,
                        const std::string& label, uint64_t start) {
  OwnerState out;
  out.label = label;
  out.start = start;
  const GreatestVersions added = GreatestAdded(world, n, label);
  out.greatest[start] = GreatestAt(added, start);
  out.greatest.insert(added.upper_bound(start), added.end());
  std::vector<uint64_t> timestamps;
  for (uint64_t x = 0; x < n; ++x) {
    timestamps.push_back(world.entries[x].timestamp);
  }
  const std::set<uint64_t> distinguished =
      Distinguished(timestamps, world.config.reasonable_monitoring_window);
  std::set<uint32_t> versions;
  std::optional<uint32_t> before = out.greatest[start];
  for (const auto& [position, greatest] : out.greatest) {
    for (uint32_t version : BaseLadder(greatest)) versions.insert(version);
    if (position == start) continue;
    const NewVersions update = {.previous = before, .greatest = *greatest};
    for (uint32_t version : VersionsOf(update)) versions.insert(version);
    before = greatest;
    if (!distinguished.contains(position)) out.map[position] = *greatest;
  }
  for (uint32_t version : versions) {
    out.known[version] = Knowledge(world, n, label, version);
  }
  return out;
}

}  // namespace sealbook::reference
