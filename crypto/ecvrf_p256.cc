#include "crypto/ecvrf_p256.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "crypto/p256.h"
#include "crypto/p256_key.h"
#include "crypto/private_key_pem.h"
#include "crypto/rfc6979.h"

namespace sealbook::crypto {
namespace {

// suite_string || a domain separator's front (RFC 9381, 5.4 and 5.5).
constexpr absl::string_view kEncodeToCurve("\x01\x01", 2);
constexpr absl::string_view kChallenge("\x01\x02", 2);
constexpr absl::string_view kProofToHash("\x01\x03", 2);
// Every domain separator's back.
constexpr absl::string_view kBack("\x00", 1);

constexpr size_t kChallengeSize = 16;  // cLen
constexpr size_t kChallengeAt = kP256PointSize;
constexpr size_t kResponseAt = kChallengeAt + kChallengeSize;
static_assert(kResponseAt + kP256ScalarSize == kEcvrfP256ProofSize);

using Challenge = std::array<uint8_t, kChallengeSize>;

const uint8_t* Bytes(absl::string_view view) {
  return reinterpret_cast<const uint8_t*>(view.data());
}

BnPtr ToBn(const uint8_t* bytes, size_t size) {
  BnPtr number(BN_bin2bn(bytes, static_cast<int>(size), nullptr));
  RequireOpenSsl(number != nullptr, "BN_bin2bn");
  return number;
}

// A point beside its encoding: both are needed again and again.
struct EncodedPoint {
  EcPointPtr point;
  P256PointBytes bytes;
};

absl::StatusOr<EncodedPoint> WithEncoding(EcPointPtr point) {
  SEALBOOK_ASSIGN_OR_RETURN(P256PointBytes bytes, EncodeP256Point(point.get()));
  return EncodedPoint{std::move(point), bytes};
}

// ECVRF_encode_to_curve_try_and_increment (5.4.1.1); the salt is the public
// key. The time depends on the input and the public key only.
absl::StatusOr<EncodedPoint> EncodeToCurve(const P256PointBytes& public_key,
                                           absl::string_view input) {
  for (int counter = 0; counter <= 255; ++counter) {
    const char octet = static_cast<char>(counter);
    Hash hash = Sha256({kEncodeToCurve, AsView(public_key), input,
                        absl::string_view(&octet, 1), kBack});
    // interpret_hash_value_as_a_point(s) = string_to_point(0x02 || s).
    P256PointBytes candidate;
    candidate[0] = 2;
    std::copy_n(hash.data(), hash.size(), candidate.begin() + 1);
    absl::StatusOr<EcPointPtr> point = DecodeP256Point(AsView(candidate));
    if (point.ok()) return EncodedPoint{*std::move(point), candidate};
    if (!absl::IsInvalidArgument(point.status())) return point.status();
  }
  // One input in 2^256.
  return absl::InvalidArgumentError("no curve point for this VRF input");
}

// ECVRF_proof_to_hash (5.2); the cofactor is 1.
VrfOutput ProofToHash(absl::string_view gamma) {
  Hash hash = Sha256({kProofToHash, gamma, kBack});
  VrfOutput output;
  std::copy_n(hash.data(), hash.size(), output.data());
  return output;
}

// ECVRF_challenge_generation (5.4.3).
absl::StatusOr<Challenge> GenerateChallenge(const P256PointBytes& public_key,
                                            const P256PointBytes& h,
                                            absl::string_view gamma,
                                            const EC_POINT* u,
                                            const EC_POINT* v) {
  SEALBOOK_ASSIGN_OR_RETURN(P256PointBytes u_bytes, EncodeP256Point(u));
  SEALBOOK_ASSIGN_OR_RETURN(P256PointBytes v_bytes, EncodeP256Point(v));
  Hash hash = Sha256({kChallenge, AsView(public_key), AsView(h), gamma,
                      AsView(u_bytes), AsView(v_bytes), kBack});
  Challenge challenge;
  std::copy_n(hash.data(), challenge.size(), challenge.begin());
  return challenge;
}

// (k + c*x) mod q without a branch on k or x.
absl::Status Respond(const BIGNUM* k, const Challenge& c, const BIGNUM* x,
                     uint8_t* response) {
  // BN_mod_mul_montgomery takes the context as non-const, but only reads it.
  BN_MONT_CTX* montgomery = const_cast<BN_MONT_CTX*>(P256OrderMontgomery());
  BN_CTX* scratch = ThreadBnCtx();
  BnPtr s = NewBn();
  BnPtr product = NewBn();
  BnPtr c_number = ToBn(c.data(), c.size());
  // A Montgomery product with one factor in Montgomery form is a plain product.
  bool ok = BN_to_montgomery(c_number.get(), c_number.get(), montgomery,
                             scratch) == 1 &&
            BN_mod_mul_montgomery(product.get(), c_number.get(), x, montgomery,
                                  scratch) == 1 &&
            BN_mod_add_quick(s.get(), product.get(), k, P256Order()) == 1 &&
            BN_bn2binpad(s.get(), response, kP256ScalarSize) > 0;
  if (ok) return absl::OkStatus();
  return OpenSslError(absl::StatusCode::kInternal,
                      "the response of a VRF proof");
}

class EcvrfP256PublicKey : public VrfPublicKey {
 public:
  explicit EcvrfP256PublicKey(EncodedPoint key) : key_(std::move(key)) {}

