// Monitoring on the wire: contacts and owners ([KT] "Contact Monitor", "Owner
// Initialization", "Owner Monitoring"). keytrans/structures.h says what every
// Encode and Parse keeps to.
#ifndef SEALBOOK_KEYTRANS_MONITOR_STRUCTURES_H_
#define SEALBOOK_KEYTRANS_MONITOR_STRUCTURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "keytrans/structures.h"

namespace sealbook::keytrans {

// [KT] "Contact Monitor": one element of a monitoring map.
struct MonitorMapEntry {
  uint64_t position = 0;
  uint32_t version = 0;

  friend bool operator==(const MonitorMapEntry&,
                         const MonitorMapEntry&) = default;
};

// [KT] "Contact Monitor".
struct ContactMonitorRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::vector<MonitorMapEntry> entries;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling.
  absl::StatusOr<std::string> Encode() const;
  // INVALID_ARGUMENT: also entries that do not ascend by position, or that name
  // a version twice.
  static absl::StatusOr<ContactMonitorRequest> Parse(absl::string_view bytes);

  friend bool operator==(const ContactMonitorRequest&,
                         const ContactMonitorRequest&) = default;
};

// [KT] "Contact Monitor".
struct ContactMonitorResponse {
  FullTreeHead full_tree_head;
  CombinedTreeProof monitor;

  // As SearchResponse::Encode.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<ContactMonitorResponse> Parse(
      const Configuration& configuration, absl::string_view bytes);

  friend bool operator==(const ContactMonitorResponse&,
                         const ContactMonitorResponse&) = default;
};

// [KT] "Owner Initialization".
struct OwnerInitRequest {
  std::optional<uint64_t> last;
  std::string label;
  uint64_t start = 0;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<OwnerInitRequest> Parse(absl::string_view bytes);

  friend bool operator==(const OwnerInitRequest&,
                         const OwnerInitRequest&) = default;
};

// [KT] "Owner Initialization". The order of `greatest_versions` is the
// verifier's to check.
struct OwnerInitResponse {
  FullTreeHead full_tree_head;
  std::vector<uint32_t> greatest_versions;
  // At most 65535 here.
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof init;

  // As SearchResponse::Encode.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<OwnerInitResponse> Parse(
      const Configuration& configuration, absl::string_view bytes);

  friend bool operator==(const OwnerInitResponse&,
                         const OwnerInitResponse&) = default;
};

// [KT] "Owner Monitoring".
struct OwnerMonitorRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::vector<MonitorMapEntry> entries;
  uint64_t start = 0;
  std::optional<uint32_t> greatest_version;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling.
  absl::StatusOr<std::string> Encode() const;
  // INVALID_ARGUMENT: also entries that do not ascend by position, or that name
  // a version twice.
  static absl::StatusOr<OwnerMonitorRequest> Parse(absl::string_view bytes);

  friend bool operator==(const OwnerMonitorRequest&,
                         const OwnerMonitorRequest&) = default;
};

// [KT] "Owner Monitoring".
struct OwnerMonitorResponse {
  FullTreeHead full_tree_head;
  CombinedTreeProof monitor;

  // As SearchResponse::Encode.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<OwnerMonitorResponse> Parse(
      const Configuration& configuration, absl::string_view bytes);

  friend bool operator==(const OwnerMonitorResponse&,
                         const OwnerMonitorResponse&) = default;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_MONITOR_STRUCTURES_H_
