// The prefix tree straight from the draft ([KT] "Prefix Tree"): a map, and
// plain recursion over the keys that share a prefix. Slow; shares no code with
// the tree over pages, nor with the evaluation of proofs.
#ifndef SEALBOOK_MERKLE_TESTING_REFERENCE_PREFIX_TREE_H_
#define SEALBOOK_MERKLE_TESTING_REFERENCE_PREFIX_TREE_H_

#include <map>
#include <vector>

#include "crypto/types.h"
#include "merkle/prefix_proof.h"

namespace sealbook::merkle::testing {

class ReferencePrefixTree {
 public:
  // False when the search key is there already.
  bool Insert(const PrefixLeaf& leaf);

  crypto::Hash Root() const;
  PrefixProof Prove(const std::vector<crypto::VrfOutput>& keys) const;

  const std::map<crypto::VrfOutput, crypto::Commitment>& leaves() const {
    return leaves_;
  }

 private:
  std::map<crypto::VrfOutput, crypto::Commitment> leaves_;
};

}  // namespace sealbook::merkle::testing

#endif  // SEALBOOK_MERKLE_TESTING_REFERENCE_PREFIX_TREE_H_