  // ECVRF_verify (5.3).
  absl::StatusOr<VrfOutput> Verify(absl::string_view input,
                                   const VrfProof& proof) const override {
    ScopedOpenSslErrors errors;
    // Steps 4 to 6: ECVRF_decode_proof (5.4.4).
    if (proof.bytes.size() != kEcvrfP256ProofSize) {
      return absl::InvalidArgumentError(
          absl::StrCat("VRF proof has ", proof.bytes.size(), " bytes, not ",
                       kEcvrfP256ProofSize));
    }
    absl::string_view gamma_bytes =
        absl::string_view(proof.bytes).substr(0, kP256PointSize);
    const uint8_t* c_bytes = Bytes(proof.bytes) + kChallengeAt;
    absl::StatusOr<EcPointPtr> gamma = DecodeP256Point(gamma_bytes);
    if (!gamma.ok()) {
      return absl::Status(
          gamma.status().code(),
          absl::StrCat("Gamma of the VRF proof: ", gamma.status().message()));
    }
    BnPtr s = ToBn(Bytes(proof.bytes) + kResponseAt, kP256ScalarSize);
    if (BN_cmp(s.get(), P256Order()) >= 0) {
      return absl::InvalidArgumentError("s of the VRF proof is out of range");
    }
    // Step 7.
    SEALBOOK_ASSIGN_OR_RETURN(EncodedPoint h, EncodeToCurve(key_.bytes, input));
    // Steps 8 and 9: U = s*B - c*Y, V = s*H - c*Gamma.
    BnPtr minus_c = ToBn(c_bytes, kChallengeSize);
    if (!BN_is_zero(minus_c.get()) &&
        BN_sub(minus_c.get(), P256Order(), minus_c.get()) != 1) {
      return OpenSslError(absl::StatusCode::kInternal, "BN_sub");
    }
    EcPointPtr u = NewP256Point();
    EcPointPtr v = NewP256Point();
    SEALBOOK_RETURN_IF_ERROR(P256MultiplyGeneratorAdd(
        s.get(), minus_c.get(), key_.point.get(), u.get()));
    SEALBOOK_RETURN_IF_ERROR(P256MultiplyAdd(
        s.get(), h.point.get(), minus_c.get(), gamma->get(), v.get()));
    // Steps 10 and 11. An honest U or V is k*B or k*H with k != 0, so one that
    // is infinity, and has no encoding, is refused too.
    SEALBOOK_ASSIGN_OR_RETURN(
        Challenge expected,
        GenerateChallenge(key_.bytes, h.bytes, gamma_bytes, u.get(), v.get()));
    if (!std::equal(expected.begin(), expected.end(), c_bytes)) {
      return absl::InvalidArgumentError("VRF proof does not hold");
    }
    return ProofToHash(gamma_bytes);
  }

 private:
  EncodedPoint key_;
};

class EcvrfP256PrivateKey : public VrfPrivateKey {
 public:
  static absl::StatusOr<std::unique_ptr<VrfPrivateKey>> Make(EvpPkeyPtr key) {
    ScopedOpenSslErrors errors;
    SEALBOOK_ASSIGN_OR_RETURN(BnPtr scalar, P256PrivateScalar(key.get()));
    EcPointPtr point = NewP256Point();
    SEALBOOK_RETURN_IF_ERROR(P256MultiplyGenerator(scalar.get(), point.get()));
    SEALBOOK_ASSIGN_OR_RETURN(P256PointBytes public_key,
                              EncodeP256Point(point.get()));
    return std::make_unique<EcvrfP256PrivateKey>(std::move(key),
                                                 std::move(scalar), public_key);
  }

