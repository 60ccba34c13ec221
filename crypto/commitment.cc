#include "crypto/commitment.h"

#include <algorithm>
#include <array>

#include "crypto/hmac.h"

namespace sealbook::crypto {
namespace {

// [KT] "KT Cipher Suites": the same in both suites.
constexpr std::array<char, 16> kCommitmentKey = {
    '\xd8', '\x21', '\xf8', '\x79', '\x0d', '\x97', '\x70', '\x97',
    '\x96', '\xb4', '\xd7', '\x90', '\x33', '\x57', '\xc3', '\xf5'};

}  // namespace

Commitment ComputeCommitment(absl::string_view commitment_value) {
  // Never deleted: threads may still commit while the process ends.
  static const HmacSha256& hmac = *new HmacSha256(
      absl::string_view(kCommitmentKey.data(), kCommitmentKey.size()));
  Hash mac = hmac.Compute(commitment_value);
  Commitment commitment;
  std::copy(mac.data(), mac.data() + mac.size(), commitment.data());
  return commitment;
}

}  // namespace sealbook::crypto
