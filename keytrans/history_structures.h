// The structures of our extensions (docs/protocol.md, "History" and "The state
// as of a time"). keytrans/structures.h says what every Encode and Parse keeps
// to.
#ifndef SEALBOOK_KEYTRANS_HISTORY_STRUCTURES_H_
#define SEALBOOK_KEYTRANS_HISTORY_STRUCTURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "keytrans/structures.h"

namespace sealbook::keytrans {

// Requires, to be encoded: label.size() <= kMaxLabelSize.
struct HistoryRequest {
  std::optional<uint64_t> last;
  std::string label;
  // The newest version to show; absent: the greatest that exists.
  std::optional<uint32_t> newest;

  std::string Encode() const;
  static absl::StatusOr<HistoryRequest> Parse(absl::string_view bytes);

  friend bool operator==(const HistoryRequest&,
                         const HistoryRequest&) = default;
};

struct HistoryVersion {
  // The first log entry that contains the version; absent where that is not
  // proven.
  std::optional<uint64_t> position;
  crypto::Opening opening;
  // Of the UpdateValue.
  std::string value;
  UpdateSuffix suffix;

  friend bool operator==(const HistoryVersion&,
                         const HistoryVersion&) = default;
};

struct HistoryResponse {
  FullTreeHead full_tree_head;
  // Present exactly when the request names no version.
  std::optional<uint32_t> newest;
  // Newest first; 1 to 255.
  std::vector<HistoryVersion> versions;
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof history;

  // As SearchResponse::Encode.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<HistoryResponse> Parse(
      const Configuration& configuration, const HistoryRequest& request,
      absl::string_view bytes);

  friend bool operator==(const HistoryResponse&,
                         const HistoryResponse&) = default;
};

// Requires, to be encoded: label.size() <= kMaxLabelSize.
struct AsOfRequest {
  std::optional<uint64_t> last;
  std::string label;
  // Milliseconds since the Unix epoch.
  uint64_t time = 0;

  std::string Encode() const;
  static absl::StatusOr<AsOfRequest> Parse(absl::string_view bytes);

  friend bool operator==(const AsOfRequest&, const AsOfRequest&) = default;
};

// What an AsOfResponse has when a version was in force.
struct VersionInForce {
  uint32_t version = 0;
  crypto::Opening opening;
  // Of the UpdateValue.
  std::string value;
  UpdateSuffix suffix;

  friend bool operator==(const VersionInForce&,
                         const VersionInForce&) = default;
};

struct AsOfResponse {
  FullTreeHead full_tree_head;
  // The rightmost log entry that is not later than the time; absent when the
  // log began later.
  std::optional<uint64_t> position;
  std::optional<VersionInForce> in_force;
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof search;

  // As SearchResponse::Encode.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<AsOfResponse> Parse(const Configuration& configuration,
                                            absl::string_view bytes);

  friend bool operator==(const AsOfResponse&, const AsOfResponse&) = default;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_HISTORY_STRUCTURES_H_
