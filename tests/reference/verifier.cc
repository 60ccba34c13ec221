#include "tests/reference/verifier.h"

#include <set>

#include "tests/reference/hash.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"
#include "tests/reference/log_tree.h"
#include "tests/reference/prefix_tree.h"

namespace sealbook::reference {
namespace {

// A version of the label as the response introduces it.
struct Step {
  std::string vrf_output;
  std::optional<std::string> commitment;
};

// One verification. Methods return false once something was refused, with the
// first reason kept.
class Run {
 public:
  Run(const Configuration& config, const PublicKeys& keys,
      const std::optional<RetainedState>& state, uint64_t now)
      : config_(config), keys_(keys), state_(state), now_(now) {}

  Outcome Search(const std::string& request, const std::string& response) {
    const Decoded<SearchResponse> in = Decode<SearchResponse>(response);
    if (!in.value.has_value()) Fail("response: " + in.error);
    if (ReadRequest(request) && error_.empty()) {
      head_ = in.value->full_tree_head;
      proof_ = in.value->search;
      (void)(ReadBinaryLadder(*in.value) && ReadHead() && UpdateTheView() &&
             SearchGreatestVersion(in.value->version) && Finish());
      accepted_.version = in.value->version;
      accepted_.value = in.value->value.value;
      accepted_.opening = in.value->opening;
    }
    return Result();
  }

  Outcome Absence(const std::string& request, const std::string& response) {
    const Decoded<AbsenceResponse> in = Decode<AbsenceResponse>(response);
    if (!in.value.has_value()) Fail("response: " + in.error);
    if (ReadRequest(request) && error_.empty()) {
      head_ = in.value->full_tree_head;
      proof_ = in.value->search;
      (void)(ReadVrfProof(0, in.value->proof) && ReadHead() &&
             UpdateTheView() && SearchAbsence() && Finish());
    }
    return Result();
  }

 private:
  bool Fail(const std::string& error) {
    if (error_.empty()) error_ = error;
    return false;
  }

  Outcome Result() const {
    if (!error_.empty()) return {std::nullopt, error_};
    return {accepted_, ""};
  }

  // The request has to be the user's own: it advertises exactly what is held.
  bool ReadRequest(const std::string& bytes) {
    const Decoded<SearchRequest> in = Decode<SearchRequest>(bytes);
    if (!in.value.has_value()) return Fail("request: " + in.error);
    if (in.value->version.has_value()) {
      return Fail("request: names a version");
    }
    label_ = in.value->label;
    last_ = in.value->last;
    if (last_.has_value() != state_.has_value() ||
        (last_.has_value() && *last_ != state_->tree_size)) {
      return Fail("request: advertises another tree size than the one held");
    }
    if (!last_.has_value()) return true;
    if (*last_ == 0) return Fail("retained state: empty tree");
    std::vector<uint64_t> positions;
    for (const auto& [position, entry] : state_->frontier) {
      positions.push_back(position);
    }
    if (positions != Frontier(*last_) ||
        state_->full_subtrees.size() != FullSubtrees(*last_).size()) {
      return Fail("retained state: incomplete");
    }
    for (const auto& [position, entry] : state_->frontier) {
      timestamps_[position] = entry.timestamp;
    }
    return true;
  }

  bool ReadVrfProof(uint32_t version, const std::string& proof) {
    const std::optional<std::string> output =
        keys_.vrf_verify(Encode(VrfInput{label_, version}), proof);
    if (!output.has_value() || output->size() != kVrfOutputSize) {
      return Fail("VRF proof is not valid");
    }
    steps_[version].vrf_output = *output;
    return true;
  }

  // "Search", steps 2 and 3.
  bool ReadBinaryLadder(const SearchResponse& response) {
    const uint32_t target = response.version;
    const std::vector<uint32_t> versions = BaseLadder(target);
    const auto& ladder = response.binary_ladder;
    if (ladder.size() < versions.size()) {
      return Fail("binary ladder: steps missing");
    }
    if (ladder.size() > versions.size()) {
      return Fail("binary ladder: steps left over");
    }
    for (size_t i = 0; i < versions.size(); ++i) {
      const uint32_t version = versions[i];
      const bool sent = ladder[i].commitment.has_value();
      if (version == target && sent) {
        return Fail("binary ladder: commitment for the target version");
      }
      if (version > target && sent) {
        return Fail(
            "binary ladder: commitment for a version that is claimed "
            "not to exist");
      }
      if (version < target && !sent) {
        return Fail("binary ladder: commitment missing");
      }
      if (!ReadVrfProof(version, ladder[i].proof)) return false;
      steps_[version].commitment = ladder[i].commitment;
    }
    steps_[target].commitment =
        Commit({response.opening, label_, target, response.value});
    return true;
  }

