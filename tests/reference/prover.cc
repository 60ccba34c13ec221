#include "tests/reference/prover.h"

#include <algorithm>
#include <functional>
#include <set>
#include <vector>

#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"
#include "tests/reference/require.h"

namespace sealbook::reference {
namespace {

VrfResult Vrf(const World& world, const std::string& label, uint32_t version) {
  auto& cache = world.cache.vrf;
  const auto hit = cache.find({label, version});
  if (hit != cache.end()) return hit->second;
  return cache[{label, version}] = world.vrf(label, version);
}

PrefixProof LookUp(const World& world, uint64_t position,
                   const std::string& label,
                   const std::vector<uint32_t>& versions) {
  std::vector<std::string> keys;
  for (uint32_t version : versions) {
    keys.push_back(Vrf(world, label, version).output);
  }
  return ProvePrefix(TreeAt(world, position), keys, &world.cache.prefix);
}

// The frontier from the rightmost distinguished entry on, or from the root.
std::vector<uint64_t> InspectedEntries(const World& world, uint64_t n) {
  std::vector<uint64_t> timestamps;
  for (uint64_t i = 0; i < n; ++i) {
    timestamps.push_back(world.entries[i].timestamp);
  }
  const std::set<uint64_t> distinguished =
      Distinguished(timestamps, world.config.reasonable_monitoring_window);
  const uint64_t start =
      distinguished.empty() ? ImplicitRoot(n) : *distinguished.rbegin();
  std::vector<uint64_t> out;
  for (uint64_t position : Frontier(n)) {
    if (position >= start) out.push_back(position);
  }
  return out;
}

// A response's proof: the update of the view, then prove(position) for each
// entry that the search inspects, from left to right.
CombinedTreeProof BuildProof(
    const World& world, uint64_t n, std::optional<uint64_t> last,
    const std::function<PrefixProof(uint64_t)>& prove) {
  Require(n > 0 && n <= world.entries.size(), "tree size shown");
  CombinedTreeProof out;
  const std::vector<uint64_t> view = UpdateView(n, last);
  for (uint64_t position : view) {
    out.timestamps.push_back(world.entries[position].timestamp);
  }
  const std::vector<uint64_t> inspected = InspectedEntries(world, n);
  for (uint64_t position : inspected) {
    out.prefix_proofs.push_back(prove(position));
  }
  const std::set<uint64_t> leaves(view.begin(), view.end());
  for (uint64_t position : leaves) {
    if (std::find(inspected.begin(), inspected.end(), position) ==
        inspected.end()) {
      out.prefix_roots.push_back(LogEntryAt(world, position).prefix_tree);
    }
  }
  for (Range node : BatchProofNodes(n, leaves, last)) {
    out.inclusion.elements.push_back(LogValue(world, node));
  }
  return out;
}

FullTreeHead BuildHead(const World& world, uint64_t n, bool say_same) {
  if (say_same) return {FullTreeHeadType::kSame, {}};
  return {FullTreeHeadType::kUpdated, SignedTreeHead(world, n)};
}

// The lookups at one entry after the other, leaving out what an entry to the
// left has already shown to be included.
CombinedTreeProof BuildGreatestVersionSearch(const World& world, uint64_t n,
                                             std::optional<uint64_t> last,
                                             const std::string& label,
                                             uint32_t target) {
  std::set<uint32_t> left_inclusion;
  return BuildProof(world, n, last, [&](uint64_t position) {
    const std::vector<uint32_t> versions = SearchLadder(
        target, GreatestVersion(world, position, label), left_inclusion);
    const PrefixProof proof = LookUp(world, position, label, versions);
    for (size_t i = 0; i < versions.size(); ++i) {
      if (proof.results[i].result_type == PrefixSearchResultType::kInclusion) {
        left_inclusion.insert(versions[i]);
      }
    }
    return proof;
  });
}

}  // namespace

TreeHead SignedTreeHead(const World& world, uint64_t n) {
  const std::string tbs =
      Encode(TreeHeadTBS{world.config, n, LogValue(world, {0, n})});
  auto& cache = world.cache.signatures;
  auto hit = cache.find(tbs);
  if (hit == cache.end()) hit = cache.emplace(tbs, world.sign(tbs)).first;
  return {n, hit->second};
}

SearchResponse BuildSearchResponse(const World& world, uint64_t n,
                                   std::optional<uint64_t> last,
                                   const std::string& label, bool say_same,
                                   std::optional<uint32_t> claim) {
  const std::optional<uint32_t> greatest =
      claim.has_value() ? claim : GreatestVersion(world, n - 1, label);
  Require(greatest.has_value(), "the label does not exist");
  const uint32_t target = *greatest;
  SearchResponse out;
  out.full_tree_head = BuildHead(world, n, say_same);
  out.version = target;
  const OpenedValue opened = world.open(label, target);
  out.opening = opened.opening;
  out.value.value = opened.value;
  for (uint32_t version : BaseLadder(target)) {
    BinaryLadderStep step;
    step.proof = Vrf(world, label, version).proof;
    if (version != target) {
      step.commitment = CommitmentAt(world, n - 1, label, version);
    }
    out.binary_ladder.push_back(step);
  }
  out.search = BuildGreatestVersionSearch(world, n, last, label, target);
  return out;
}

AbsenceResponse BuildAbsenceResponse(const World& world, uint64_t n,
                                     std::optional<uint64_t> last,
                                     const std::string& label, bool say_same) {
  AbsenceResponse out;
  out.full_tree_head = BuildHead(world, n, say_same);
  out.proof = Vrf(world, label, 0).proof;
  out.search = BuildProof(world, n, last, [&](uint64_t position) {
    return LookUp(world, position, label, {0});
  });
  return out;
}

std::string MakeSearchResponse(const World& world, uint64_t n,
                               std::optional<uint64_t> last,
                               const std::string& label, bool say_same) {
  return Encode(BuildSearchResponse(world, n, last, label, say_same));
}

std::string MakeAbsenceResponse(const World& world, uint64_t n,
                                std::optional<uint64_t> last,
                                const std::string& label, bool say_same) {
  return Encode(BuildAbsenceResponse(world, n, last, label, say_same));
}

std::string MakeSearchRequest(std::optional<uint64_t> last,
                              const std::string& label) {
  return Encode(SearchRequest{last, label, std::nullopt});
}

}  // namespace sealbook::reference
