// Proofs from a prefix tree ([KT] "Tree Proofs", "Prefix Tree"): the structure
// and its evaluation. What a verifier needs, and nothing else.
#ifndef SEALBOOK_MERKLE_PREFIX_PROOF_H_
#define SEALBOOK_MERKLE_PREFIX_PROOF_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "crypto/types.h"

namespace sealbook::merkle {

// A search key and the commitment to its value ([KT] PrefixLeaf).
struct PrefixLeaf {
  crypto::VrfOutput vrf_output;
  crypto::Commitment commitment;

  friend bool operator==(const PrefixLeaf&, const PrefixLeaf&) = default;
};

// Hash(0x02 || vrf_output || commitment).
crypto::Hash HashPrefixLeaf(const PrefixLeaf& leaf);
// Hash(0x03 || left || right); a missing child is 32 zero bytes.
crypto::Hash HashPrefixParent(const crypto::Hash& left,
                              const crypto::Hash& right);

// [KT] PrefixSearchResultType; the values are those on the wire.
enum class PrefixSearchResultType : uint8_t {
  kInclusion = 1,
  kNonInclusionLeaf = 2,
  kNonInclusionParent = 3,
};

struct PrefixSearchResult {
  PrefixSearchResultType type = PrefixSearchResultType::kNonInclusionParent;
  // Present for kNonInclusionLeaf only: the leaf where the search ended.
  std::optional<PrefixLeaf> leaf;
  // Of the terminal node; the root is at depth 0.
  uint8_t depth = 0;

  friend bool operator==(const PrefixSearchResult&,
                         const PrefixSearchResult&) = default;
};

// `results` counts in one byte on the wire.
inline constexpr size_t kMaxPrefixProofResults = 255;

struct PrefixProof {
  // In the order of the lookups; at most kMaxPrefixProofResults.
  std::vector<PrefixSearchResult> results;
  // Values of the nodes that the verifier cannot compute, left to right.
  std::vector<crypto::Hash> elements;

  friend bool operator==(const PrefixProof&, const PrefixProof&) = default;
};

// A lookup as the verifier knows it: the search key, and its commitment where
// the result is an inclusion.
struct PrefixQuery {
  crypto::VrfOutput key;
  // Required for results of type kInclusion; ignored otherwise.
  std::optional<crypto::Commitment> commitment;

  friend bool operator==(const PrefixQuery&, const PrefixQuery&) = default;
};

// The prefix root that `proof` leads to; the caller compares it.
// INVALID_ARGUMENT, with what was wrong, before anything is hashed:
// - a number of results other than queries.size();
// - an unknown result type; a leaf beside any type but nonInclusionLeaf, or
// none
//   beside that;
// - an inclusion without a commitment;
// - a nonInclusionLeaf whose leaf is the searched key or does not share its
//   first `depth` bits;
// - results that contradict each other: one key searched twice with different
//   results, a terminal node above or inside another's path, two different
//   nodes at one place;
// - elements left over or missing (the message says both numbers).
// A proof without results has one element, the root itself.
//
// Not refused, since the draft's trees may come to it by removing leaves (the
// auditor's step 7 can blank a removed leaf, but cannot know that its sibling
// is a leaf to be moved up): a parent with two missing children, and a leaf
// deeper than its neighbours require. Neither lets anything be proven falsely.
absl::StatusOr<crypto::Hash> EvaluatePrefixProof(
    absl::Span<const PrefixQuery> queries, const PrefixProof& proof);

// The prefix roots before and after leaves were added.
struct PrefixAddition {
  crypto::Hash before;
  crypto::Hash after;
};

// The roots that `proof`, of the search keys of `added` in the tree before they
// were added, leads to ([KT] "Auditing", steps 3, 6 and 7; no leaf is removed).
// The caller compares `before` with the root that it knows. INVALID_ARGUMENT as
// EvaluatePrefixProof; also: `added` does not ascend strictly by vrf_output, a
// result is an inclusion, or two leaves share 255 bits, whose depth no proof
// can express.
absl::StatusOr<PrefixAddition> EvaluatePrefixAddition(
    absl::Span<const PrefixLeaf> added, const PrefixProof& proof);

}  // namespace sealbook::merkle

#endif  // SEALBOOK_MERKLE_PREFIX_PROOF_H_
