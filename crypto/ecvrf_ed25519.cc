#include "crypto/ecvrf_ed25519.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/ed25519_key.h"
#include "crypto/edwards25519.h"
#include "crypto/openssl_ptr.h"
#include "crypto/private_key_pem.h"
#include "crypto/secret_bytes.h"

namespace sealbook::crypto {
namespace {

// suite_string || a domain separator's front (RFC 9381, 5.4 and 5.5).
constexpr absl::string_view kEncodeToCurve("\x03\x01", 2);
constexpr absl::string_view kChallenge("\x03\x02", 2);
constexpr absl::string_view kProofToHash("\x03\x03", 2);
// Every domain separator's back.
constexpr absl::string_view kBack("\x00", 1);

constexpr size_t kChallengeSize = 16;  // cLen
constexpr size_t kChallengeAt = EdwardsPoint::kSize;
constexpr size_t kResponseAt = kChallengeAt + kChallengeSize;
static_assert(kResponseAt + EdwardsScalar::size() == kEcvrfEd25519ProofSize);

using Challenge = std::array<uint8_t, kChallengeSize>;

const uint8_t* Bytes(absl::string_view view) {
  return reinterpret_cast<const uint8_t*>(view.data());
}

// Wiped, as some are secret; so is libsodium's state.
SecretBytes<64> Sha512(std::initializer_list<absl::string_view> parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (absl::string_view part : parts) {
    crypto_hash_sha512_update(&state, Bytes(part), part.size());
  }
  SecretBytes<64> hash;
  crypto_hash_sha512_final(&state, hash.data());
  return hash;
}

// The number that `bytes` (at most 32, the number below q) are.
EdwardsScalar ToScalar(const uint8_t* bytes, size_t size) {
  EdwardsScalar scalar;
  std::copy_n(bytes, size, scalar.data());
  return scalar;
}

// ECVRF_encode_to_curve_try_and_increment (5.4.1.1); the salt is the public
// key. The point has prime order. The time depends on the input and the public
// key only.
absl::StatusOr<EdwardsPoint> EncodeToCurve(absl::string_view public_key,
                                           absl::string_view input) {
  for (int counter = 0; counter <= 255; ++counter) {
    const char octet = static_cast<char>(counter);
    const SecretBytes<64> hash = Sha512({kEncodeToCurve, public_key, input,
                                         absl::string_view(&octet, 1), kBack});
    // interpret_hash_value_as_a_point(s) = string_to_point(s[0]...s[31]).
    const std::optional<EdwardsPoint> point =
        MultiplyByCofactor(hash.view().substr(0, EdwardsPoint::kSize));
    if (point.has_value() && *point != EdwardsIdentity()) return *point;
  }
  // One input in 2^256.
  return absl::InvalidArgumentError("no curve point for this VRF input");
}

// ECVRF_proof_to_hash (5.2), from cofactor * Gamma; truncated ([KT] "KT Cipher
// Suites").
VrfOutput ProofToHash(const EdwardsPoint& cleared_gamma) {
  const SecretBytes<64> hash =
      Sha512({kProofToHash, cleared_gamma.view(), kBack});
  VrfOutput output;
  std::copy_n(hash.data(), output.size(), output.data());
  return output;
}

// ECVRF_challenge_generation (5.4.3).
Challenge GenerateChallenge(absl::string_view public_key, const EdwardsPoint& h,
                            absl::string_view gamma, const EdwardsPoint& u,
                            const EdwardsPoint& v) {
  const SecretBytes<64> hash = Sha512(
      {kChallenge, public_key, h.view(), gamma, u.view(), v.view(), kBack});
  Challenge challenge;
  std::copy_n(hash.data(), challenge.size(), challenge.begin());
  return challenge;
}

class EcvrfEd25519PublicKey : public VrfPublicKey {
 public:
  explicit EcvrfEd25519PublicKey(const EdwardsPoint& key) : key_(key) {}

  // ECVRF_verify (5.3).
  absl::StatusOr<VrfOutput> Verify(absl::string_view input,
                                   const VrfProof& proof) const override {
    // Steps 4 to 6: ECVRF_decode_proof (5.4.4). Gamma may be any point of the
    // curve there: a part of small order, which only a dishonest prover adds,
    // does not reach the output. Multiply is exact for such points as well.
    if (proof.bytes.size() != kEcvrfEd25519ProofSize) {
      return absl::InvalidArgumentError(
          absl::StrCat("VRF proof has ", proof.bytes.size(), " bytes, not ",
                       kEcvrfEd25519ProofSize));
    }
    const absl::string_view bytes = proof.bytes;
    SEALBOOK_ASSIGN_OR_RETURN(
        const EdwardsPoint gamma,
        EdwardsPoint::FromBytes(bytes.substr(0, EdwardsPoint::kSize)));
    const std::optional<EdwardsPoint> cleared_gamma =
        MultiplyByCofactor(gamma.view());
    if (!cleared_gamma.has_value()) {
      return absl::InvalidArgumentError(
          "Gamma of the VRF proof: not the canonical encoding of an "
          "edwards25519 point");
    }
    if (!IsEdwardsScalar(bytes.substr(kResponseAt))) {
      return absl::InvalidArgumentError("s of the VRF proof is out of range");
    }
    const uint8_t* c_bytes = Bytes(bytes) + kChallengeAt;
    const EdwardsScalar c = ToScalar(c_bytes, kChallengeSize);
    const EdwardsScalar s =
        ToScalar(Bytes(bytes) + kResponseAt, EdwardsScalar::size());
    // Step 7.
    SEALBOOK_ASSIGN_OR_RETURN(const EdwardsPoint h,
                              EncodeToCurve(key_.view(), input));
    // Steps 8 and 9.
    const EdwardsPoint u = Subtract(MultiplyGenerator(s), Multiply(c, key_));
    const EdwardsPoint v = Subtract(Multiply(s, h), Multiply(c, gamma));
    // Steps 10 and 11.
    const Challenge expected =
        GenerateChallenge(key_.view(), h, gamma.view(), u, v);
    if (!std::equal(expected.begin(), expected.end(), c_bytes)) {
      return absl::InvalidArgumentError("VRF proof does not hold");
    }
    return ProofToHash(*cleared_gamma);
  }

