#include "client/gossip/compare.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/words.h"
#include "keytrans/implicit_tree.h"
#include "keytrans/refusal.h"

namespace sealbook::client {
namespace {

std::string When(const LogHead& head) {
  return absl::StrCat("log entry ", head.position, " (",
                      TimeInWords(static_cast<int64_t>(head.timestamp)), ")");
}

std::string Differ(const LogHead& ours, const crypto::Hash& theirs) {
  return absl::StrCat("up to ", When(ours), " the log root is ",
                      ours.root.ToHex(), " here and ", theirs.ToHex(),
                      " there");
}

std::string OnlyIn(const LogHead& head, const char* has, const char* lacks) {
  return absl::StrCat(When(head), " is a distinguished one ", has, " and not ",
                      lacks, ", though the heads ", lacks, " reach past it");
}

// Collects what two lists say, from right to left.
class RightToLeft {
 public:
  void Equal(uint64_t position) {
    if (result_.common++ == 0) result_.same_entries = position + 1;
  }
  // What is left of a common root follows from that root.
  void Different(const std::string& contradiction) {
    if (result_.common == 0) {
      result_.verdict = Verdict::kFork;
      // The oldest difference is the one closest to where the log forked.
      result_.contradiction = contradiction;
    } else if (result_.verdict != Verdict::kImpossible) {
      result_.verdict = Verdict::kImpossible;
      result_.contradiction =
          absl::StrCat(contradiction, ", although the root of the first ",
                       result_.same_entries, " entries is the same");
    }
  }
  Comparison Take() {
    if (result_.verdict == Verdict::kNotComparable && result_.common > 0) {
      result_.verdict = Verdict::kConsistent;
    }
    return std::move(result_);
  }

