// Structures that the draft has not: absence, history and the state as of a
// time (docs/protocol.md). Encoded by structures.h.
#ifndef SEALBOOK_TESTS_REFERENCE_OWN_STRUCTURES_H_
#define SEALBOOK_TESTS_REFERENCE_OWN_STRUCTURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/reference/structures.h"

namespace sealbook::reference {

// The draft defines no negative result: full tree head, VRF
// proof of version 0, and a greatest-version search for target version 0 in
// which every ladder is the lookup of version 0 alone.
struct AbsenceResponse {
  FullTreeHead full_tree_head;
  std::string proof;
  CombinedTreeProof search;

  bool operator==(const AbsenceResponse&) const = default;
};

// docs/protocol.md, "History".
struct HistoryRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::optional<uint32_t> newest;

  bool operator==(const HistoryRequest&) const = default;
};

struct HistoryVersion {
  std::optional<uint64_t> position;
  std::string opening;
  UpdateValue value;

  bool operator==(const HistoryVersion&) const = default;
};

// The response to a HistoryRequest without `newest`.
struct HistoryResponse {
  FullTreeHead full_tree_head;
  uint32_t newest = 0;
  std::vector<HistoryVersion> versions;
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof history;

  bool operator==(const HistoryResponse&) const = default;
};

// The response to a HistoryRequest with `newest`: the same without that field.
struct HistoryPageResponse {
  FullTreeHead full_tree_head;
  std::vector<HistoryVersion> versions;
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof history;

  bool operator==(const HistoryPageResponse&) const = default;
};

// docs/protocol.md, "The state as of a time".
struct AsOfRequest {
  std::optional<uint64_t> last;
  std::string label;
  uint64_t time = 0;  // ms

  bool operator==(const AsOfRequest&) const = default;
};

struct AsOfResponse {
  FullTreeHead full_tree_head;
  std::optional<uint64_t> position;
  std::optional<uint32_t> version;
  std::string opening;  // only with a version
  UpdateValue value;    // only with a version
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof search;

  bool operator==(const AsOfResponse&) const = default;
};

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_OWN_STRUCTURES_H_
