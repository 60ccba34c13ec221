// The draft's structures and their TLS encoding, in all three deployment modes:
// here heads, values, proofs and searches; the others stand by topic in
// {audit,credential,distinguished,monitor,update}_structures.h.
//
// Encode() of what Parse() accepted gives the same bytes. Every Parse refuses
// trailing bytes, unknown enum values and presence octets other than 0 and 1
// (INVALID_ARGUMENT, naming the structure and the byte). What only one
// deployment mode has is a std::optional (but in Configuration, which names its
// mode): Parse fills it exactly in that mode, Encode writes it where present.
#ifndef SEALBOOK_KEYTRANS_STRUCTURES_H_
#define SEALBOOK_KEYTRANS_STRUCTURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "merkle/prefix_proof.h"

namespace sealbook::keytrans {

inline constexpr size_t kMaxLabelSize = 255;

// [KT] "Tree Head Signature"; the values are those on the wire.
enum class DeploymentMode : uint8_t {
  kContactMonitoring = 1,
  kThirdPartyManagement = 2,
  kThirdPartyAuditing = 3,
};

// [KT] "Tree Head Signature". Durations are in milliseconds. Requires, to be
// encoded: keys below 2^16 bytes.
struct Configuration {
  crypto::CipherSuite ciphersuite = crypto::CipherSuite::kP256;
  DeploymentMode mode = DeploymentMode::kContactMonitoring;
  std::string signature_public_key;
  std::string vrf_public_key;
  // Encoded in thirdPartyManagement mode only.
  std::string leaf_public_key;
  // These three are encoded in thirdPartyAuditing mode only.
  uint64_t max_auditor_lag = 0;
  uint64_t auditor_start_pos = 0;
  std::string auditor_public_key;
  uint64_t max_ahead = 0;
  uint64_t max_behind = 0;
  uint64_t reasonable_monitoring_window = 0;
  std::optional<uint64_t> maximum_lifetime;

  std::string Encode() const;
  // INVALID_ARGUMENT: also an unknown cipher suite or deployment mode, and a
  // maximum lifetime that is not greater than zero and the Reasonable
  // Monitoring Window.
  static absl::StatusOr<Configuration> Parse(absl::string_view bytes);
  // SHA-256 of Encode(): names the log.
  crypto::Hash Fingerprint() const;

  friend bool operator==(const Configuration&, const Configuration&) = default;
};

// [KT] "Tree Head Signature".
struct TreeHead {
  uint64_t tree_size = 0;
  std::string signature;

  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

// [KT] "Auditor Tree Head Signature".
struct AuditorTreeHead {
  // Of the rightmost log entry that the auditor has seen, in milliseconds since
  // the Unix epoch.
  uint64_t timestamp = 0;
  uint64_t tree_size = 0;
  std::string signature;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<AuditorTreeHead> Parse(absl::string_view bytes);

  friend bool operator==(const AuditorTreeHead&,
                         const AuditorTreeHead&) = default;
};

// [KT] "Full Tree Head Verification". Absent tree_head: head_type is `same`.
struct FullTreeHead {
  std::optional<TreeHead> updated;
  // Beside `updated` in thirdPartyAuditing mode.
  std::optional<AuditorTreeHead> auditor;

  friend bool operator==(const FullTreeHead&, const FullTreeHead&) = default;
};

// The heads that a log is shown under. NOLINTBEGIN(google-explicit-constructor)
struct LogHead {
  // In modes without an auditor.
  LogHead(TreeHead log) : tree(std::move(log)) {}
  LogHead(TreeHead log, std::optional<AuditorTreeHead> by_auditor)
      : tree(std::move(log)), auditor(std::move(by_auditor)) {}

  uint64_t size() const { return tree.tree_size; }

  TreeHead tree;
  // In thirdPartyAuditing mode: of this tree, or of an earlier one.
  std::optional<AuditorTreeHead> auditor;
};
// NOLINTEND(google-explicit-constructor)

// [KT] "Update Format".
struct UpdateSuffix {
  // Over the UpdateTBS; in thirdPartyManagement mode.
  std::optional<std::string> signature;

  friend bool operator==(const UpdateSuffix&, const UpdateSuffix&) = default;
};

// [KT] "Log Tree" under "Cryptographic Computations".
struct LogEntry {
  uint64_t timestamp = 0;
  crypto::Hash prefix_root;

