// Search keys and leaves for random tests; the same seed gives the same ones.
#ifndef SEALBOOK_MERKLE_TESTING_RANDOM_LEAVES_H_
#define SEALBOOK_MERKLE_TESTING_RANDOM_LEAVES_H_

#include <cstdint>
#include <random>

#include "crypto/types.h"
#include "merkle/prefix_proof.h"

namespace sealbook::merkle::testing {

class RandomLeaves {
 public:
  explicit RandomLeaves(uint64_t seed) : random_(seed) {}

  std::mt19937_64& random() { return random_; }
  // Evenly spread, as VRF outputs are.
  crypto::VrfOutput Key();
  // Shares its first `bits` bits with `key`, and not the next. Requires:
  // bits < 256.
  crypto::VrfOutput KeyNear(const crypto::VrfOutput& key, size_t bits);
  crypto::Commitment Commitment();
  PrefixLeaf Leaf() { return {Key(), Commitment()}; }

 private:
  std::mt19937_64 random_;
};

}  // namespace sealbook::merkle::testing

#endif  // SEALBOOK_MERKLE_TESTING_RANDOM_LEAVES_H_
