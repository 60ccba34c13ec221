// The draft's structures and their TLS presentation ("Presentation Language":
// a vector's prefix counts elements, and is as wide as its ceiling needs), for
// cipher suite 0x0001 in contactMonitoring mode. Member names and order are
// the draft's; hashes, proofs and openings are std::strings of fixed sizes.
#ifndef SEALBOOK_TESTS_REFERENCE_STRUCTURES_H_
#define SEALBOOK_TESTS_REFERENCE_STRUCTURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sealbook::reference {

inline constexpr size_t kHashSize = 32;       // Hash.Nh
inline constexpr size_t kVrfOutputSize = 32;  // VRF.Nh
inline constexpr size_t kVrfProofSize = 81;   // VRF.Np
inline constexpr size_t kOpeningSize = 16;    // Nc

enum class DeploymentMode : uint8_t { kContactMonitoring = 1 };

// "Tree Head Signature". Durations in milliseconds.
struct Configuration {
  uint16_t ciphersuite = 0x0001;
  DeploymentMode mode = DeploymentMode::kContactMonitoring;
  std::string signature_public_key;
  std::string vrf_public_key;
  uint64_t max_ahead = 0;
  uint64_t max_behind = 0;
  uint64_t reasonable_monitoring_window = 0;
  std::optional<uint64_t> maximum_lifetime;

  bool operator==(const Configuration&) const = default;
};

struct TreeHead {
  uint64_t tree_size = 0;
  std::string signature;

  bool operator==(const TreeHead&) const = default;
};

struct TreeHeadTBS {
  Configuration config;
  uint64_t tree_size = 0;
  std::string root;

  bool operator==(const TreeHeadTBS&) const = default;
};

// "Full Tree Head Verification".
enum class FullTreeHeadType : uint8_t { kSame = 1, kUpdated = 2 };

struct FullTreeHead {
  FullTreeHeadType head_type = FullTreeHeadType::kSame;
  TreeHead tree_head;  // only with kUpdated

  bool operator==(const FullTreeHead&) const = default;
};

// "Update Format". The UpdateSuffix is empty in this mode.
struct UpdateValue {
  std::string value;

  bool operator==(const UpdateValue&) const = default;
};

// "Commitment".
struct CommitmentValue {
  std::string opening;
  std::string label;
  uint32_t version = 0;
  UpdateValue update;

  bool operator==(const CommitmentValue&) const = default;
};

// "Verifiable Random Function".
struct VrfInput {
  std::string label;
  uint32_t version = 0;

  bool operator==(const VrfInput&) const = default;
};

// "Log Tree". The timestamp is in milliseconds since the Unix epoch.
struct LogEntry {
  uint64_t timestamp = 0;
  std::string prefix_tree;

  bool operator==(const LogEntry&) const = default;
};

// "Tree Proofs".
struct InclusionProof {
  std::vector<std::string> elements;

  bool operator==(const InclusionProof&) const = default;
};

enum class PrefixSearchResultType : uint8_t {
  kInclusion = 1,
  kNonInclusionLeaf = 2,
  kNonInclusionParent = 3,
};

struct PrefixLeaf {
  std::string vrf_output;
  std::string commitment;

  bool operator==(const PrefixLeaf&) const = default;
};

struct PrefixSearchResult {
  PrefixSearchResultType result_type = PrefixSearchResultType::kInclusion;
  PrefixLeaf leaf;  // only with kNonInclusionLeaf
  uint8_t depth = 0;

  bool operator==(const PrefixSearchResult&) const = default;
};

struct PrefixProof {
  std::vector<PrefixSearchResult> results;
  std::vector<std::string> elements;

  bool operator==(const PrefixProof&) const = default;
};

struct CombinedTreeProof {
  std::vector<uint64_t> timestamps;
  std::vector<PrefixProof> prefix_proofs;
  std::vector<std::string> prefix_roots;
  InclusionProof inclusion;

  bool operator==(const CombinedTreeProof&) const = default;
};

// "Search".
struct SearchRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::optional<uint32_t> version;

  bool operator==(const SearchRequest&) const = default;
};

struct BinaryLadderStep {
  std::string proof;
  std::optional<std::string> commitment;

  bool operator==(const BinaryLadderStep&) const = default;
};

// The response to a SearchRequest without a version.
struct SearchResponse {
  FullTreeHead full_tree_head;
  uint32_t version = 0;
  std::string opening;
  UpdateValue value;
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof search;

  bool operator==(const SearchResponse&) const = default;
};

// Not in the draft, which defines no negative result: full tree head, VRF
// proof of version 0, and a greatest-version search for target version 0 in
// which every ladder is the lookup of version 0 alone.
struct AbsenceResponse {
  FullTreeHead full_tree_head;
  std::string proof;
  CombinedTreeProof search;

  bool operator==(const AbsenceResponse&) const = default;
};

// The TLS bytes of any structure above. Aborts on what has no encoding: a
// vector longer than its ceiling, a fixed field of another size.
template <typename T>
std::string Encode(const T& structure);

// Exactly one of the two is set: the structure, or why the bytes are refused
// (truncated, trailing bytes, presence octet, unknown enum value).
template <typename T>
struct Decoded {
  std::optional<T> value;
  std::string error;
};

// Reads one structure that must fill `bytes` to the end.
template <typename T>
Decoded<T> Decode(const std::string& bytes);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_STRUCTURES_H_
