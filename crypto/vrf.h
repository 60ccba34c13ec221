// Verifiable random functions of a cipher suite (RFC 9381; [KT] "Verifiable
// Random Function"). Values are immutable and thread-safe.
//
// 0x0001: ECVRF-P256-SHA256-TAI. Public key: compressed point (33 bytes).
// Proof: Gamma (33) || c (16) || s (32) = 81 bytes. Output: 32 bytes.
// 0x0002: ECVRF-EDWARDS25519-SHA512-TAI. Public key: as in RFC 8032 (32 bytes).
// Proof: Gamma (32) || c (16) || s (32) = 80 bytes. Output: the first 32 of the
// 64 bytes.
#ifndef SEALBOOK_CRYPTO_VRF_H_
#define SEALBOOK_CRYPTO_VRF_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/secret_text.h"
#include "crypto/types.h"

namespace sealbook::crypto {

// VRF.Np of the suite, in bytes. 0: a cipher suite that this build does not
// have.
size_t VrfProofSize(CipherSuite suite);

class VrfPublicKey {
 public:
  // Validates the key once (RFC 9381, 5.4.5, and that it has prime order).
  // INVALID_ARGUMENT: not a valid key. UNIMPLEMENTED: a cipher suite that this
  // build does not have.
  static absl::StatusOr<std::unique_ptr<VrfPublicKey>> Parse(
      CipherSuite suite, absl::string_view encoded);

  virtual ~VrfPublicKey() = default;
  // The output that `proof` proves for `input`. INVALID_ARGUMENT: wrong length,
  // a non-canonical point, a scalar out of range, or a proof that does not
  // hold.
  virtual absl::StatusOr<VrfOutput> Verify(absl::string_view input,
                                           const VrfProof& proof) const = 0;
};

class VrfPrivateKey {
 public:
  // UNIMPLEMENTED, below: as in VrfPublicKey::Parse.
  struct Proven {
    VrfOutput output;
    VrfProof proof;
  };

  static absl::StatusOr<std::unique_ptr<VrfPrivateKey>> Generate(
      CipherSuite suite);
  // From PKCS#8 or (P-256) SEC 1 PEM text. INVALID_ARGUMENT: not a key of this
  // suite.
  static absl::StatusOr<std::unique_ptr<VrfPrivateKey>> FromPem(
      CipherSuite suite, absl::string_view pem);

  virtual ~VrfPrivateKey() = default;
  // The output alone: half the cost of Prove.
  virtual absl::StatusOr<VrfOutput> Evaluate(absl::string_view input) const = 0;
  virtual absl::StatusOr<Proven> Prove(absl::string_view input) const = 0;
  // The suite's encoding, as in Configuration.vrf_public_key.
  virtual const std::string& public_key() const = 0;
  // PKCS#8 PEM text, for WriteKeyFile (crypto/key_file.h).
  virtual absl::StatusOr<SecretText> ToPem() const = 0;
};

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_VRF_H_
