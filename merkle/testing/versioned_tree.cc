#include "merkle/testing/versioned_tree.h"

namespace sealbook::merkle::testing {

using crypto::VrfOutput;

absl::Status VersionedTree::Insert(const Entries& entries,
                                   const ParallelFor& parallel) {
  absl::StatusOr<PrefixTreeUpdate> update = InsertLeaves(
      store, versions.back(), kFirst + versions.size() - 1, entries, parallel);
  if (!update.ok()) return update.status();
  store.Put(update->pages);
  versions.insert(versions.end(), update->versions.begin(),
                  update->versions.end());
  return absl::OkStatus();
}

absl::StatusOr<PrefixProof> VersionedTree::Prove(
    const std::vector<VrfOutput>& keys, size_t version) {
  const std::vector<PrefixLookup> lookups = {{versions[version], keys}};
  absl::StatusOr<std::vector<PrefixProof>> proofs =
      ProveLookups(store, lookups);
  if (!proofs.ok()) return proofs.status();
  return proofs->front();
}

absl::StatusOr<PrefixProof> VersionedTree::Prove(
    const std::vector<VrfOutput>& keys) {
  return Prove(keys, versions.size() - 1);
}

Entries EntrySource::Next(size_t entries, size_t most_leaves) {
  Entries result(entries);
  for (std::vector<PrefixLeaf>& entry : result) {
    const size_t count = 1 + leaves.random()() % most_leaves;
    while (entry.size() < count) {
      PrefixLeaf leaf{NewKey(), leaves.Commitment()};
      if (!used_.insert(leaf.vrf_output).second) continue;
      keys.push_back(leaf.vrf_output);
      entry.push_back(leaf);
    }
  }
  return result;
}

std::vector<VrfOutput> EntrySource::SearchKeys(size_t count) {
  std::vector<VrfOutput> result;
  while (result.size() < count) {
    const uint64_t choice = leaves.random()() % 5;
    if (choice < 3 && !keys.empty()) {
      result.push_back(keys[leaves.random()() % keys.size()]);
    } else if (choice == 3 && !result.empty()) {
      result.push_back(result[leaves.random()() % result.size()]);
    } else {
      result.push_back(NewKey());
    }
  }
  return result;
}

VrfOutput EntrySource::NewKey() {
  if (keys.empty() || leaves.random()() % 3 != 0) return leaves.Key();
  return leaves.KeyNear(keys[leaves.random()() % keys.size()],
                        leaves.random()() % 40);
}

}  // namespace sealbook::merkle::testing
