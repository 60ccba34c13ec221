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

// One of the heads lies properly below.
bool Divided(Range range, const std::set<Range>& heads) {
  for (Range head : heads) {
    if (head != range && Contains(range, head)) return true;
  }
  return false;
}

// What a batch proof is made for.
struct Purpose {
  std::set<uint64_t> leaves;
  std::set<Range> retained;  // heads
  std::set<Range> audited;   // heads
};

void AddProofNodes(Range range, const Purpose& purpose,
                   std::vector<Range>* out) {
  const bool proves_leaf = ContainsLeaf(range, purpose.leaves);
  if (proves_leaf && range.size == 1) return;
  const bool derived = proves_leaf || Divided(range, purpose.audited);
  if (!derived && purpose.retained.contains(range)) return;
  // A retained head properly below has to be used.
  if (!derived && !Divided(range, purpose.retained) && Balanced(range)) {
    out->push_back(range);
    return;
  }
  AddProofNodes(Left(range), purpose, out);
  AddProofNodes(Right(range), purpose, out);
}

std::set<Range> HeadsOf(std::optional<uint64_t> size) {
  if (!size.has_value()) return {};
  const std::vector<Range> heads = FullSubtrees(*size);
  return {heads.begin(), heads.end()};
}

class Evaluation {
 public:
  Evaluation(std::map<Range, std::string> given,
             std::map<Range, std::string> retained)
      : given_(std::move(given)), retained_(std::move(retained)) {}

  std::string Value(Range range) {
    const auto known = values_.find(range);
    if (known != values_.end()) return known->second;
    const auto retained = retained_.find(range);
    const bool is_retained = retained != retained_.end();
    std::string value;
    if (const auto given = given_.find(range); given != given_.end()) {
      value = given->second;
    } else if (is_retained && !GivenBelow(range)) {
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

  std::vector<std::string> Values(const std::vector<Range>& ranges) {
    std::vector<std::string> out;
    for (Range range : ranges) out.push_back(Value(range));
    return out;
  }

  const std::string& error() const { return error_; }

 private:
  bool GivenBelow(Range range) const {
    const auto first = given_.lower_bound({range.start, 0});
    return first != given_.end() &&
           first->first.start - range.start < range.size;
  }

  const std::map<Range, std::string> given_;
  const std::map<Range, std::string> retained_;
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
                                   std::optional<uint64_t> last,
                                   std::optional<uint64_t> audited) {
  Require(n > 0 && last.value_or(n) <= n && audited.value_or(n) <= n,
          "tree sizes");
  std::vector<Range> out;
  AddProofNodes({0, n}, {leaves, HeadsOf(last), HeadsOf(audited)}, &out);
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
                          const std::set<uint64_t>& earlier,
                          std::optional<uint64_t> audited) {
  std::set<uint64_t> positions;
  std::map<Range, std::string> given;
  for (const auto& [position, value] : leaves) {
    positions.insert(position);
    given[{position, 1}] = value;
  }
  const std::vector<Range> nodes = BatchProofNodes(n, positions, last, audited);
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
  Evaluation evaluation(std::move(given), std::move(heads));
  out.root = evaluation.Value({0, n});
  out.full_subtrees = evaluation.Values(FullSubtrees(n));
  // Above a known leaf, everything to its left is known as well: each node is
  // a left sibling on the leaf's path, or lies above such nodes.
  for (uint64_t size : earlier) {
    out.earlier_roots[size] = evaluation.Value({0, size});
    out.earlier_subtrees[size] = evaluation.Values(FullSubtrees(size));
  }
  out.error = evaluation.error();
  return out;
}

}  // namespace sealbook::reference
