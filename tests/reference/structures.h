// The draft's structures and their TLS presentation ("Presentation Language":
// a vector's prefix counts elements, and is as wide as its ceiling needs), for
// both cipher suites and all deployment modes. Here: heads, what is hashed and
// signed, tree proofs, searches and the walk; the other operations are in
// monitor_, update_, credential_ and audit_structures.h. Member names and order
// are the draft's; hashes, proofs and openings are std::strings of fixed sizes.
// A member that is marked "only in" a mode has no bytes in the other modes.
#ifndef SEALBOOK_TESTS_REFERENCE_STRUCTURES_H_
#define SEALBOOK_TESTS_REFERENCE_STRUCTURES_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace sealbook::reference {

inline constexpr size_t kHashSize = 32;       // Hash.Nh
inline constexpr size_t kVrfOutputSize = 32;  // VRF.Nh
inline constexpr size_t kOpeningSize = 16;    // Nc

// "KT Cipher Suites". They differ in one size only, that of a VRF proof.
inline constexpr uint16_t kSuiteP256 = 0x0001;
inline constexpr uint16_t kSuiteEd25519 = 0x0002;

// VRF.Np: 81 or 80 bytes.
constexpr size_t VrfProofSize(uint16_t suite) {
  return suite == kSuiteEd25519 ? 80 : 81;
}

// "Tree Head Signature".
enum class DeploymentMode : uint8_t {
  kContactMonitoring = 1,
  kThirdPartyManagement = 2,
  kThirdPartyAuditing = 3,
};

// Durations in milliseconds. Its own mode says which fields it has.
struct Configuration {
  uint16_t ciphersuite = kSuiteP256;
  DeploymentMode mode = DeploymentMode::kContactMonitoring;
  std::string signature_public_key;
  std::string vrf_public_key;
  std::string leaf_public_key;     // only in kThirdPartyManagement
  uint64_t max_auditor_lag = 0;    // only in kThirdPartyAuditing
  uint64_t auditor_start_pos = 0;  // only in kThirdPartyAuditing
  std::string auditor_public_key;  // only in kThirdPartyAuditing
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

// "Auditor Tree Head Signature".
struct AuditorTreeHead {
  uint64_t timestamp = 0;
  uint64_t tree_size = 0;
  std::string signature;

  bool operator==(const AuditorTreeHead&) const = default;
};

struct AuditorTreeHeadTBS {
  Configuration config;
  uint64_t timestamp = 0;
  uint64_t tree_size = 0;
  std::string root;

  bool operator==(const AuditorTreeHeadTBS&) const = default;
};

// "Full Tree Head Verification".
enum class FullTreeHeadType : uint8_t { kSame = 1, kUpdated = 2 };

struct FullTreeHead {
  FullTreeHeadType head_type = FullTreeHeadType::kSame;
  TreeHead tree_head;                 // only with kUpdated
  AuditorTreeHead auditor_tree_head;  // the same, only in kThirdPartyAuditing

  bool operator==(const FullTreeHead&) const = default;
};

// "Update Format".
struct UpdateSuffix {
  std::string signature;  // only in kThirdPartyManagement

  bool operator==(const UpdateSuffix&) const = default;
};

struct UpdateValue {
  std::string value;
  UpdateSuffix suffix;

  bool operator==(const UpdateValue&) const = default;
};

struct UpdateTBS {
  Configuration config;
  std::string label;
  uint32_t version = 0;
  std::string value;

  bool operator==(const UpdateTBS&) const = default;
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

// The response to a SearchRequest with a version.
struct FixedVersionResponse {
  FullTreeHead full_tree_head;
  std::string opening;
  UpdateValue value;
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof search;

  bool operator==(const FixedVersionResponse&) const = default;
};

// "Walking Distinguished Heads" in "User Operations".
struct DistinguishedRequest {
  std::optional<uint64_t> last;
  std::optional<uint64_t> stop;

  bool operator==(const DistinguishedRequest&) const = default;
};

struct DistinguishedResponse {
  FullTreeHead full_tree_head;
  CombinedTreeProof distinguished;

  bool operator==(const DistinguishedResponse&) const = default;
};

// "Detecting Forks" in "Walking Distinguished Heads".
struct DistinguishedHead {
  std::vector<std::string> heads;

  bool operator==(const DistinguishedHead&) const = default;
};

// The TLS bytes of any structure here or in the other headers, in a log of
// this suite and mode. A Configuration, and what is signed, has both in itself.
// Aborts on what has no encoding: a vector outside of its floor and ceiling, a
// fixed field of another size.
template <typename T>
std::string Encode(const T& structure, uint16_t suite = kSuiteP256,
                   DeploymentMode mode = DeploymentMode::kContactMonitoring);

// Exactly one of the two is set: the structure, or why the bytes are refused
// (truncated, trailing bytes, presence octet, unknown enum value, a vector
// below its floor).
template <typename T>
struct Decoded {
  std::optional<T> value;
  std::string error;
};

// Reads one structure that must fill `bytes` to the end.
template <typename T>
Decoded<T> Decode(const std::string& bytes, uint16_t suite = kSuiteP256,
                  DeploymentMode mode = DeploymentMode::kContactMonitoring);

// One of the structures that have an encoding, any of them.
template <typename T>
T RandomStructure(std::mt19937_64* random, uint16_t suite, DeploymentMode mode);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_STRUCTURES_H_
