// "Updating a Label" in "User Operations", and what a Service Operator sends to
// a Third-Party Manager ("Management"). Encoded by structures.h.
#ifndef SEALBOOK_TESTS_REFERENCE_UPDATE_STRUCTURES_H_
#define SEALBOOK_TESTS_REFERENCE_UPDATE_STRUCTURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/reference/structures.h"

namespace sealbook::reference {

// "Updating a Label".
struct LabelValue {
  std::string value;

  bool operator==(const LabelValue&) const = default;
};

struct UpdateRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::optional<uint32_t> greatest_version;
  std::vector<LabelValue> values;

  bool operator==(const UpdateRequest&) const = default;
};

struct UpdateInfo {
  std::string opening;
  UpdateSuffix suffix;

  bool operator==(const UpdateInfo&) const = default;
};

struct UpdateResponse {
  FullTreeHead full_tree_head;
  uint64_t position = 0;
  uint32_t skipped_versions = 0;  // only in kThirdPartyManagement
  std::vector<LabelValue> values;
  std::vector<UpdateInfo> info;
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof update;

  bool operator==(const UpdateResponse&) const = default;
};

// "Management". It exists in kThirdPartyManagement only; in another mode its
// values have no signatures.
struct ManagerUpdateRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::optional<uint32_t> greatest_version;
  std::vector<UpdateValue> values;
  uint32_t signed_version = 0;

  bool operator==(const ManagerUpdateRequest&) const = default;
};

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_UPDATE_STRUCTURES_H_
