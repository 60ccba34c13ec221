#include "tests/reference/auditor.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "tests/reference/hash.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/log_tree.h"
#include "tests/reference/prefix_tree.h"

namespace sealbook::reference {
namespace {

// "Reasonable Monitoring Window". Needs the timestamps of x's ancestors.
bool IsDistinguished(uint64_t x, uint64_t n, uint64_t window,
                     const std::map<uint64_t, uint64_t>& timestamps) {
  std::vector<uint64_t> path = DirectPath(x, n);
  std::reverse(path.begin(), path.end());
  path.push_back(x);
  uint64_t left = 0;
  uint64_t right = timestamps.at(n - 1);
  for (uint64_t ancestor : path) {
    if (right - left < window) return false;
    if (ancestor == x) break;
    (x < ancestor ? right : left) = timestamps.at(ancestor);
  }
  return true;
}

// Step 2. `what` is a list's name.
std::string RefuseOrder(const std::vector<PrefixLeaf>& leaves,
                        const std::string& what) {
  for (size_t i = 1; i < leaves.size(); ++i) {
    const std::string& before = leaves[i - 1].vrf_output;
    if (before == leaves[i].vrf_output) return what + ": a VRF output twice";
    if (before > leaves[i].vrf_output) return what + ": not in ascending order";
  }
  return "";
}

class Audit {
 public:
  Audit(const Configuration& config, const AuditorState& state,
        const AuditorUpdate& update)
      : config_(config), state_(state), update_(update) {
    for (const PrefixLeaf& leaf : update.removed) {
      removed_[leaf.vrf_output] = leaf.commitment;
    }
  }

  // Steps 1 to 7, until one refuses.
  std::string Run(RemovalPolicy policy, AuditorState* next) {
    if (state_.tree_size > 0 &&  // step 1
        update_.timestamp < state_.timestamps.at(state_.tree_size - 1)) {
      return "timestamp runs backwards";
    }
    std::string refusal = RefuseOrder(update_.added, "added");  // step 2
    if (refusal.empty()) refusal = RefuseOrder(update_.removed, "removed");
    if (refusal.empty() && policy == RemovalPolicy::kRefused &&
        !update_.removed.empty()) {
      refusal = "a leaf was removed";
    }
    if (refusal.empty()) refusal = RefuseResults();
    if (refusal.empty()) refusal = RefuseUnpublished();
    if (refusal.empty()) refusal = RefuseRoot();
    if (refusal.empty()) *next = Next();
    return refusal;
  }

 private:
  // Steps 3 and 4, and the lookups.
  std::string RefuseResults() {
    const auto& results = update_.proof.results;
    if (results.size() < update_.added.size() + update_.removed.size()) {
      return "proof: results missing";
    }
    for (const PrefixLeaf& leaf : update_.added) {
      const bool included = results[lookups_.size()].result_type ==
                            PrefixSearchResultType::kInclusion;
      const auto removed = removed_.find(leaf.vrf_output);
      if (removed == removed_.end() && included) {
        return "added: a leaf that was there before";
      }
      lookups_.push_back({leaf.vrf_output, std::nullopt});
      if (removed != removed_.end())
        lookups_.back().commitment = removed->second;
    }
    for (const PrefixLeaf& leaf : update_.removed) {
      if (results[lookups_.size()].result_type !=
          PrefixSearchResultType::kInclusion) {
        return "removed: a leaf that was not there before";
      }
      lookups_.push_back({leaf.vrf_output, leaf.commitment});
    }
    return "";
  }

  // Step 5. What was there before the auditor began counts from the entry
  // before the first one that was processed.
  std::string RefuseUnpublished() const {
    const uint64_t n = state_.tree_size + 1;
    std::map<uint64_t, uint64_t> timestamps = state_.timestamps;
    timestamps[state_.tree_size] = update_.timestamp;
    for (const PrefixLeaf& leaf : update_.removed) {
      const auto added = state_.added_at.find(leaf.vrf_output);
      uint64_t x = state_.began > 0 ? state_.began - 1 : 0;
      if (added != state_.added_at.end()) x = added->second;
      bool published = false;
      for (; x < state_.tree_size; ++x) {
        published |= IsDistinguished(x, n, config_.reasonable_monitoring_window,
                                     timestamps);
      }
      if (!published) return "removed: a leaf that nobody had to check";
    }
    return "";
  }

  // Step 6.
  std::string RefuseRoot() const {
    const PrefixEvaluation before = EvaluatePrefix(lookups_, update_.proof);
    if (!before.error.empty()) return before.error;
    if (before.root != state_.prefix_root) {
      return "proof: of another prefix tree than that of the entry before";
    }
    return "";
  }