  // "Full Tree Head Verification", what does not need the root.
  bool ReadHead() {
    if (head_.head_type == FullTreeHeadType::kSame) {
      if (!last_.has_value()) {
        return Fail("tree head: same, but nothing was advertised");
      }
      n_ = *last_;
      return true;
    }
    n_ = head_.tree_head.tree_size;
    if (n_ == 0) return Fail("tree head: empty tree");
    if (last_.has_value() && n_ <= *last_) {
      return Fail("tree head: updated, but not larger than advertised");
    }
    return true;
  }

  // "Updating Views of the Tree".
  bool UpdateTheView() {
    const std::vector<uint64_t> view = UpdateView(n_, last_);
    if (proof_.timestamps.size() < view.size()) {
      return Fail("timestamps missing");
    }
    // No algorithm here asks for more.
    if (proof_.timestamps.size() > view.size()) {
      return Fail("timestamps left over");
    }
    for (size_t i = 0; i < view.size(); ++i) {
      timestamps_[view[i]] = proof_.timestamps[i];
      from_response_.insert(view[i]);
    }
    uint64_t previous = 0;
    for (const auto& [position, timestamp] : timestamps_) {
      if (timestamp < previous) return Fail("timestamps run backwards");
      previous = timestamp;
    }
    const uint64_t rightmost = timestamps_.at(n_ - 1);
    if (rightmost > now_ && rightmost - now_ > config_.max_ahead) {
      return Fail("clock: tree head is too far ahead");
    }
    if (rightmost < now_ && now_ - rightmost > config_.max_behind) {
      return Fail("clock: tree head is too far behind");
    }
    return true;
  }

  // The rightmost distinguished entry lies on the frontier, and the parent of
  // a distinguished entry is distinguished: going down the frontier as far as
  // the recursive definition declares entries finds it.
  std::optional<uint64_t> RightmostDistinguished() const {
    std::optional<uint64_t> found;
    uint64_t left = 0;
    const uint64_t right = timestamps_.at(n_ - 1);
    for (uint64_t position : Frontier(n_)) {
      if (right - left < config_.reasonable_monitoring_window) break;
      found = position;
      left = timestamps_.at(position);
    }
    return found;
  }

  std::vector<uint64_t> Inspected() const {
    const uint64_t start = RightmostDistinguished().value_or(ImplicitRoot(n_));
    std::vector<uint64_t> out;
    for (uint64_t position : Frontier(n_)) {
      if (position >= start) out.push_back(position);
    }
    return out;
  }

  // Takes the next prefix proof, which has to be a proof of these versions at
  // this position, and remembers the entry's prefix root.
  bool TakePrefixProof(uint64_t position,
                       const std::vector<uint32_t>& versions) {
    std::vector<Lookup> lookups;
    for (uint32_t version : versions) {
      const Step& step = steps_.at(version);
      lookups.push_back({step.vrf_output, step.commitment});
    }
    const PrefixEvaluation evaluation =
        EvaluatePrefix(lookups, proof_.prefix_proofs[next_prefix_proof_++]);
    if (!evaluation.error.empty()) return Fail(evaluation.error);
    if (last_.has_value()) {
      const auto retained = state_->frontier.find(position);
      if (retained != state_->frontier.end() &&
          retained->second.prefix_tree != evaluation.root) {
        return Fail("prefix root differs from the retained one");
      }
    }
    prefix_roots_[position] = evaluation.root;
    return true;
  }

  // The versions that the next prefix proof's results are for: the ladder of
  // the target without `known`, to the first result that ends it.
  std::vector<uint32_t> PlayLadder(uint32_t target,
                                   const std::set<uint32_t>& known,
                                   std::set<uint32_t>* included,
                                   std::set<uint32_t>* absent) const {
    const auto& results = proof_.prefix_proofs[next_prefix_proof_].results;
    std::vector<uint32_t> out;
    for (uint32_t version : BaseLadder(target)) {
      if (known.contains(version)) continue;
      out.push_back(version);
      if (out.size() > results.size()) break;
      const bool exists = results[out.size() - 1].result_type ==
                          PrefixSearchResultType::kInclusion;
      (exists ? included : absent)->insert(version);
      if (exists != (version <= target)) break;
    }
    return out;
  }

  bool HaveAllPrefixProofs(size_t count) {
    if (proof_.prefix_proofs.size() < count) {
      return Fail("prefix proofs missing");
    }
    if (proof_.prefix_proofs.size() > count) {
      return Fail("prefix proofs left over");
    }
    return true;
  }

