// The distinct byte strings of the protocol ([KT] "Cryptographic
// Computations").
#ifndef SEALBOOK_CRYPTO_TYPES_H_
#define SEALBOOK_CRYPTO_TYPES_H_

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace sealbook::crypto {

// SHA-256 output: node values, log roots, prefix roots (Hash.Nh = 32).
using Hash = FixedBytes<struct HashTag, 32>;
// Commitment to an UpdateValue (HMAC-SHA256).
using Commitment = FixedBytes<struct CommitmentTag, 32>;
// Commitment opening (Nc = 16).
using Opening = FixedBytes<struct OpeningTag, 16>;
// VRF output, truncated by the cipher suite to VRF.Nh = 32: the search key.
using VrfOutput = FixedBytes<struct VrfOutputTag, 32>;

// VRF proof; its length is the cipher suite's VRF.Np (81 for P-256, 80 for
// Ed25519).
struct VrfProof {
  std::string bytes;
  friend bool operator==(const VrfProof&, const VrfProof&) = default;
};

// [KT] "KT Cipher Suites".
enum class CipherSuite : uint16_t {
  kP256 = 0x0001,     // KT_128_SHA256_P256
  kEd25519 = 0x0002,  // KT_128_SHA256_Ed25519
};

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_TYPES_H_
