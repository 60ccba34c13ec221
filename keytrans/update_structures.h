// New versions of a label on the wire ([KT] "Updating a Label", "Management").
// keytrans/structures.h says what every Encode and Parse keeps to.
#ifndef SEALBOOK_KEYTRANS_UPDATE_STRUCTURES_H_
#define SEALBOOK_KEYTRANS_UPDATE_STRUCTURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "keytrans/structures.h"

namespace sealbook::keytrans {

// [KT] "Updating a Label".
struct LabelValue {
  std::string value;

  friend bool operator==(const LabelValue&, const LabelValue&) = default;
};

// [KT] "Updating a Label".
struct UpdateRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::optional<uint32_t> greatest_version;
  std::vector<LabelValue> values;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<UpdateRequest> Parse(absl::string_view bytes);

  friend bool operator==(const UpdateRequest&, const UpdateRequest&) = default;
};

// [KT] "Updating a Label".
struct UpdateInfo {
  crypto::Opening opening;
  UpdateSuffix suffix;

  friend bool operator==(const UpdateInfo&, const UpdateInfo&) = default;
};

// [KT] "Updating a Label".
struct UpdateResponse {
  FullTreeHead full_tree_head;
  // Of the log entry that holds the new versions.
  uint64_t position = 0;
  // In thirdPartyManagement mode.
  std::optional<uint32_t> skipped_versions;
  std::vector<LabelValue> values;
  std::vector<UpdateInfo> info;
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof update;

  // As SearchResponse::Encode; INVALID_ARGUMENT also where skipped_versions and
  // the signatures in `info` are of different deployment modes.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<UpdateResponse> Parse(
      const Configuration& configuration, absl::string_view bytes);

  friend bool operator==(const UpdateResponse&,
                         const UpdateResponse&) = default;
};

// [KT] "Update Format".
struct UpdateValue {
  std::string value;
  UpdateSuffix suffix;

  friend bool operator==(const UpdateValue&, const UpdateValue&) = default;
};

// [KT] "Management": what the Service Operator sends the Third-Party Manager,
// in thirdPartyManagement mode only.
struct ManagerUpdateRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::optional<uint32_t> greatest_version;
  // Each with its signature.
  std::vector<UpdateValue> values;
  // The version that the first signature is for; 0 without values.
  uint32_t signed_version = 0;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling. INVALID_ARGUMENT:
  // a value without a signature, or a signed_version without values.
  absl::StatusOr<std::string> Encode() const;
  // INVALID_ARGUMENT: also a signed_version without values.
  static absl::StatusOr<ManagerUpdateRequest> Parse(absl::string_view bytes);

  friend bool operator==(const ManagerUpdateRequest&,
                         const ManagerUpdateRequest&) = default;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_UPDATE_STRUCTURES_H_
