#include "merkle/testing/random_leaves.h"

namespace sealbook::merkle::testing {
namespace {

template <typename Bytes>
Bytes RandomBytes(std::mt19937_64& random) {
  Bytes bytes;
  for (size_t i = 0; i < Bytes::kSize; ++i) {
    bytes.data()[i] = static_cast<uint8_t>(random());
  }
  return bytes;
}

}  // namespace

crypto::VrfOutput RandomLeaves::Key() {
  return RandomBytes<crypto::VrfOutput>(random_);
}

crypto::VrfOutput RandomLeaves::KeyNear(const crypto::VrfOutput& key,
                                        size_t bits) {
  crypto::VrfOutput near = Key();
  for (size_t i = 0; i <= bits; ++i) {
    const uint8_t mask = 0x80 >> (i % 8);
    const bool bit = key.Bit(i) != (i == bits);
    near.data()[i / 8] = (near.data()[i / 8] & ~mask) | (bit ? mask : 0);
  }
  return near;
}

crypto::Commitment RandomLeaves::Commitment() {
  return RandomBytes<crypto::Commitment>(random_);
}

}  // namespace sealbook::merkle::testing
