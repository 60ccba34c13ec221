#include "merkle/prefix_proof.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "merkle/prefix_bits.h"

namespace sealbook::merkle {
namespace {

using crypto::Hash;

// The node where one search ended, on the path of its key.
struct Terminal {
  crypto::VrfOutput key;
  size_t depth = 0;
  // Absent for the stand-in of a missing child.
  std::optional<PrefixLeaf> leaf;
  size_t result = 0;
};

absl::Status Refuse(size_t result, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("prefix proof: result ", result, " ", why));
}

absl::Status Contradiction(const Terminal& a, const Terminal& b,
                           absl::string_view why) {
  const auto [first, second] = std::minmax(a.result, b.result);
  return absl::InvalidArgumentError(absl::StrCat(
      "prefix proof: results ", first, " and ", second, " contradict: ", why));
}

absl::Status CheckOtherLeaf(const PrefixQuery& query, size_t index,
                            const PrefixSearchResult& result) {
  if (!result.leaf.has_value()) {
    return Refuse(index, "is a nonInclusionLeaf without a leaf");
  }
  if (result.leaf->vrf_output == query.key) {
    return Refuse(index, "is a nonInclusionLeaf that is the searched key");
  }
  const size_t shared = CommonPrefixBits(result.leaf->vrf_output, query.key);
  if (shared < result.depth) {
    return Refuse(index, absl::StrCat("is a nonInclusionLeaf at depth ",
                                      result.depth, " that shares only ",
                                      shared, " bits with the searched key"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Terminal> TerminalOf(const PrefixQuery& query, size_t index,
                                    const PrefixSearchResult& result) {
  Terminal terminal{.key = query.key, .depth = result.depth, .result = index};
  if (result.leaf.has_value() &&
      result.type != PrefixSearchResultType::kNonInclusionLeaf) {
    return Refuse(index, "carries a leaf but is no nonInclusionLeaf");
  }
  switch (result.type) {
    case PrefixSearchResultType::kInclusion:
      if (!query.commitment.has_value()) {
        return Refuse(index, "is an inclusion, but has no commitment");
      }
      terminal.leaf = PrefixLeaf{query.key, *query.commitment};
      return terminal;
    case PrefixSearchResultType::kNonInclusionLeaf:
      SEALBOOK_RETURN_IF_ERROR(CheckOtherLeaf(query, index, result));
      terminal.leaf = result.leaf;
      return terminal;
    case PrefixSearchResultType::kNonInclusionParent:
      return terminal;
  }
  return Refuse(
      index, absl::StrCat("has unknown type ", static_cast<int>(result.type)));
}

// Everything that can be refused without hashing, but for the elements' count.
absl::StatusOr<std::vector<Terminal>> SortedTerminals(
    absl::Span<const PrefixQuery> queries, const PrefixProof& proof) {
  if (proof.results.size() != queries.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("prefix proof has ", proof.results.size(),
                     " results, expected ", queries.size()));
  }
  std::vector<Terminal> terminals;
  terminals.reserve(queries.size());
  for (size_t i = 0; i < queries.size(); ++i) {
    SEALBOOK_ASSIGN_OR_RETURN(Terminal terminal,
                              TerminalOf(queries[i], i, proof.results[i]));
    terminals.push_back(terminal);
  }
  std::stable_sort(
      terminals.begin(), terminals.end(),
      [](const Terminal& a, const Terminal& b) { return a.key < b.key; });
  return terminals;
}

using Terminals = absl::Span<const Terminal>;

// Splits terminals below a node of depth `depth` between its children.
std::pair<Terminals, Terminals> Split(Terminals below, size_t depth) {
  const size_t left = std::partition_point(below.begin(), below.end(),
                                           [depth](const Terminal& t) {
                                             return !t.key.Bit(depth);
                                           }) -
                      below.begin();
  return {below.subspan(0, left), below.subspan(left)};
}

// Requires: `below` is not empty.
bool EndsAt(Terminals below, size_t depth) {
  return below.front().depth == depth;
}

// Every search that passes the node at `depth` must end there, and in the same
// way, if any does. Distinct results for one key always meet in one node.
absl::Status CheckNode(Terminals below, size_t depth) {
  auto end =
      std::find_if(below.begin(), below.end(),
                   [depth](const Terminal& t) { return t.depth == depth; });
  if (end == below.end()) return absl::OkStatus();
  for (const Terminal& other : below) {
    if (other.depth != depth) {
      return Contradiction(*end, other,
                           absl::StrCat("the search that ends at depth ", depth,
                                        " is above the path of the other"));
    }
    if (other.leaf != end->leaf) {
      return Contradiction(
          *end, other,
          absl::StrCat("two different nodes at one place of depth ", depth));
    }
  }
  return absl::OkStatus();
}

// The number of elements that a proof with these terminals lists. Refuses
// contradictions, so that ValueReader can rely on EndsAt.
absl::StatusOr<size_t> CountElements(Terminals below, size_t depth) {
  if (below.empty()) return 1;
  SEALBOOK_RETURN_IF_ERROR(CheckNode(below, depth));
  if (EndsAt(below, depth)) return 0;
  auto [left, right] = Split(below, depth);
  SEALBOOK_ASSIGN_OR_RETURN(size_t left_count, CountElements(left, depth + 1));
  SEALBOOK_ASSIGN_OR_RETURN(size_t right_count,
                            CountElements(right, depth + 1));
  return left_count + right_count;
}

// Computes node values, taking elements from left to right.
class ValueReader {
 public:
  explicit ValueReader(absl::Span<const Hash> elements) : elements_(elements) {}

  Hash Value(Terminals below, size_t depth) {
    if (below.empty()) return elements_[next_++];
    if (EndsAt(below, depth)) {
      const std::optional<PrefixLeaf>& leaf = below.front().leaf;
      return leaf.has_value() ? HashPrefixLeaf(*leaf) : Hash();
    }
    auto [left, right] = Split(below, depth);
    const Hash left_value = Value(left, depth + 1);
    return HashPrefixParent(left_value, Value(right, depth + 1));
  }

 private:
  const absl::Span<const Hash> elements_;
  size_t next_ = 0;
};

Hash HashTagged(char tag, const uint8_t* left, const uint8_t* right) {
  static_assert(crypto::VrfOutput::kSize == Hash::kSize &&
                crypto::Commitment::kSize == Hash::kSize);
  char content[1 + 2 * Hash::kSize];
  content[0] = tag;
  std::memcpy(content + 1, left, Hash::kSize);
  std::memcpy(content + 1 + Hash::kSize, right, Hash::kSize);
  return crypto::Sha256(absl::string_view(content, sizeof(content)));
}

absl::Status CheckElements(Terminals terminals, const PrefixProof& proof) {
  SEALBOOK_ASSIGN_OR_RETURN(const size_t count, CountElements(terminals, 0));
  if (proof.elements.size() == count) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("prefix proof has ", proof.elements.size(),
                   " elements, expected ", count));
}

absl::Status CheckAdded(absl::Span<const PrefixLeaf> added, size_t i) {
  if (i == 0 || added[i - 1].vrf_output < added[i].vrf_output) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("added leaves ", i - 1, " and ", i,
                   " are not in ascending order by vrf_output"));
}

// Computes node values before and after `added`, taking elements from left to
// right. Terminals are those of the added leaves, in their order.
class AdditionReader {
 public:
  AdditionReader(absl::Span<const PrefixLeaf> added,
                 absl::Span<const Hash> elements)
      : added_(added), elements_(elements) {}

  PrefixAddition Roots(Terminals below, size_t depth) {
    if (below.empty()) {
      const Hash& element = elements_[next_element_++];
      return {element, element};
    }
    if (EndsAt(below, depth)) return Grow(below, depth);
    auto [left, right] = Split(below, depth);
    const PrefixAddition left_roots = Roots(left, depth + 1);
    const PrefixAddition right_roots = Roots(right, depth + 1);
    return {HashPrefixParent(left_roots.before, right_roots.before),
            HashPrefixParent(left_roots.after, right_roots.after)};
  }

  const absl::Status& status() const { return status_; }

 private:
  // All searches of `below` end at one node: what is there, and what grows
  // there.
  PrefixAddition Grow(Terminals below, size_t depth) {
    std::vector<PrefixLeaf> leaves;
    leaves.reserve(below.size() + 1);
    for (const Terminal& terminal : below) {
      leaves.push_back(added_[terminal.result]);
    }
    const std::optional<PrefixLeaf>& there = below.front().leaf;
    if (!there.has_value()) return {Hash(), Subtree(leaves, depth)};
    // It keeps its order: no added key is equal to it.
    leaves.insert(
        std::upper_bound(leaves.begin(), leaves.end(), *there,
                         [](const PrefixLeaf& a, const PrefixLeaf& b) {
                           return a.vrf_output < b.vrf_output;
                         }),
        *there);
    return {HashPrefixLeaf(*there), Subtree(leaves, depth)};
  }

  // The value of the node at `depth` above `leaves`, all there is below it.
  Hash Subtree(absl::Span<const PrefixLeaf> leaves, size_t depth) {
    if (leaves.empty()) return {};
    if (leaves.size() == 1) return HashPrefixLeaf(leaves[0]);
    if (depth >= kMaxPrefixDepth) {
      status_.Update(absl::InvalidArgumentError(
          "prefix proof: two leaves share their first 255 bits"));
      return {};
    }
    const size_t left =
        std::partition_point(leaves.begin(), leaves.end(),
                             [depth](const PrefixLeaf& leaf) {
                               return !leaf.vrf_output.Bit(depth);
                             }) -
        leaves.begin();
    const Hash left_value = Subtree(leaves.subspan(0, left), depth + 1);
    return HashPrefixParent(left_value,
                            Subtree(leaves.subspan(left), depth + 1));
  }

  const absl::Span<const PrefixLeaf> added_;
  const absl::Span<const Hash> elements_;
  size_t next_element_ = 0;
  absl::Status status_;
};

}  // namespace

Hash HashPrefixLeaf(const PrefixLeaf& leaf) {
  return HashTagged(0x02, leaf.vrf_output.data(), leaf.commitment.data());
}

Hash HashPrefixParent(const Hash& left, const Hash& right) {
  return HashTagged(0x03, left.data(), right.data());
}

absl::StatusOr<Hash> EvaluatePrefixProof(absl::Span<const PrefixQuery> queries,
                                         const PrefixProof& proof) {
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<Terminal> terminals,
                            SortedTerminals(queries, proof));
  SEALBOOK_RETURN_IF_ERROR(CheckElements(terminals, proof));
  return ValueReader(proof.elements).Value(terminals, 0);
}

absl::StatusOr<PrefixAddition> EvaluatePrefixAddition(
    absl::Span<const PrefixLeaf> added, const PrefixProof& proof) {
  std::vector<PrefixQuery> queries;
  queries.reserve(added.size());
  for (size_t i = 0; i < added.size(); ++i) {
    SEALBOOK_RETURN_IF_ERROR(CheckAdded(added, i));
    queries.push_back({added[i].vrf_output, std::nullopt});
  }
  for (size_t i = 0; i < proof.results.size(); ++i) {
    if (proof.results[i].type == PrefixSearchResultType::kInclusion) {
      return Refuse(i, "is an inclusion: the added leaf is there already");
    }
  }
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<Terminal> terminals,
                            SortedTerminals(queries, proof));
  SEALBOOK_RETURN_IF_ERROR(CheckElements(terminals, proof));
  AdditionReader reader(added, proof.elements);
  PrefixAddition roots = reader.Roots(terminals, 0);
  SEALBOOK_RETURN_IF_ERROR(reader.status());
  return roots;
}

}  // namespace sealbook::merkle
