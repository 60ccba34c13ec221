// What is particular to ECVRF-EDWARDS25519-SHA512-TAI; crypto/vrf_test.cc has
// the rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/edwards25519.h"
#include "crypto/test_util.h"
#include "crypto/vrf.h"

namespace sealbook::crypto {
namespace {

using ::testing::HasSubstr;

struct Example {
  int number;
  const char* secret;
  const char* public_key;
  const char* input;
  const char* proof;
  const char* output;
};

// RFC 9381, appendix B.3.
constexpr Example kExamples[] = {
    {16, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f"
     "26f8a57ccaed74ee1b190bed1f479d97"
     "27d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805",
     "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff"
     "66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae"},
    {17, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed593"
     "3bf0864a62558b3ed7f2fea45c92a465"
     "301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02",
     "eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb"
     "5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031"},
    {18, "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf80"
     "96bb474e53895c362d8628ee9f9ea3c0"
     "e52c7a5c691b6c18c9979866568add7a2d41b00b05081ed0f58ee5e31b3a970e",
     "645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c45"
     "2118fec1219202a0edcf038bb6373241578be7217ba85a2687f7a0310b2df19f"},
};
// The order of the group, little endian.
constexpr char kOrder[] =
    "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

void ExpectRefused(const absl::Status& status, const std::string& word) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

std::unique_ptr<VrfPrivateKey> PrivateKey(absl::string_view secret_hex) {
  auto key = VrfPrivateKey::FromPem(CipherSuite::kEd25519,
                                    Ed25519PemForTest(secret_hex));
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

std::unique_ptr<VrfPublicKey> PublicKey(const std::string& encoded) {
  auto key = VrfPublicKey::Parse(CipherSuite::kEd25519, encoded);
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

EdwardsPoint Point(const std::string& bytes) {
  return EdwardsPoint::FromBytes(bytes).value();
}

EdwardsScalar SmallScalar(uint8_t value) {
  EdwardsScalar scalar;
  scalar[0] = value;
  return scalar;
}

SecretBytes<64> Sha512(const std::string& data) {
  SecretBytes<64> hash;
  SHA512(reinterpret_cast<const uint8_t*>(data.data()), data.size(),
         hash.data());
  return hash;
}

EdwardsScalar SecretScalar(const std::string& secret) {
  SecretBytes<64> hash = Sha512(secret);
  hash[0] &= 0xf8;
  hash[31] = (hash[31] & 0x7f) | 0x40;
  std::fill_n(hash.data() + 32, 32, 0);
  return ReduceScalar(hash);
}

// 5.2, all 64 bytes, with the cofactor as three doublings of Gamma.
std::string FullOutput(const EdwardsPoint& gamma) {
  EdwardsPoint cleared = gamma;
  for (int i = 0; i < 3; ++i) cleared = Add(cleared, cleared);
  return std::string(
      Sha512(absl::StrCat("\x03\x03", cleared.ToString(), std::string(1, '\0')))
          .view());
}

// 5.4.1.1 as it is written.
EdwardsPoint ReferenceH(const std::string& public_key, const std::string& input,
                        int* candidates) {
  const std::string zero(1, '\0');
  for (int counter = 0;; ++counter) {
    ++*candidates;
    const std::string candidate(
        Sha512(absl::StrCat("\x03\x01", public_key, input,
                            std::string(1, static_cast<char>(counter)), zero))
            .view()
            .substr(0, 32));
    const std::optional<EdwardsPoint> h = MultiplyByCofactor(candidate);
    if (h.has_value() && *h != EdwardsIdentity()) return *h;
  }
}

TEST(EcvrfEd25519Test, AgreesWithTheExamplesOfTheRfc) {
  for (const Example& example : kExamples) {
    SCOPED_TRACE(::testing::Message() << "example " << example.number);
    const std::string input = absl::HexStringToBytes(example.input);
    std::unique_ptr<VrfPrivateKey> key = PrivateKey(example.secret);
    EXPECT_EQ(absl::BytesToHexString(key->public_key()), example.public_key);
    absl::StatusOr<VrfPrivateKey::Proven> proven = key->Prove(input);
    ASSERT_TRUE(proven.ok()) << proven.status();
    EXPECT_EQ(absl::BytesToHexString(proven->proof.bytes), example.proof);
    EXPECT_EQ(absl::BytesToHexString(
                  FullOutput(Point(proven->proof.bytes.substr(0, 32)))),
              example.output);
    const std::string output = std::string(example.output).substr(0, 64);
    EXPECT_EQ(proven->output.ToHex(), output);
    EXPECT_EQ(key->Evaluate(input).value().ToHex(), output);
    absl::StatusOr<VrfOutput> verified =
        PublicKey(key->public_key())
            ->Verify(input, VrfProof{absl::HexStringToBytes(example.proof)});
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->ToHex(), output);
  }
}

TEST(EcvrfEd25519Test, AgreesWithTheReferenceOnRandomKeysAndInputs) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  int candidates = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string secret = random.Bytes(32);
    std::unique_ptr<VrfPrivateKey> key =
        PrivateKey(absl::BytesToHexString(secret));
    const std::string input = random.Bytes(i);
    absl::StatusOr<VrfPrivateKey::Proven> proven = key->Prove(input);
    ASSERT_TRUE(proven.ok()) << proven.status();
    const EdwardsPoint gamma =
        Multiply(SecretScalar(secret),
                 ReferenceH(key->public_key(), input, &candidates));
    EXPECT_EQ(proven->proof.bytes.substr(0, 32), gamma.ToString());
    EXPECT_EQ(proven->output.ToString(), FullOutput(gamma).substr(0, 32));
    EXPECT_EQ(key->Evaluate(input).value(), proven->output);
    absl::StatusOr<VrfOutput> verified =
        PublicKey(key->public_key())->Verify(input, proven->proof);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(*verified, proven->output);
  }
  // Two candidates an input on average: the counter was used.
  EXPECT_GT(candidates, 130);
}

// A fixture with a good proof to damage.
class EcvrfEd25519ProofTest : public ::testing::Test {
 protected:
  absl::StatusOr<VrfOutput> Verify(const std::string& proof) const {
    return key_->Verify(input_, VrfProof{proof});
  }
  // The good proof with `bytes` in place of those from `at`.
  std::string With(size_t at, const std::string& bytes) const {
    return std::string(good_).replace(at, bytes.size(), bytes);
  }