  // The value of the log tree's leaf.
  crypto::Hash LeafValue() const;

  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

// [KT] "Combined Tree" under "Tree Proofs".
struct CombinedTreeProof {
  std::vector<uint64_t> timestamps;
  std::vector<merkle::PrefixProof> prefix_proofs;
  std::vector<crypto::Hash> prefix_roots;
  std::vector<crypto::Hash> inclusion;

  friend bool operator==(const CombinedTreeProof&,
                         const CombinedTreeProof&) = default;
};

// [KT] "Search".
struct BinaryLadderStep {
  crypto::VrfProof proof;
  std::optional<crypto::Commitment> commitment;

  friend bool operator==(const BinaryLadderStep&,
                         const BinaryLadderStep&) = default;
};

// [KT] "Search". Requires, to be encoded: label.size() <= kMaxLabelSize.
struct SearchRequest {
  std::optional<uint64_t> last;
  std::string label;
  std::optional<uint32_t> version;

  std::string Encode() const;
  static absl::StatusOr<SearchRequest> Parse(absl::string_view bytes);

  friend bool operator==(const SearchRequest&, const SearchRequest&) = default;
};

// [KT] "Search". `value` and `suffix` are those of the UpdateValue.
struct SearchResponse {
  FullTreeHead full_tree_head;
  // Present exactly when the request names no version.
  std::optional<uint32_t> version;
  crypto::Opening opening;
  std::string value;
  UpdateSuffix suffix;
  std::vector<BinaryLadderStep> binary_ladder;
  CombinedTreeProof search;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling. INVALID_ARGUMENT:
  // the full tree head has an auditor's head alone.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<SearchResponse> Parse(
      const Configuration& configuration, const SearchRequest& request,
      absl::string_view bytes);

  friend bool operator==(const SearchResponse&,
                         const SearchResponse&) = default;
};

// Ours (docs/protocol.md, "Proof of absence"): the draft defines no negative
// result.
//
//   struct {
//     FullTreeHead full_tree_head;
//     opaque proof[VRF.Np];        // VRF proof of version 0
//     CombinedTreeProof search;
//   } AbsenceResponse;
struct AbsenceResponse {
  FullTreeHead full_tree_head;
  crypto::VrfProof proof;
  CombinedTreeProof search;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<AbsenceResponse> Parse(
      const Configuration& configuration, absl::string_view bytes);

  friend bool operator==(const AbsenceResponse&,
                         const AbsenceResponse&) = default;
};

// TLS encoding of TreeHeadTBS ("Tree Head Signature"): what the log signs.
std::string EncodeTreeHeadTbs(const Configuration& configuration,
                              uint64_t tree_size, const crypto::Hash& root);

// TLS encoding of AuditorTreeHeadTBS ("Auditor Tree Head Signature"): what the
// auditor signs. `timestamp` and `tree_size` are those of its head, `root` is
// the log root at that size.
std::string EncodeAuditorTreeHeadTbs(const Configuration& configuration,
                                     uint64_t timestamp, uint64_t tree_size,
                                     const crypto::Hash& root);

// TLS encoding of UpdateTBS ("Update Format"): what the Service Operator signs
// with the key to Configuration.leaf_public_key. Requires: label.size() <=
// kMaxLabelSize, value.size() < 2^32.
std::string EncodeUpdateTbs(const Configuration& configuration,
                            absl::string_view label, uint32_t version,
                            absl::string_view value);

// TLS encoding of VrfInput ("Verifiable Random Function"). Requires:
// label.size() <= kMaxLabelSize.
std::string EncodeVrfInput(absl::string_view label, uint32_t version);

// The commitment to the UpdateValue of `value` and `suffix` ("Commitment";
// "Update Format"): in thirdPartyManagement mode it covers the signature.
// Requires: label.size() <= kMaxLabelSize, value.size() < 2^32, a signature
// below 2^16 bytes.
crypto::Commitment CommitToValue(const crypto::Opening& opening,
                                 absl::string_view label, uint32_t version,
                                 absl::string_view value,
                                 const UpdateSuffix& suffix = {});

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_STRUCTURES_H_
