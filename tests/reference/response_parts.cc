#include "tests/reference/response_parts.h"

#include "tests/reference/prover.h"

namespace sealbook::reference {

TreeHead SignedTreeHead(const World& world, uint64_t n) {
  const std::string tbs =
      Encode(TreeHeadTBS{world.config, n, LogValue(world, {0, n})});
  auto& cache = world.cache.signatures;
  auto hit = cache.find(tbs);
  if (hit == cache.end()) hit = cache.emplace(tbs, world.sign(tbs)).first;
  return {n, hit->second};
}

FullTreeHead BuildHead(const World& world, uint64_t n, bool say_same) {
  if (say_same) return {FullTreeHeadType::kSame, {}};
  FullTreeHead out = {FullTreeHeadType::kUpdated, SignedTreeHead(world, n), {}};
  if (world.config.mode == DeploymentMode::kThirdPartyAuditing) {
    out.auditor_tree_head = SignedAuditorTreeHead(world, world.audited(n));
  }
  return out;
}

BinaryLadderStep BuildStep(const World& world, uint64_t n,
                           const std::string& label, uint32_t version,
                           bool computed_by_user) {
  BinaryLadderStep step;
  step.proof = VrfOf(world, label, version).proof;
  if (!computed_by_user) {
    step.commitment = CommitmentAt(world, n - 1, label, version);
  }
  return step;
}

}  // namespace sealbook::reference
