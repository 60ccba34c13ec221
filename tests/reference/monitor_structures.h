// "Contact Monitor", "Owner Initialization" and "Owner Monitoring" in "User
// Operations". Encoded by structures.h.
#ifndef SEALBOOK_TESTS_REFERENCE_MONITOR_STRUCTURES_H_
#define SEALBOOK_TESTS_REFERENCE_MONITOR_STRUCTURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/reference/structures.h"

namespace sealbook::reference {

// "Contact Monitor".
struct MonitorMapEntry {
  uint64_t position = 0;
  uint32_t version = 0;

  bool operator==(const MonitorMapEntry&) const = default;
};

struct ContactMonitorRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::vector<MonitorMapEntry> entries;

  bool operator==(const ContactMonitorRequest&) const = default;
};

struct ContactMonitorResponse {
  FullTreeHead full_tree_head;
  CombinedTreeProof monitor;

  bool operator==(const ContactMonitorResponse&) const = default;
};

// "Owner Initialization".
struct OwnerInitRequest {
  std::optional<uint64_t> last;
  std::string label;
  uint64_t start = 0;

  bool operator==(const OwnerInitRequest&) const = default;
};

struct OwnerInitResponse {
  FullTreeHead full_tree_head;
  std::vector<uint32_t> greatest_versions;
  std::vector<BinaryLadderStep> binary_ladder;  // up to 2^16-1 steps
  CombinedTreeProof init;

  bool operator==(const OwnerInitResponse&) const = default;
};

// "Owner Monitoring".
struct OwnerMonitorRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::vector<MonitorMapEntry> entries;
  uint64_t start = 0;
  std::optional<uint32_t> greatest_version;

  bool operator==(const OwnerMonitorRequest&) const = default;
};

struct OwnerMonitorResponse {
  FullTreeHead full_tree_head;
  CombinedTreeProof monitor;

  bool operator==(const OwnerMonitorResponse&) const = default;
};

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_MONITOR_STRUCTURES_H_
