// The map that a contact monitors a label with ([KT] "Contact Algorithm").
#ifndef SEALBOOK_KEYTRANS_MONITORING_MAP_H_
#define SEALBOOK_KEYTRANS_MONITORING_MAP_H_

#include <cstdint>
#include <vector>

#include "keytrans/monitor_structures.h"

namespace sealbook::keytrans {

// What searches and monitoring have found of one label at different times, in
// any order, as one map: position and version ascend, neither stands twice.
// Left out is what stands at or to the right of a version that is as great: in
// an honest log, that is a right ancestor of the other's log entry, which is
// monitored through there; in another one, monitoring the other will fail.
std::vector<MonitorMapEntry> MergeMonitoringMap(
    std::vector<MonitorMapEntry> entries);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_MONITORING_MAP_H_
