#include "keytrans/monitoring_map.h"

#include <algorithm>

namespace sealbook::keytrans {

std::vector<MonitorMapEntry> MergeMonitoringMap(
    std::vector<MonitorMapEntry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const MonitorMapEntry& a, const MonitorMapEntry& b) {
              if (a.position != b.position) return a.position < b.position;
              return a.version > b.version;
            });
  std::vector<MonitorMapEntry> merged;
  for (const MonitorMapEntry& entry : entries) {
    if (!merged.empty() && merged.back().version >= entry.version) continue;
    merged.push_back(entry);
  }
  return merged;
}

}  // namespace sealbook::keytrans
