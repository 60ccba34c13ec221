// What is ours of the algorithms: docs/protocol.md, "History" and "The state as
// of a time".
#include "tests/reference/algorithms.h"

namespace sealbook::reference {
namespace {

std::optional<uint64_t> RightmostBefore(const std::set<uint64_t>& positions,
                                        uint64_t end) {
  std::optional<uint64_t> out;
  for (uint64_t x : positions) {
    if (x < end) out = x;
  }
  return out;
}

std::optional<uint64_t> LeftmostFrom(const std::set<uint64_t>& positions,
                                     uint64_t begin) {
  for (uint64_t x : positions) {
    if (x >= begin) return x;
  }
  return std::nullopt;
}

}  // namespace

void Algorithms::FirstAppearance(uint32_t version, uint64_t p) {
  const uint64_t before = p > 0 ? p - 1 : 0;
  std::set<uint64_t> distinguished = DistinguishedOnPath(before);  // step 1
  distinguished.merge(DistinguishedOnPath(p));
  source_.Timestamp(before);
  source_.Timestamp(p);
  const auto d = RightmostBefore(distinguished, p);  // step 2
  const uint64_t e = LeftmostFrom(distinguished, p).value_or(n_ - 1);
  if (IsExpired(before)) {
    source_.Fail("first appearance: the entry before it is expired");
  }
  if (d.has_value() && IsExpired(*d)) {
    source_.Fail(
        "first appearance: the distinguished entry to the left is expired");
  }
  if (d.has_value()) {  // step 3
    ExpectSingle(*d, version, false,
                 "first appearance: a distinguished entry has the version");
  }
  if (p > 0) {  // step 4
    ExpectSingle(before, version, false,
                 "first appearance: the entry before it has the version");
  }
  ExpectSingle(p, version, true,  // step 5
               "first appearance: the entry lacks the version");
  ExpectSingle(e, version, true,  // step 6
               "first appearance: an entry to the right lacks the version");
}

void Algorithms::RefuseContradictions() {
  std::map<uint32_t, uint64_t> leftmost_inclusion;
  for (const auto& [lookup, exists] : made_) {  // from left to right
    const auto& [position, version] = lookup;
    if (exists) {
      leftmost_inclusion.emplace(version, position);
    } else if (leftmost_inclusion.contains(version)) {
      source_.Fail("the response contradicts itself: a version is lost");
    }
  }
}

VersionSearch Algorithms::AsOf(uint64_t time, std::optional<uint64_t> position,
                               std::optional<uint32_t> version) {
  const VersionSearch nothing = {VersionOutcome::kFound, 0};
  if (!position.has_value()) {  // step 1
    if (source_.Timestamp(0) <= time) {
      source_.Fail("as of: the log began before");
    }
    return nothing;
  }
  const uint64_t p = *position;
  const std::set<uint64_t> distinguished = DistinguishedOnPath(p);  // step 2
  if (source_.Timestamp(p) > time) {
    source_.Fail("as of: the entry is later than the time");
  }
  if (p != n_ - 1 && source_.Timestamp(p + 1) <= time) {
    source_.Fail("as of: the next entry is not later than the time");
  }
  const auto d = RightmostBefore(distinguished, p + 1);  // step 3
  const uint64_t e = LeftmostFrom(distinguished, p).value_or(n_ - 1);
  if (IsExpired(p) || (d.has_value() && IsExpired(*d))) {
    source_.Fail("as of: the entry or the distinguished one is expired");
    return {VersionOutcome::kExpired, 0};
  }
  const bool d_is_elsewhere = d.has_value() && *d != p;
  if (!version.has_value()) {
    const std::string reason = "as of: the label is included";
    if (d_is_elsewhere) ExpectSingle(*d, 0, false, reason);  // step 4
    ExpectSingle(p, 0, false, reason);                       // step 5
    return nothing;
  }
  Inspection ladders;  // steps 4 and 5
  if (d_is_elsewhere && Ladder(*d, *version, &ladders) == Bound::kGreater) {
    source_.Fail("as of: an entry to the left has a greater version");
  }
  if (Ladder(p, *version, &ladders) != Bound::kEqual) {
    source_.Fail("as of: the version is not the greatest there");
  }
  ExpectSingle(e, *version, true,  // step 6
               "as of: an entry to the right lacks the version");
  return SearchFixedVersion(*version, SecondProof::kUnlessMade);  // step 7
}

}  // namespace sealbook::reference