  // "Greatest-Version Search", Algorithm.
  bool SearchGreatestVersion(uint32_t target) {
    const std::vector<uint64_t> inspected = Inspected();
    if (!HaveAllPrefixProofs(inspected.size())) return false;
    std::optional<uint64_t> terminal;
    std::set<uint32_t> left_inclusion;
    for (uint64_t position : inspected) {
      std::set<uint32_t> included, absent;
      const std::vector<uint32_t> versions =
          PlayLadder(target, left_inclusion, &included, &absent);
      if (!included.empty() && *included.rbegin() > target) {
        return Fail("a version above the claimed greatest one is included");
      }
      if (!TakePrefixProof(position, versions)) return false;
      if (position == n_ - 1 && !absent.empty() && *absent.begin() <= target) {
        return Fail("the rightmost entry lacks a version of the ladder");
      }
      left_inclusion.insert(included.begin(), included.end());
      if (!terminal.has_value() && left_inclusion.contains(target)) {
        terminal = position;
      }
    }
    accepted_.terminal = *terminal;
    const std::optional<uint64_t> distinguished = RightmostDistinguished();
    accepted_.must_monitor =
        !distinguished.has_value() || *terminal > *distinguished;
    return true;
  }

  bool SearchAbsence() {
    const std::vector<uint64_t> inspected = Inspected();
    if (!HaveAllPrefixProofs(inspected.size())) return false;
    for (uint64_t position : inspected) {
      const auto& results = proof_.prefix_proofs[next_prefix_proof_].results;
      if (!results.empty() &&
          results[0].result_type == PrefixSearchResultType::kInclusion) {
        return Fail("the label is included");
      }
      if (!TakePrefixProof(position, {0})) return false;
    }
    return true;
  }

  // "Combined Tree": prefix roots, inclusion; "Search", steps 5 and 6.
  bool Finish() {
    std::vector<uint64_t> rootless;
    for (uint64_t position : from_response_) {
      if (!prefix_roots_.contains(position)) rootless.push_back(position);
    }
    if (proof_.prefix_roots.size() < rootless.size()) {
      return Fail("prefix roots missing");
    }
    if (proof_.prefix_roots.size() > rootless.size()) {
      return Fail("prefix roots left over");
    }
    for (size_t i = 0; i < rootless.size(); ++i) {
      prefix_roots_[rootless[i]] = proof_.prefix_roots[i];
    }
    std::map<uint64_t, std::string> leaves;
    for (uint64_t position : from_response_) {
      leaves[position] =
          LogLeafValue({timestamps_[position], prefix_roots_[position]});
    }
    const LogEvaluation log = EvaluateLog(
        n_, leaves, last_,
        last_.has_value() ? state_->full_subtrees : std::vector<std::string>(),
        proof_.inclusion.elements);
    if (!log.error.empty()) return Fail(log.error);
    if (head_.head_type == FullTreeHeadType::kUpdated &&
        !keys_.verify(Encode(TreeHeadTBS{config_, n_, log.root}),
                      head_.tree_head.signature)) {
      return Fail("tree head: signature is not valid for this root");
    }
    Retain(log);
    return true;
  }

  void Retain(const LogEvaluation& log) {
    accepted_.tree_size = n_;
    accepted_.root = log.root;
    accepted_.state = {n_, log.full_subtrees, {}};
    for (uint64_t position : Frontier(n_)) {
      const auto root = prefix_roots_.find(position);
      accepted_.state.frontier[position] = {
          timestamps_.at(position),
          root != prefix_roots_.end()
              ? root->second
              : state_->frontier.at(position).prefix_tree};
    }
  }

  const Configuration& config_;
  const PublicKeys& keys_;
  const std::optional<RetainedState>& state_;
  const uint64_t now_;

  std::string label_;
  std::optional<uint64_t> last_;
  FullTreeHead head_;
  CombinedTreeProof proof_;
  uint64_t n_ = 0;
  std::map<uint32_t, Step> steps_;
  std::map<uint64_t, uint64_t> timestamps_;
  std::set<uint64_t> from_response_;
  size_t next_prefix_proof_ = 0;
  std::map<uint64_t, std::string> prefix_roots_;
  Accepted accepted_;
  std::string error_;
};

}  // namespace

RetainedState StateOf(const World& world, uint64_t n) {
  RetainedState state;
  state.tree_size = n;
  for (Range range : FullSubtrees(n)) {
    state.full_subtrees.push_back(LogValue(world, range));
  }
  for (uint64_t position : Frontier(n)) {
    state.frontier[position] = LogEntryAt(world, position);
  }
  return state;
}

Outcome VerifySearch(const Configuration& config, const PublicKeys& keys,
                     const std::optional<RetainedState>& state,
                     const std::string& request, const std::string& response,
                     uint64_t now) {
  return Run(config, keys, state, now).Search(request, response);
}

Outcome VerifyAbsence(const Configuration& config, const PublicKeys& keys,
                      const std::optional<RetainedState>& state,
                      const std::string& request, const std::string& response,
                      uint64_t now) {
  return Run(config, keys, state, now).Absence(request, response);
}

}  // namespace sealbook::reference