  // Step 7.
  AuditorState Next() const {
    AuditorState out = state_;
    const uint64_t position = state_.tree_size;
    out.prefix_root = ChangedPrefixRoot(lookups_, update_.proof, update_.added,
                                        update_.removed);
    std::optional<uint64_t> last;
    if (position > 0) last = position;
    const std::string leaf = LogLeafValue({update_.timestamp, out.prefix_root});
    out.full_subtrees = EvaluateLog(position + 1, {{position, leaf}}, last,
                                    state_.full_subtrees, {})
                            .full_subtrees;
    out.tree_size = position + 1;
    out.timestamps[position] = update_.timestamp;
    for (const auto& [key, commitment] : removed_) out.added_at.erase(key);
    for (const PrefixLeaf& added : update_.added) {
      out.added_at[added.vrf_output] = position;
    }
    return out;
  }

  const Configuration& config_;
  const AuditorState& state_;
  const AuditorUpdate& update_;
  std::map<std::string, std::string> removed_;  // commitments by VRF output
  std::vector<Lookup> lookups_;
};

}  // namespace

AuditorState AuditorStateOf(const World& world, uint64_t position) {
  AuditorState out;
  if (position == 0) return out;
  out.tree_size = out.began = position;
  for (Range range : FullSubtrees(position)) {
    out.full_subtrees.push_back(LogValue(world, range));
  }
  out.prefix_root = LogEntryAt(world, position - 1).prefix_tree;
  for (uint64_t x : Frontier(position)) {
    out.timestamps[x] = world.entries[x].timestamp;
  }
  return out;
}

Verdict<AuditorState> VerifyAuditorUpdate(const Configuration& config,
                                          const AuditorState& state,
                                          const std::string& update,
                                          RemovalPolicy policy) {
  const Decoded<AuditorUpdate> in =
      Decode<AuditorUpdate>(update, config.ciphersuite, config.mode);
  if (!in.value.has_value()) return {std::nullopt, "audit: " + in.error};
  AuditorState next;
  const std::string refusal =
      Audit(config, state, *in.value).Run(policy, &next);
  if (!refusal.empty()) return {std::nullopt, "audit: " + refusal};
  return {std::move(next), ""};
}

std::string LogRootOf(const AuditorState& state) {
  return EvaluateLog(state.tree_size, {}, state.tree_size, state.full_subtrees,
                     {})
      .root;
}

AuditorTreeHead SignState(
    const Configuration& config, const AuditorState& state,
    const std::function<std::string(const std::string& tbs)>& sign) {
  AuditorTreeHead out;
  out.timestamp = state.timestamps.at(state.tree_size - 1);
  out.tree_size = state.tree_size;
  out.signature = sign(Encode(AuditorTreeHeadTBS{
      config, out.timestamp, out.tree_size, LogRootOf(state)}));
  return out;
}

AuditorUpdate BuildAuditorUpdate(const World& world, uint64_t position) {
  const PrefixTree nothing;
  const PrefixTree& after = TreeAt(world, position);
  const PrefixTree& before =
      position > 0 ? TreeAt(world, position - 1) : nothing;
  AuditorUpdate out;
  out.timestamp = world.entries[position].timestamp;
  const auto by_key = [](const PrefixLeaf& a, const PrefixLeaf& b) {
    return std::pair(a.vrf_output, a.commitment) <
           std::pair(b.vrf_output, b.commitment);
  };
  std::set_difference(after.leaves.begin(), after.leaves.end(),
                      before.leaves.begin(), before.leaves.end(),
                      std::back_inserter(out.added), by_key);
  std::set_difference(before.leaves.begin(), before.leaves.end(),
                      after.leaves.begin(), after.leaves.end(),
                      std::back_inserter(out.removed), by_key);
  std::vector<std::string> keys;
  for (const PrefixLeaf& leaf : out.added) keys.push_back(leaf.vrf_output);
  for (const PrefixLeaf& leaf : out.removed) keys.push_back(leaf.vrf_output);
  out.proof = ProvePrefix(before, keys, &world.cache.prefix);
  return out;
}

std::string MakeAuditorUpdate(const World& world, uint64_t position) {
  return Encode(BuildAuditorUpdate(world, position), world.config.ciphersuite,
                world.config.mode);
}

uint64_t VisibleSize(const World& world, uint64_t audited) {
  uint64_t n = audited;
  while (n < world.entries.size() &&
         world.entries[n].timestamp - world.entries[audited - 1].timestamp <=
             world.config.max_auditor_lag) {
    ++n;
  }
  return n;
}

}  // namespace sealbook::reference