 private:
  Comparison result_;
};

Comparison Impossible(const crypto::Hash& root, absl::string_view what) {
  Comparison result;
  result.verdict = Verdict::kImpossible;
  result.contradiction = absl::StrCat("the log root ", root.ToHex(), " ", what);
  return result;
}

absl::Span<const LogHead> Within(absl::Span<const LogHead> heads, uint64_t from,
                                 uint64_t to) {
  const auto begin = std::partition_point(
      heads.begin(), heads.end(),
      [&](const LogHead& head) { return head.position < from; });
  const auto end = std::partition_point(
      begin, heads.end(),
      [&](const LogHead& head) { return head.position <= to; });
  return heads.subspan(begin - heads.begin(), end - begin);
}

// Of two lists that do not overlap: a log's timestamps never decrease.
Comparison CompareOrder(const LogHead& older, const LogHead& newer) {
  Comparison result;
  if (older.timestamp > newer.timestamp) {
    result.verdict = Verdict::kFork;
    result.contradiction =
        absl::StrCat(When(newer), " is older than ", When(older));
  }
  return result;
}

// The number of leading full subtrees that trees of both sizes have.
size_t CommonSubtrees(uint64_t a, uint64_t b) {
  size_t count = 0;
  while (a != 0 && b != 0 && std::bit_floor(a) == std::bit_floor(b)) {
    a -= std::bit_floor(a);
    b -= std::bit_floor(b);
    ++count;
  }
  return count;
}

// Sets `contradiction` or raises `same_entries`.
void CompareSubtrees(const keytrans::TreeView& ours,
                     const keytrans::TreeView& theirs, Comparison& result) {
  const size_t common = CommonSubtrees(ours.size(), theirs.size());
  uint64_t begin = 0;
  for (size_t i = 0; i < common; ++i) {
    const uint64_t end = begin + std::bit_floor(ours.size() - begin);
    if (ours.full_subtrees[i] != theirs.full_subtrees[i]) {
      result.contradiction =
          absl::StrCat("the log entries ", begin, " to ", end - 1,
                       " have the root ", ours.full_subtrees[i].ToHex(),
                       " here and ", theirs.full_subtrees[i].ToHex(), " there");
      return;
    }
    begin = end;
    result.same_entries = std::max(result.same_entries, end);
  }
}

std::optional<std::string> CompareFrontiers(const keytrans::TreeView& ours,
                                            const keytrans::TreeView& theirs) {
  const std::vector<uint64_t> here = keytrans::Frontier(ours.size());
  const std::vector<uint64_t> there = keytrans::Frontier(theirs.size());
  for (size_t i = 0; i < here.size(); ++i) {
    const auto at = std::lower_bound(there.begin(), there.end(), here[i]);
    if (at == there.end() || *at != here[i]) continue;
    const keytrans::LogEntry& other = theirs.frontier[at - there.begin()];
    if (ours.frontier[i] == other) continue;
    return absl::StrCat("log entry ", here[i],
                        " has another timestamp or prefix root here than "
                        "there");
  }
  return std::nullopt;
}

}  // namespace

Comparison CompareHeads(absl::Span<const LogHead> ours,
                        absl::Span<const LogHead> theirs) {
  if (ours.empty() || theirs.empty()) return {};
  if (ours.back().position < theirs.front().position) {
    return CompareOrder(ours.back(), theirs.front());
  }
  if (theirs.back().position < ours.front().position) {
    return CompareOrder(theirs.back(), ours.front());
  }
  const uint64_t from =
      std::max(ours.front().position, theirs.front().position);
  const uint64_t to = std::min(ours.back().position, theirs.back().position);
  absl::Span<const LogHead> here = Within(ours, from, to);
  absl::Span<const LogHead> there = Within(theirs, from, to);
  RightToLeft walk;
  while (!here.empty() || !there.empty()) {
    const bool only_here =
        there.empty() ||
        (!here.empty() && here.back().position > there.back().position);
    const bool only_there =
        here.empty() ||
        (!there.empty() && there.back().position > here.back().position);
    if (only_here) {
      walk.Different(OnlyIn(here.back(), "here", "there"));
    } else if (only_there) {
      walk.Different(OnlyIn(there.back(), "there", "here"));
    } else if (here.back() == there.back()) {
      walk.Equal(here.back().position);
    } else if (here.back().root == there.back().root) {
      // The root commits to the timestamp.
      walk.Equal(here.back().position);
      walk.Different(
          absl::StrCat(When(here.back()), " has another time there"));
    } else {
      walk.Different(Differ(here.back(), there.back().root));
    }
    if (!only_there) here.remove_suffix(1);
    if (!only_here) there.remove_suffix(1);
  }
  return walk.Take();
}

Comparison CompareRoots(absl::Span<const LogHead> ours,
                        absl::Span<const crypto::Hash> theirs) {
  // One common root says which element of the one list is which of the other:
  // ours[i] and theirs[i + shift].
  std::optional<ptrdiff_t> shift;
  for (size_t k = 0; k < theirs.size(); ++k) {
    if (std::find(theirs.begin(), theirs.begin() + k, theirs[k]) !=
        theirs.begin() + k) {
      return Impossible(theirs[k], "stands there twice");
    }
    const auto here = std::find_if(
        ours.begin(), ours.end(),
        [&](const LogHead& head) { return head.root == theirs[k]; });
    if (here == ours.end()) continue;
    const ptrdiff_t at = static_cast<ptrdiff_t>(k) - (here - ours.begin());
    if (shift.value_or(at) != at) {
      return Impossible(theirs[k], "stands in another place there than here");
    }
    shift = at;
  }
  if (!shift.has_value()) return {};
  RightToLeft walk;
  for (ptrdiff_t i = std::ssize(ours) - 1; i >= 0; --i) {
    const ptrdiff_t k = i + *shift;
    if (k < 0 || k >= std::ssize(theirs)) continue;
    if (ours[i].root == theirs[k]) {
      walk.Equal(ours[i].position);
    } else {
      walk.Different(Differ(ours[i], theirs[k]));
    }
  }
  return walk.Take();
}

Comparison CompareAnswers(const SeenLog& ours, const SeenLog& theirs) {
  Comparison result = CompareHeads(ours.heads, theirs.heads);
  if (result.verdict == Verdict::kImpossible) result.verdict = Verdict::kFork;
  if (result.verdict == Verdict::kFork) return result;
  CompareSubtrees(ours.view, theirs.view, result);
  if (result.contradiction.empty()) {
    result.contradiction =
        CompareFrontiers(ours.view, theirs.view).value_or("");
  }
  if (!result.contradiction.empty()) {
    result.verdict = Verdict::kFork;
  } else if (result.same_entries > 0) {
    result.verdict = Verdict::kConsistent;
  }
  return result;
}

absl::Status RefuseFork(const Comparison& comparison) {
  return keytrans::Refuse(
      keytrans::RefusalReason::kFork,
      absl::StrCat("the log shows two histories: ", comparison.contradiction));
}

}  // namespace sealbook::client