  // What a prover makes who knows the key and adds `small`, of small order, to
  // Gamma. V = s*H - c*Gamma loses c*small, of which there are eight: he
  // guesses c mod 8 until it fits.
  std::string ProofWithAddition(const EdwardsPoint& small) const;

  const std::string input_ = absl::HexStringToBytes(kExamples[1].input);
  const std::string good_ = absl::HexStringToBytes(kExamples[1].proof);
  const std::string public_bytes_ =
      absl::HexStringToBytes(kExamples[1].public_key);
  const std::unique_ptr<VrfPublicKey> key_ = PublicKey(public_bytes_);
};

std::string EcvrfEd25519ProofTest::ProofWithAddition(
    const EdwardsPoint& small) const {
  int candidates = 0;
  const EdwardsScalar x =
      SecretScalar(absl::HexStringToBytes(kExamples[1].secret));
  const EdwardsPoint h = ReferenceH(public_bytes_, input_, &candidates);
  const EdwardsPoint gamma = Add(Multiply(x, h), small);
  for (int attempt = 0;; ++attempt) {
    const EdwardsScalar k =
        ReduceScalar(Sha512(absl::StrCat("nonce ", attempt)));
    const uint8_t guess = attempt % 8;
    const EdwardsPoint v =
        Subtract(Multiply(k, h), Multiply(SmallScalar(guess), small));
    const SecretBytes<64> hash = Sha512(absl::StrCat(
        "\x03\x02", public_bytes_, h.ToString(), gamma.ToString(),
        MultiplyGenerator(k).ToString(), v.ToString(), std::string(1, '\0')));
    EdwardsScalar c;
    std::copy_n(hash.data(), 16, c.data());
    if (c[0] % 8 != guess) continue;
    const EdwardsScalar s = MultiplyAddScalars(c, x, k);
    return absl::StrCat(gamma.ToString(), hash.view().substr(0, 16), s.view());
  }
}

TEST_F(EcvrfEd25519ProofTest, APartOfSmallOrderInGammaDoesNotReachTheOutput) {
  const absl::StatusOr<VrfOutput> output = Verify(good_);
  ASSERT_TRUE(output.ok()) << output.status();
  for (const std::string& small : SmallOrderPointsForTest()) {
    SCOPED_TRACE(absl::BytesToHexString(small));
    const std::string proof = ProofWithAddition(Point(small));
    absl::StatusOr<VrfOutput> verified = Verify(proof);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(*verified, *output);
  }
}

TEST_F(EcvrfEd25519ProofTest, RefusesAGammaOfSmallOrder) {
  const EdwardsPoint gamma = Point(good_.substr(0, 32));
  for (const std::string& small : SmallOrderPointsForTest()) {
    ExpectRefused(Verify(With(0, small)).status(), "does not hold");
    const EdwardsPoint sum = Add(gamma, Point(small));
    if (sum == gamma) continue;  // The identity was added.
    ExpectRefused(Verify(With(0, sum.ToString())).status(), "does not hold");
  }
}

TEST_F(EcvrfEd25519ProofTest, RefusesAGammaThatIsNoCanonicalPoint) {
  for (const std::string& small : NonCanonicalSmallOrderPointsForTest()) {
    ExpectRefused(Verify(With(0, small)).status(), "Gamma of the VRF proof");
  }
  for (int excess = 0; excess < 19; ++excess) {
    std::string big_y(32, '\xff');
    big_y[0] = static_cast<char>(0xed + excess);
    ExpectRefused(Verify(With(0, big_y)).status(), "Gamma of the VRF proof");
    big_y[31] = '\x7f';
    ExpectRefused(Verify(With(0, big_y)).status(), "Gamma of the VRF proof");
  }
  // y = 2 is on no point.
  ExpectRefused(Verify(With(0, '\2' + std::string(31, '\0'))).status(),
                "Gamma of the VRF proof");
}

TEST_F(EcvrfEd25519ProofTest, RefusesAnSOutOfRange) {
  const std::string order = absl::HexStringToBytes(kOrder);
  ExpectRefused(Verify(With(48, order)).status(), "s of the VRF proof is out");
  ExpectRefused(Verify(With(48, std::string(32, '\xff'))).status(),
                "s of the VRF proof is out");
  // s + q is the same to those who do not look.
  std::string more = good_;
  int carry = 0;
  for (int i = 0; i < 32; ++i) {
    carry +=
        static_cast<uint8_t>(good_[48 + i]) + static_cast<uint8_t>(order[i]);
    more[48 + i] = static_cast<char>(carry);
    carry >>= 8;
  }
  ExpectRefused(Verify(more).status(), "s of the VRF proof is out");
  // The largest in range.
  std::string largest = order;
  --largest[0];
  ExpectRefused(Verify(With(48, largest)).status(), "does not hold");
}

TEST_F(EcvrfEd25519ProofTest, RefusesZeroScalars) {
  ASSERT_TRUE(Verify(good_).ok());
  ExpectRefused(Verify(With(32, std::string(16, '\0'))).status(),
                "does not hold");
  ExpectRefused(Verify(With(48, std::string(32, '\0'))).status(),
                "does not hold");
  // U and V are the identity.
  ExpectRefused(Verify(With(32, std::string(48, '\0'))).status(),
                "does not hold");
}

TEST(EcvrfEd25519Test, RefusesBadPublicKeys) {
  const auto refused = [](const std::string& encoded, const char* word) {
    ExpectRefused(VrfPublicKey::Parse(CipherSuite::kEd25519, encoded).status(),
                  word);
  };
  const std::string good = absl::HexStringToBytes(kExamples[0].public_key);
  refused("", "0 bytes, not 32");
  refused(good.substr(0, 31), "31 bytes, not 32");
  refused(good + '\0', "33 bytes, not 32");
  for (const std::string& small : SmallOrderPointsForTest()) {
    refused(small, "small order");
    const EdwardsPoint mixed = Add(Point(good), Point(small));
    if (mixed != Point(good)) refused(mixed.ToString(), "prime order");
  }
  for (const std::string& small : NonCanonicalSmallOrderPointsForTest()) {
    refused(small, "canonical");
  }
  for (int excess = 0; excess < 19; ++excess) {
    std::string big_y(32, '\xff');
    big_y[0] = static_cast<char>(0xed + excess);
    refused(big_y, "canonical");
  }
}

}  // namespace
}  // namespace sealbook::crypto