 private:
  EdwardsPoint key_;
};

// What RFC 8032, 5.1.5 makes of a private key.
struct ExpandedKey {
  EdwardsScalar x;
  SecretBytes<32> prefix;
};

ExpandedKey Expand(const SecretBytes<kEd25519KeySize>& seed) {
  const SecretBytes<64> hash = Sha512({seed.view()});
  SecretBytes<64> scalar;
  std::copy_n(hash.data(), 32, scalar.data());
  scalar[0] &= 0xf8;
  scalar[31] = (scalar[31] & 0x7f) | 0x40;
  ExpandedKey key;
  // x multiplies points of prime order only: q more or less is the same.
  key.x = ReduceScalar(scalar);
  std::copy_n(hash.data() + 32, 32, key.prefix.data());
  return key;
}

class EcvrfEd25519PrivateKey : public VrfPrivateKey {
 public:
  static absl::StatusOr<std::unique_ptr<VrfPrivateKey>> Make(EvpPkeyPtr key) {
    SEALBOOK_ASSIGN_OR_RETURN(const SecretBytes<kEd25519KeySize> seed,
                              Ed25519Seed(key.get()));
    return std::make_unique<EcvrfEd25519PrivateKey>(std::move(key),
                                                    Expand(seed));
  }

  EcvrfEd25519PrivateKey(EvpPkeyPtr key, const ExpandedKey& expanded)
      : key_(std::move(key)),
        expanded_(expanded),
        public_key_(MultiplyGenerator(expanded.x).ToString()) {
    EdwardsScalar eight;
    eight[0] = 8;
    cleared_x_ = MultiplyAddScalars(eight, expanded.x, EdwardsScalar());
  }

  absl::StatusOr<VrfOutput> Evaluate(absl::string_view input) const override {
    SEALBOOK_ASSIGN_OR_RETURN(const EdwardsPoint h,
                              EncodeToCurve(public_key_, input));
    // 8 * Gamma = (8 * x) * H, without Gamma.
    return ProofToHash(Multiply(cleared_x_, h));
  }

  // ECVRF_prove (5.1).
  absl::StatusOr<Proven> Prove(absl::string_view input) const override {
    // Steps 2 to 4.
    SEALBOOK_ASSIGN_OR_RETURN(const EdwardsPoint h,
                              EncodeToCurve(public_key_, input));
    const EdwardsPoint gamma = Multiply(expanded_.x, h);
    // Step 5: ECVRF_nonce_generation_RFC8032 (5.4.2.2).
    const EdwardsScalar k =
        ReduceScalar(Sha512({expanded_.prefix.view(), h.view()}));
    // Step 6.
    const Challenge c = GenerateChallenge(public_key_, h, gamma.view(),
                                          MultiplyGenerator(k), Multiply(k, h));
    // Steps 7 and 8.
    const EdwardsScalar s =
        MultiplyAddScalars(ToScalar(c.data(), c.size()), expanded_.x, k);
    std::string proof = gamma.ToString();
    proof.append(c.begin(), c.end());
    proof.append(s.view().data(), s.view().size());
    return Proven{ProofToHash(*MultiplyByCofactor(gamma.view())),
                  VrfProof{std::move(proof)}};
  }

  const std::string& public_key() const override { return public_key_; }

  absl::StatusOr<SecretText> ToPem() const override {
    return PrivateKeyToPem(key_.get());
  }

 private:
  EvpPkeyPtr key_;
  ExpandedKey expanded_;
  EdwardsScalar cleared_x_;  // 8 * x
  std::string public_key_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VrfPublicKey>> ParseEcvrfEd25519(
    absl::string_view encoded) {
  // ECVRF_validate_key (5.4.5) and more: a part of small order is refused too,
  // which no private key has.
  SEALBOOK_ASSIGN_OR_RETURN(const EdwardsPoint key,
                            ParsePrimeOrderPoint(encoded));
  return std::make_unique<EcvrfEd25519PublicKey>(key);
}

absl::StatusOr<std::unique_ptr<VrfPrivateKey>> GenerateEcvrfEd25519() {
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, GenerateEd25519Key());
  return EcvrfEd25519PrivateKey::Make(std::move(key));
}

absl::StatusOr<std::unique_ptr<VrfPrivateKey>> EcvrfEd25519FromPem(
    absl::string_view pem) {
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, Ed25519KeyFromPem(pem));
  return EcvrfEd25519PrivateKey::Make(std::move(key));
}

}  // namespace sealbook::crypto
