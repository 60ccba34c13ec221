#include "tests/reference/consumer.h"

#include <iterator>

#include "tests/reference/hash.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"
#include "tests/reference/log_tree.h"

namespace sealbook::reference {

bool Consumer::ReadUser(std::optional<uint64_t> last) {
  last_ = last;
  if (last_.has_value() != state_.has_value() ||
      (last_.has_value() && *last_ != state_->tree_size)) {
    return Check(false,
                 "request: advertises another tree size than the one held");
  }
  if (!last_.has_value()) return !failed();
  if (*last_ == 0) return Check(false, "retained state: empty tree");
  std::vector<uint64_t> positions;
  for (const auto& [position, entry] : state_->frontier) {
    positions.push_back(position);
    timestamps_[position] = entry.timestamp;
  }
  return Check(positions == Frontier(*last_) &&
                   state_->full_subtrees.size() == FullSubtrees(*last_).size(),
               "retained state: incomplete");
}

bool Consumer::ReadVrfProof(const std::string& label, uint32_t version,
                            const std::string& proof) {
  const std::optional<std::string> output =
      keys_.vrf_verify(Encode(VrfInput{label, version}), proof);
  if (!output.has_value() || output->size() != kVrfOutputSize) {
    return Check(false, "VRF proof is not valid");
  }
  known_[version].vrf_output = *output;
  return !failed();
}

void Consumer::SetCommitment(uint32_t version,
                             std::optional<std::string> commitment) {
  known_[version].commitment = std::move(commitment);
}

bool Consumer::ReadLadder(const std::vector<BinaryLadderStep>& ladder,
                          const std::string& label, uint32_t target,
                          AboveTarget above) {
  const std::vector<uint32_t> versions = BaseLadder(target);
  const bool greatest = above == AboveTarget::kDoesNotExist;
  Check(ladder.size() >= versions.size(), "binary ladder: steps missing");
  Check(ladder.size() <= versions.size(), "binary ladder: steps left over");
  for (size_t i = 0; i < versions.size() && !failed(); ++i) {
    const uint32_t version = versions[i];
    const bool sent = ladder[i].commitment.has_value();
    Check(version != target || !sent,
          "binary ladder: commitment for the target version");
    Check(!greatest || version <= target || !sent,
          "binary ladder: commitment for a version that is claimed not to "
          "exist");
    Check(!greatest || version >= target || sent,
          "binary ladder: commitment missing");
    if (!ReadVrfProof(label, version, ladder[i].proof)) break;
    SetCommitment(version, ladder[i].commitment);
  }
  return !failed();
}

bool Consumer::ReadValue(const std::string& label, uint32_t version,
                         const std::string& opening, const UpdateValue& value) {
  if (config_.mode == DeploymentMode::kThirdPartyManagement) {
    const std::string tbs =
        Encode(UpdateTBS{config_, label, version, value.value});
    Check(keys_.verify_update(tbs, value.suffix.signature),
          "value: signature is not valid");
  }
  SetCommitment(version,
                Commit({opening, label, version, value}, config_.mode));
  return !failed();
}

void Consumer::SetKnown(uint32_t version, const KnownVersion& known) {
  known_[version] = known;
}

bool Consumer::ReadHead(const FullTreeHead& head,
                        const CombinedTreeProof& proof) {
  const bool audited = config_.mode == DeploymentMode::kThirdPartyAuditing;
  if (audited && last_.has_value()) {
    Check(state_->auditor_tree_head.has_value(),
          "retained state: no auditor tree head");
  }
  if (head.head_type == FullTreeHeadType::kSame) {
    return Check(last_.has_value(),
                 "tree head: same, but nothing was advertised") &&
           ReadSize(*last_, proof);
  }
  if (!ReadTreeHead(head.tree_head, proof)) return false;
  Check(!last_.has_value() || n_ > *last_,
        "tree head: updated, but not larger than advertised");
  return audited ? ReadAuditorHead(head) : !failed();
}

bool Consumer::ReadTreeHead(const TreeHead& head,
                            const CombinedTreeProof& proof) {
  tree_head_ = head;
  return Check(head.tree_size > 0, "tree head: empty tree") &&
         ReadSize(head.tree_size, proof);
}

bool Consumer::ReadSize(uint64_t n, const CombinedTreeProof& proof) {
  n_ = n;
  proof_ = proof;
  return !failed();
}

// "Auditor Tree Head Signature", steps 1 and 3.
bool Consumer::ReadAuditorHead(const FullTreeHead& head) {
  if (failed()) return false;
  auditor_tree_head_ = head.auditor_tree_head;
  if (last_.has_value()) {
    Check(state_->auditor_tree_head->tree_size >= config_.auditor_start_pos,
          "auditor tree head: the auditor began right of the one before");
  }
  Check(auditor_tree_head_->tree_size > 0, "auditor tree head: empty tree");
  return Check(auditor_tree_head_->tree_size <= n_,
               "auditor tree head: larger than the tree");
}

bool Consumer::CheckClock() {
  if (failed()) return false;
  const uint64_t rightmost = timestamps_.at(n_ - 1);
  if (rightmost > now_ && rightmost - now_ > config_.max_ahead) {
    Fail("clock: tree head is too far ahead");
  }
  if (rightmost < now_ && now_ - rightmost > config_.max_behind) {
    Fail("clock: tree head is too far behind");
  }
  if (!auditor_tree_head_.has_value()) return !failed();
  const uint64_t audited = auditor_tree_head_->timestamp;  // step 2
  Check(rightmost >= audited, "auditor tree head: later than the tree head");
  return Check(rightmost - audited <= config_.max_auditor_lag,
               "auditor tree head: lags too far behind");
}

uint64_t Consumer::Timestamp(uint64_t position) {
  if (failed()) return 0;
  const auto known = timestamps_.find(position);
  if (known != timestamps_.end()) return known->second;
  if (!Check(next_timestamp_ < proof_.timestamps.size(),
             "timestamps missing")) {
    return 0;
  }
  const uint64_t timestamp = proof_.timestamps[next_timestamp_++];
  timestamps_[position] = timestamp;
  from_response_.insert(position);
  CheckOrder(position);
  return timestamp;
}

// The timestamps known so far were in order without this one.
void Consumer::CheckOrder(uint64_t position) {
  const auto own = timestamps_.find(position);
  const auto next = std::next(own);
  Check(own == timestamps_.begin() || std::prev(own)->second <= own->second,
        "timestamps run backwards");
  Check(next == timestamps_.end() || own->second <= next->second,
        "timestamps run backwards");
}

void Consumer::BeginProof(uint64_t position) {
  proving_ = position;
  lookups_.clear();
  Check(next_prefix_proof_ < proof_.prefix_proofs.size(),
        "prefix proofs missing");
}

bool Consumer::LookUp(uint32_t version) {
  if (failed()) return false;
  const auto& results = proof_.prefix_proofs[next_prefix_proof_].results;
  if (!Check(lookups_.size() < results.size(),
             "prefix proof: results missing")) {
    return false;
  }
  const KnownVersion& known = known_.at(version);
  lookups_.push_back({known.vrf_output, known.commitment});
  return results[lookups_.size() - 1].result_type ==
         PrefixSearchResultType::kInclusion;
}

void Consumer::EndProof() {
  if (failed()) return;
  const PrefixEvaluation evaluation =
      EvaluatePrefix(lookups_, proof_.prefix_proofs[next_prefix_proof_++]);
  if (!Check(evaluation.error.empty(), evaluation.error)) return;
  if (last_.has_value()) {
    const auto retained = state_->frontier.find(proving_);
    Check(retained == state_->frontier.end() ||
              retained->second.prefix_tree == evaluation.root,
          "prefix root differs from the retained one");
  }
  const auto [root, added] = prefix_roots_.emplace(proving_, evaluation.root);
  Check(root->second == evaluation.root,
        "two prefix proofs of one entry lead to different roots");
}

bool Consumer::EndsBefore(uint64_t position) {
  return next_prefix_proof_ == proof_.prefix_proofs.size();
}

bool Consumer::CheckCounts() {
  Check(next_timestamp_ == proof_.timestamps.size(), "timestamps left over");
  Check(next_prefix_proof_ == proof_.prefix_proofs.size(),
        "prefix proofs left over");
  std::vector<uint64_t> rootless;
  for (uint64_t position : from_response_) {
    if (!prefix_roots_.contains(position)) rootless.push_back(position);
  }
  Check(proof_.prefix_roots.size() >= rootless.size(), "prefix roots missing");
  Check(proof_.prefix_roots.size() <= rootless.size(),
        "prefix roots left over");
  if (failed()) return false;
  for (size_t i = 0; i < rootless.size(); ++i) {
    prefix_roots_[rootless[i]] = proof_.prefix_roots[i];
  }
  return true;
}

bool Consumer::Finish(const std::set<uint64_t>& earlier) {
  if (failed() || !CheckCounts()) return false;
  std::map<uint64_t, std::string> leaves;
  for (uint64_t position : from_response_) {
    leaves[position] =
        LogLeafValue({timestamps_[position], prefix_roots_[position]});
  }
  std::optional<uint64_t> audited;
  if (auditor_tree_head_.has_value()) audited = auditor_tree_head_->tree_size;
  std::set<uint64_t> sizes = earlier;
  if (audited.has_value()) sizes.insert(*audited);
  const LogEvaluation log = EvaluateLog(
      n_, leaves, last_,
      last_.has_value() ? state_->full_subtrees : std::vector<std::string>(),
      proof_.inclusion.elements, sizes, audited);
  if (!Check(log.error.empty(), log.error)) return false;
  root_ = log.root;
  full_subtrees_ = log.full_subtrees;
  earlier_roots_ = log.earlier_roots;
  earlier_subtrees_ = log.earlier_subtrees;
  return CheckSignatures();
}

bool Consumer::CheckSignatures() {
  if (tree_head_.has_value()) {
    Check(keys_.verify(Encode(TreeHeadTBS{config_, n_, root_}),
                       tree_head_->signature),
          "tree head: signature is not valid for this root");
  }
  if (auditor_tree_head_.has_value()) {  // "Auditor Tree Head Signature", 4
    const auto& [timestamp, tree_size, signature] = *auditor_tree_head_;
    const AuditorTreeHeadTBS tbs = {config_, timestamp, tree_size,
                                    earlier_roots_.at(tree_size)};
    Check(keys_.verify_auditor(Encode(tbs), signature),
          "auditor tree head: signature is not valid for this root");
  }
  return !failed();
}

std::string Consumer::PrefixRootOf(uint64_t position) const {
  const auto root = prefix_roots_.find(position);
  return root != prefix_roots_.end()
             ? root->second
             : state_->frontier.at(position).prefix_tree;
}

RetainedState Consumer::EarlierState(uint64_t size) const {
  RetainedState out = {size, earlier_subtrees_.at(size), {}, std::nullopt};
  for (uint64_t position : Frontier(size)) {
    out.frontier[position] = {timestamps_.at(position), PrefixRootOf(position)};
  }
  return out;
}

NewView Consumer::View() const {
  NewView view{n_, root_, {n_, full_subtrees_, {}, auditor_tree_head_}};
  for (uint64_t position : Frontier(n_)) {
    view.state.frontier[position] = {timestamps_.at(position),
                                     PrefixRootOf(position)};
  }
  // The same head, and so the same auditor's.
  if (!tree_head_.has_value() && state_.has_value()) {
    view.state.auditor_tree_head = state_->auditor_tree_head;
  }
  return view;
}

}  // namespace sealbook::reference
