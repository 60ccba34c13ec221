// Search keys as paths in the prefix tree: bit 0 leads from the root.
#ifndef SEALBOOK_MERKLE_PREFIX_BITS_H_
#define SEALBOOK_MERKLE_PREFIX_BITS_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "crypto/types.h"

namespace sealbook::merkle {

// Proofs give a depth in one octet ([KT] PrefixSearchResult), so no leaf may
// sit deeper than this.
inline constexpr size_t kMaxPrefixDepth = 255;

// The number of leading bits that both keys have in common: 0 to 256.
inline size_t CommonPrefixBits(const crypto::VrfOutput& a,
                               const crypto::VrfOutput& b) {
  for (size_t i = 0; i < crypto::VrfOutput::kSize; ++i) {
    const uint8_t difference = a.data()[i] ^ b.data()[i];
    if (difference != 0) return 8 * i + std::countl_zero(difference);
  }
  return 8 * crypto::VrfOutput::kSize;
}

// The four bits of `key` that begin at `depth`. Requires: depth % 4 == 0 and
// depth < 256.
inline uint32_t NibbleAt(const crypto::VrfOutput& key, size_t depth) {
  const uint8_t byte = key.data()[depth / 8];
  return depth % 8 == 0 ? byte >> 4 : byte & 15;
}

}  // namespace sealbook::merkle

#endif  // SEALBOOK_MERKLE_PREFIX_BITS_H_
