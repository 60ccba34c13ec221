// Keys for tests that need thousands of proofs: hashes in place of curves, with
// the cipher suite's lengths. They prove nothing.
#ifndef SEALBOOK_KEYTRANS_TESTING_FAKE_KEYS_H_
#define SEALBOOK_KEYTRANS_TESTING_FAKE_KEYS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/hash.h"
#include "crypto/signature.h"
#include "crypto/types.h"
#include "crypto/vrf.h"

namespace sealbook::keytrans {

// The signature of a message: 64 bytes that anybody can compute.
inline std::string FakeSign(absl::string_view message) {
  std::string half = crypto::Sha256({"fake signature", message}).ToString();
  return half + half;
}

class FakeSignatureKey : public crypto::SignaturePublicKey {
 public:
  absl::Status Verify(absl::string_view message,
                      absl::string_view signature) const override {
    if (signature == FakeSign(message)) return absl::OkStatus();
    return absl::InvalidArgumentError("the signature does not verify");
  }
};

// Output: a hash of the input. Proof: the output and zeros, as long as the
// suite's proofs are.
inline crypto::VrfPrivateKey::Proven FakeProve(
    absl::string_view input,
    crypto::CipherSuite suite = crypto::CipherSuite::kP256) {
  crypto::Hash hash = crypto::Sha256({"fake vrf", input});
  crypto::VrfPrivateKey::Proven proven;
  proven.output = *crypto::VrfOutput::FromBytes(hash.view());
  proven.proof.bytes = hash.ToString();
  proven.proof.bytes.resize(crypto::VrfProofSize(suite), '\0');
  return proven;
}

class FakeVrfKey : public crypto::VrfPublicKey {
 public:
  explicit FakeVrfKey(crypto::CipherSuite suite = crypto::CipherSuite::kP256)
      : suite_(suite) {}

  absl::StatusOr<crypto::VrfOutput> Verify(
      absl::string_view input, const crypto::VrfProof& proof) const override {
    crypto::VrfPrivateKey::Proven proven = FakeProve(input, suite_);
    if (proof == proven.proof) return proven.output;
    return absl::InvalidArgumentError("the VRF proof does not verify");
  }

 private:
  crypto::CipherSuite suite_;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_TESTING_FAKE_KEYS_H_
