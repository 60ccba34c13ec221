#include "tests/reference/log_tree.h"

#include "tests/reference/hash.h"
#include "tests/reference/require.h"

namespace sealbook::reference {
namespace {

bool Balanced(Range range) { return (range.size & (range.size - 1)) == 0; }

// The left child is the largest balanced subtree that is smaller than the
// whole: left-balanced trees, and balanced ones alike.
Range Left(Range range) {
  Require(range.size > 1, "a leaf has no children");
  uint64_t size = 1;
  while (size < range.size - size) size *= 2;
  return {range.start, size};
}

Range Right(Range range) {
  const uint64_t left = Left(range).size;
  return {range.start + left, range.size - left};
}

bool Contains(Range outer, Range inner) {
  return outer.start <= inner.start &&
         inner.start - outer.start <= outer.size &&
         inner.size <= outer.size - (inner.start - outer.start);
}

bool ContainsLeaf(Range range, const std::set<uint64_t>& leaves) {
  const auto first = leaves.lower_bound(range.start);
  return first != leaves.end() && *first - range.start < range.size;
}

void AddFullSubtrees(Range range, std::vector<Range>* out) {
  if (Balanced(range)) {
    out->push_back(range);
    return;
  }
  AddFullSubtrees(Left(range), out);
  AddFullSubtrees(Right(range), out);
}

void AddProofNodes(Range range, const std::set<uint64_t>& leaves,
                   const std::set<Range>& retained, std::vector<Range>* out) {
  const bool proves_leaf = ContainsLeaf(range, leaves);
  if (proves_leaf && range.size == 1) return;
  if (!proves_leaf && retained.contains(range)) return;
  bool connects = false;  // a retained head properly below has to be used
  for (Range head : retained) {
    connects |= head != range && Contains(range, head);
  }
  if (!proves_leaf && !connects && Balanced(range)) {
    out->push_back(range);
    return;
  }
  AddProofNodes(Left(range), leaves, retained, out);
  AddProofNodes(Right(range), leaves, retained, out);
}

std::set<Range> RetainedHeads(std::optional<uint64_t> last) {
  if (!last.has_value()) return {};
  const std::vector<Range> heads = FullSubtrees(*last);
  return {heads.begin(), heads.end()};
}

class Evaluation {
 public:
  Evaluation(std::map<Range, std::string> given,
             std::map<Range, std::string> retained,
             const std::set<uint64_t>& leaves)
      : given_(std::move(given)),
        retained_(std::move(retained)),
        leaves_(leaves) {}

  std::string Value(Range range) {
    const auto known = values_.find(range);
    if (known != values_.end()) return known->second;
    const auto retained = retained_.find(range);
    const bool is_retained = retained != retained_.end();
    std::string value;
    if (const auto given = given_.find(range); given != given_.end()) {
      value = given->second;
    } else if (is_retained && !ContainsLeaf(range, leaves_)) {
      value = retained->second;
    } else {
      value = LogParentValue(Value(Left(range)), Left(range).size == 1,
                             Value(Right(range)), Right(range).size == 1);
    }
    if (is_retained && value != retained->second) {
      error_ = "retained subtree head differs from the one the proof derives";
    }
    values_[range] = value;
    return value;
  }

  const std::string& error() const { return error_; }

 private:
  const std::map<Range, std::string> given_;
  const std::map<Range, std::string> retained_;
  const std::set<uint64_t>& leaves_;
  std::map<Range, std::string> values_;
  std::string error_;
};

}  // namespace

std::vector<Range> FullSubtrees(uint64_t n) {
  Require(n > 0, "an empty log has no subtrees");
  std::vector<Range> out;
  AddFullSubtrees({0, n}, &out);
  return out;
}

std::vector<Range> BatchProofNodes(uint64_t n, const std::set<uint64_t>& leaves,
                                   std::optional<uint64_t> last) {
  Require(n > 0 && (!last.has_value() || *last <= n), "tree sizes");
  std::vector<Range> out;
  AddProofNodes({0, n}, leaves, RetainedHeads(last), &out);
  return out;
}

std::string LogNodeValue(const std::vector<std::string>& leaf_values,
                         Range range, LogCache* cache) {
  Require(range.size > 0 && Contains({0, leaf_values.size()}, range),
          "node outside of the tree");
  if (range.size == 1) return leaf_values[range.start];
  const bool cached = cache != nullptr && Balanced(range);
  if (cached) {
    const auto hit = cache->find(range);
    if (hit != cache->end()) return hit->second;
  }
  const std::string value = LogParentValue(
      LogNodeValue(leaf_values, Left(range), cache), Left(range).size == 1,
      LogNodeValue(leaf_values, Right(range), cache), Right(range).size == 1);
  if (cached) cache->emplace(range, value);
  return value;
}

std::string LogRoot(const std::vector<std::string>& leaf_values) {
  return LogNodeValue(leaf_values, {0, leaf_values.size()}, nullptr);
}

LogEvaluation EvaluateLog(uint64_t n,
                          const std::map<uint64_t, std::string>& leaves,
                          std::optional<uint64_t> last,
                          const std::vector<std::string>& retained,
                          const std::vector<std::string>& elements,
                          const std::set<uint64_t>& earlier) {
  std::set<uint64_t> positions;
  std::map<Range, std::string> given;
  for (const auto& [position, value] : leaves) {
    positions.insert(position);
    given[{position, 1}] = value;
  }
  const std::vector<Range> nodes = BatchProofNodes(n, positions, last);
  LogEvaluation out;
  if (elements.size() < nodes.size()) out.error = "elements missing";
  if (elements.size() > nodes.size()) out.error = "elements left over";
  if (!out.error.empty()) {
    out.error = "inclusion proof: " + out.error;
    return out;
  }
  for (size_t i = 0; i < nodes.size(); ++i) given[nodes[i]] = elements[i];
  std::map<Range, std::string> heads;
  if (last.has_value()) {
    const std::vector<Range> ranges = FullSubtrees(*last);
    Require(ranges.size() == retained.size(), "one value per retained head");
    for (size_t i = 0; i < ranges.size(); ++i) heads[ranges[i]] = retained[i];
  }
  Evaluation evaluation(std::move(given), std::move(heads), positions);
  out.root = evaluation.Value({0, n});
  for (Range range : FullSubtrees(n)) {
    out.full_subtrees.push_back(evaluation.Value(range));
  }
  // Above a known leaf, everything to its left is known as well: each node is
  // a left sibling on the leaf's path, or lies above such nodes.
  for (uint64_t size : earlier) {
    out.earlier_roots[size] = evaluation.Value({0, size});
  }
  out.error = evaluation.error();
  return out;
}

}  // namespace sealbook::reference
