#include "tests/reference/recorder.h"

#include "tests/reference/implicit_tree.h"
#include "tests/reference/log_tree.h"
#include "tests/reference/prefix_tree.h"
#include "tests/reference/require.h"

namespace sealbook::reference {

Recorder::Recorder(const World& world, uint64_t n, std::optional<uint64_t> last,
                   const std::string& label)
    : world_(&world), n_(n), last_(last), label_(&label) {
  Require(n > 0 && n <= world.entries.size(), "tree size shown");
  if (!last.has_value()) return;
  const std::vector<uint64_t> frontier = Frontier(*last);
  retained_ = {frontier.begin(), frontier.end()};
}

uint64_t Recorder::Timestamp(uint64_t position) {
  const uint64_t timestamp = world_->entries[position].timestamp;
  if (!retained_.contains(position) && sent_.insert(position).second) {
    proof_.timestamps.push_back(timestamp);
  }
  return timestamp;
}

void Recorder::BeginProof(uint64_t position) {
  proving_ = position;
  keys_.clear();
}

bool Recorder::LookUp(uint32_t version) {
  keys_.push_back(VrfOf(*world_, *label_, version).output);
  return ContainsVersion(*world_, proving_, *label_, version);
}

void Recorder::EndProof() {
  with_root_.insert(proving_);
  proof_.prefix_proofs.push_back(
      ProvePrefix(TreeAt(*world_, proving_), keys_, &world_->cache.prefix));
}

bool Recorder::EndsBefore(uint64_t position) {
  return stop_ && stop_(position);
}

CombinedTreeProof Recorder::Proof(const FullTreeHead& head) const {
  std::optional<uint64_t> audited;
  if (head.head_type == FullTreeHeadType::kUpdated &&
      world_->config.mode == DeploymentMode::kThirdPartyAuditing) {
    audited = head.auditor_tree_head.tree_size;
  }
  CombinedTreeProof out = proof_;
  for (uint64_t position : sent_) {
    if (with_root_.contains(position)) continue;
    out.prefix_roots.push_back(LogEntryAt(*world_, position).prefix_tree);
  }
  for (Range node : BatchProofNodes(n_, sent_, last_, audited)) {
    out.inclusion.elements.push_back(LogValue(*world_, node));
  }
  return out;
}

bool Recorder::Fits() const {
  return proof_.timestamps.size() <= 255 && proof_.prefix_proofs.size() <= 255;
}

}  // namespace sealbook::reference