  EcvrfP256PrivateKey(EvpPkeyPtr key, BnPtr scalar,
                      const P256PointBytes& public_key)
      : key_(std::move(key)),
        scalar_(std::move(scalar)),
        public_bytes_(public_key),
        public_key_(AsView(public_key)) {}

  absl::StatusOr<VrfOutput> Evaluate(absl::string_view input) const override {
    ScopedOpenSslErrors errors;
    SEALBOOK_ASSIGN_OR_RETURN(EncodedPoint h,
                              EncodeToCurve(public_bytes_, input));
    SEALBOOK_ASSIGN_OR_RETURN(EncodedPoint gamma, Gamma(h));
    return ProofToHash(AsView(gamma.bytes));
  }

  // ECVRF_prove (5.1).
  absl::StatusOr<Proven> Prove(absl::string_view input) const override {
    ScopedOpenSslErrors errors;
    // Steps 2 to 4.
    SEALBOOK_ASSIGN_OR_RETURN(EncodedPoint h,
                              EncodeToCurve(public_bytes_, input));
    SEALBOOK_ASSIGN_OR_RETURN(EncodedPoint gamma, Gamma(h));
    // Step 5: ECVRF_nonce_generation_RFC6979 (5.4.2.1).
    BnPtr k = Rfc6979Nonce(P256Order(), scalar_.get(), Sha256(AsView(h.bytes)));
    // Step 6.
    EcPointPtr u = NewP256Point();
    EcPointPtr v = NewP256Point();
    SEALBOOK_RETURN_IF_ERROR(P256MultiplyGenerator(k.get(), u.get()));
    SEALBOOK_RETURN_IF_ERROR(P256Multiply(k.get(), h.point.get(), v.get()));
    SEALBOOK_ASSIGN_OR_RETURN(
        Challenge c, GenerateChallenge(public_bytes_, h.bytes,
                                       AsView(gamma.bytes), u.get(), v.get()));
    // Steps 7 and 8.
    std::array<uint8_t, kEcvrfP256ProofSize> proof;
    std::copy(gamma.bytes.begin(), gamma.bytes.end(), proof.begin());
    std::copy(c.begin(), c.end(), proof.begin() + kChallengeAt);
    SEALBOOK_RETURN_IF_ERROR(
        Respond(k.get(), c, scalar_.get(), proof.data() + kResponseAt));
    return Proven{ProofToHash(AsView(gamma.bytes)),
                  VrfProof{std::string(proof.begin(), proof.end())}};
  }

  const std::string& public_key() const override { return public_key_; }

  absl::StatusOr<SecretText> ToPem() const override {
    return PrivateKeyToPem(key_.get());
  }

 private:
  absl::StatusOr<EncodedPoint> Gamma(const EncodedPoint& h) const {
    EcPointPtr gamma = NewP256Point();
    SEALBOOK_RETURN_IF_ERROR(
        P256Multiply(scalar_.get(), h.point.get(), gamma.get()));
    return WithEncoding(std::move(gamma));
  }

  EvpPkeyPtr key_;
  BnPtr scalar_;  // x
  P256PointBytes public_bytes_;
  std::string public_key_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VrfPublicKey>> ParseEcvrfP256(
    absl::string_view encoded) {
  ScopedOpenSslErrors errors;
  // Decoding is all of ECVRF_validate_key (5.4.5) here: neither infinity nor,
  // with a cofactor of 1, a point of small order passes.
  SEALBOOK_ASSIGN_OR_RETURN(EcPointPtr point, DecodeP256Point(encoded));
  SEALBOOK_ASSIGN_OR_RETURN(EncodedPoint key, WithEncoding(std::move(point)));
  return std::make_unique<EcvrfP256PublicKey>(std::move(key));
}

absl::StatusOr<std::unique_ptr<VrfPrivateKey>> GenerateEcvrfP256() {
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, GenerateP256Key());
  return EcvrfP256PrivateKey::Make(std::move(key));
}

absl::StatusOr<std::unique_ptr<VrfPrivateKey>> EcvrfP256FromPem(
    absl::string_view pem) {
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, P256KeyFromPem(pem));
  return EcvrfP256PrivateKey::Make(std::move(key));
}

}  // namespace sealbook::crypto
