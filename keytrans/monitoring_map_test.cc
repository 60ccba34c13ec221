#include "keytrans/monitoring_map.h"

#include <gtest/gtest.h>

namespace sealbook::keytrans {
namespace {

using Map = std::vector<MonitorMapEntry>;

TEST(MonitoringMapTest, SortsByPosition) {
  EXPECT_EQ(MergeMonitoringMap({{9, 4}, {5, 1}}), (Map{{5, 1}, {9, 4}}));
}

TEST(MonitoringMapTest, KeepsTheGreaterOfTwoVersionsInOneEntry) {
  EXPECT_EQ(MergeMonitoringMap({{7, 1}, {7, 3}}), (Map{{7, 3}}));
}

TEST(MonitoringMapTest, KeepsAVersionWhereItWasSeenFirst) {
  EXPECT_EQ(MergeMonitoringMap({{7, 3}, {6, 3}}), (Map{{6, 3}}));
}

// Version 3 in entry 6 is monitored through entry 7, where 1 was seen.
TEST(MonitoringMapTest, LeavesALesserVersionFurtherRightOut) {
  EXPECT_EQ(MergeMonitoringMap({{7, 3}, {6, 3}, {7, 1}, {11, 5}}),
            (Map{{6, 3}, {11, 5}}));
}

}  // namespace
}  // namespace sealbook::keytrans
