#include "crypto/vrf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/openssl_ptr.h"
#include "crypto/test_util.h"

namespace sealbook::crypto {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The order of the group.
constexpr char kOrder[] =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

struct Example {
  int number;
  const char* secret;
  const char* public_key;
  const char* input;
  const char* proof;
  const char* output;
};

// RFC 9381, appendix B.1.
constexpr Example kExamples[] = {
    {10, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
     "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "sample",
     "035b5c726e8c0e2c488a107c600578ee75cb702343c153cb1eb8dec77f4b5071b4"
     "a53f0a46f018bc2c56e58d383f2305e0"
     "975972c26feea0eb122fe7893c15af376b33edf7de17c6ea056d4d82de6bc02f",
     "a3ad7b0ef73d8fc6655053ea22f9bede8c743f08bbed3d38821f0e16474b505e"},
    {11, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
     "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "test",
     "034dac60aba508ba0c01aa9be80377ebd7562c4a52d74722e0abae7dc3080ddb56"
     "c19e067b15a8a8174905b13617804534"
     "214f935b94c2287f797e393eb0816969d864f37625b443f30f1a5a33f2b3c854",
     "a284f94ceec2ff4b3794629da7cbafa49121972671b466cab4ce170aa365f26d"},
    {12, "2ca1411a41b17b24cc8c3b089cfd033f1920202a6c0de8abb97df1498d50d2c8",
     "03596375e6ce57e0f20294fc46bdfcfd19a39f8161b58695b3ec5b3d16427c274d",
     "Example using ECDSA key from Appendix L.4.2 of ANSI.X9-62-2005",
     "03d03398bf53aa23831d7d1b2937e005fb0062cbefa06796579f2a1fc7e7b8c667"
     "d091c00b0f5c3619d10ecea44363b5a5"
     "99cadc5b2957e223fec62e81f7b4825fc799a771a3d7334b9186bdbee87316b1",
     "90871e06da5caa39a3c61578ebb844de8635e27ac0b13e829997d0d95dd98c19"},
};

std::unique_ptr<VrfPrivateKey> PrivateKey(absl::string_view scalar_hex) {
  auto key =
      VrfPrivateKey::FromPem(CipherSuite::kP256, P256PemForTest(scalar_hex));
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

std::unique_ptr<VrfPublicKey> PublicKey(const std::string& encoded) {
  auto key = VrfPublicKey::Parse(CipherSuite::kP256, encoded);
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

void ExpectRefused(const absl::Status& status, const std::string& word) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr(word));
}

TEST(EcvrfP256Test, AgreesWithTheExamplesOfTheRfc) {
  for (const Example& example : kExamples) {
    SCOPED_TRACE(::testing::Message() << "example " << example.number);
    std::unique_ptr<VrfPrivateKey> key = PrivateKey(example.secret);
    EXPECT_EQ(absl::BytesToHexString(key->public_key()), example.public_key);
    absl::StatusOr<VrfPrivateKey::Proven> proven = key->Prove(example.input);
    ASSERT_TRUE(proven.ok()) << proven.status();
    EXPECT_EQ(absl::BytesToHexString(proven->proof.bytes), example.proof);
    EXPECT_EQ(proven->output.ToHex(), example.output);
    EXPECT_EQ(key->Evaluate(example.input).value().ToHex(), example.output);

    absl::StatusOr<VrfOutput> verified =
        PublicKey(absl::HexStringToBytes(example.public_key))
            ->Verify(example.input,
                     VrfProof{absl::HexStringToBytes(example.proof)});
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->ToHex(), example.output);
  }
}

std::string ReferenceSha256(const std::string& data) {
  std::string digest(32, '\0');
  SHA256(reinterpret_cast<const uint8_t*>(data.data()), data.size(),
         reinterpret_cast<uint8_t*>(digest.data()));
  return digest;
}

// 5.4.1.1, then Gamma = x*H and 5.2, with nothing but OpenSSL's own functions.
std::string ReferenceOutput(const std::string& scalar,
                            const std::string& public_key,
                            const std::string& input, int* candidates) {
  EcGroupPtr group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  EcPointPtr point(EC_POINT_new(group.get()));
  const std::string zero(1, '\0');
  for (int counter = 0; counter < 256; ++counter) {
    ++*candidates;
    std::string encoded = absl::StrCat(
        "\x02", ReferenceSha256(absl::StrCat(
                    "\x01\x01", public_key, input,
                    std::string(1, static_cast<char>(counter)), zero)));
    if (EC_POINT_oct2point(group.get(), point.get(),
                           reinterpret_cast<const uint8_t*>(encoded.data()),
                           encoded.size(), nullptr) == 1) {
      break;
    }
  }
  BnPtr x(BN_bin2bn(reinterpret_cast<const uint8_t*>(scalar.data()),
                    static_cast<int>(scalar.size()), nullptr));
  EXPECT_EQ(EC_POINT_mul(group.get(), point.get(), nullptr, point.get(),
                         x.get(), nullptr),
            1);
  std::string gamma(33, '\0');
  EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_COMPRESSED,
                     reinterpret_cast<uint8_t*>(gamma.data()), gamma.size(),
                     nullptr);
  return ReferenceSha256(absl::StrCat("\x01\x03", gamma, zero));
}

TEST(EcvrfP256Test, AgreesWithTheReferenceOnRandomKeysAndInputs) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  int candidates = 0;
  for (int i = 0; i < 200; ++i) {
    std::string scalar = random.Bytes(32);
    scalar[0] &= 0x7f;
    std::unique_ptr<VrfPrivateKey> key =
        PrivateKey(absl::BytesToHexString(scalar));
    std::string input = random.Bytes(i);
    absl::StatusOr<VrfPrivateKey::Proven> proven = key->Prove(input);
    ASSERT_TRUE(proven.ok()) << proven.status();
    EXPECT_EQ(proven->output.ToString(),
              ReferenceOutput(scalar, key->public_key(), input, &candidates));
    EXPECT_EQ(key->Evaluate(input).value(), proven->output);
    absl::StatusOr<VrfOutput> verified =
        PublicKey(key->public_key())->Verify(input, proven->proof);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(*verified, proven->output);
  }
  // Two candidates an input on average: the counter was used.
  EXPECT_GT(candidates, 300);
}

// A fixture with a good proof of "sample" to damage.
class EcvrfP256ProofTest : public ::testing::Test {
 protected:
  absl::Status Verify(const std::string& proof) const {
    return key_->Verify("sample", VrfProof{proof}).status();
  }
  // The good proof with `hex` in place of the bytes from `at`.
  std::string With(size_t at, absl::string_view hex) const {
    std::string bytes = absl::HexStringToBytes(hex);
    return std::string(good_).replace(at, bytes.size(), bytes);
  }

  const std::string good_ = absl::HexStringToBytes(kExamples[0].proof);
  const std::unique_ptr<VrfPublicKey> key_ =
      PublicKey(absl::HexStringToBytes(kExamples[0].public_key));
};

TEST_F(EcvrfP256ProofTest, RefusesAGammaThatIsNoCanonicalPoint) {
  ASSERT_EQ(Verify(good_), absl::OkStatus());
  for (const char* first : {"00", "01", "04", "05", "06", "07", "82"}) {
    ExpectRefused(Verify(With(0, first)), "Gamma of the VRF proof");
  }
  // p + 5 (x = 5 is on the curve), p, 2^256 - 1, and x = 1, which is on no
  // point.
  for (const char* x :
       {"ffffffff00000001000000000000000000000001000000000000000000000004",
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000001"}) {
    ExpectRefused(Verify(With(1, x)), "Gamma of the VRF proof");
  }
  // The other point with the same x.
  ExpectRefused(Verify(With(0, "02")), "does not hold");
}

TEST_F(EcvrfP256ProofTest, RefusesAnSOutOfRange) {
  ExpectRefused(Verify(With(49, kOrder)), "s of the VRF proof is out of range");
  ExpectRefused(Verify(With(49, std::string(64, 'f'))),
                "s of the VRF proof is out of range");
  // The largest in range.
  std::string largest = kOrder;
  largest.back() = '0';
  ExpectRefused(Verify(With(49, largest)), "does not hold");
}

TEST_F(EcvrfP256ProofTest, RefusesZeroScalars) {
  const std::string zero_c(32, '0');
  const std::string zero_s(64, '0');
  ExpectRefused(Verify(With(33, zero_c)), "does not hold");
  ExpectRefused(Verify(With(49, zero_s)), "does not hold");
  // U and V are infinity.
  ExpectRefused(Verify(With(33, zero_c + zero_s)), "infinity");
}

TEST(EcvrfP256Test, RefusesABadPublicKey) {
  auto refused = [](absl::string_view hex, const char* word) {
    ExpectRefused(
        VrfPublicKey::Parse(CipherSuite::kP256, absl::HexStringToBytes(hex))
            .status(),
        word);
  };
  std::string good = kExamples[0].public_key;
  refused("", "bytes, not 33");
  refused("00", "bytes, not 33");
  refused(good.substr(0, 64), "bytes, not 33");
  refused(good + "00", "bytes, not 33");
  refused(
      "04" + good.substr(2) +
          "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
      "bytes, not 33");
  refused("00" + std::string(64, '0'), "not 2 or 3");
  refused("04" + good.substr(2), "not 2 or 3");
  refused("02ffffffff00000001000000000000000000000001000000000000000000000004",
          "no P-256 point");
  refused("020000000000000000000000000000000000000000000000000000000000000001",
          "no P-256 point");
}

// What both suites have in common.
struct Suite {
  CipherSuite number;
  const char* name;
  size_t public_key_size;
  size_t proof_size;
};

class VrfTest : public ::testing::TestWithParam<Suite> {
 protected:
  static std::unique_ptr<VrfPrivateKey> NewKey() {
    auto key = VrfPrivateKey::Generate(GetParam().number);
    EXPECT_TRUE(key.ok()) << key.status();
    return *std::move(key);
  }
  static std::unique_ptr<VrfPublicKey> PublicKeyOf(const VrfPrivateKey& of) {
    auto key = VrfPublicKey::Parse(GetParam().number, of.public_key());
    EXPECT_TRUE(key.ok()) << key.status();
    return *std::move(key);
  }
};

INSTANTIATE_TEST_SUITE_P(
    Suites, VrfTest,
    ::testing::Values(Suite{CipherSuite::kP256, "P256", 33, 81},
                      Suite{CipherSuite::kEd25519, "Ed25519", 32, 80}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(VrfTest, VerifiesWhatItProves) {
  std::unique_ptr<VrfPrivateKey> key = NewKey();
  std::unique_ptr<VrfPublicKey> public_key = PublicKeyOf(*key);
  EXPECT_EQ(key->public_key().size(), GetParam().public_key_size);
  EXPECT_EQ(VrfProofSize(GetParam().number), GetParam().proof_size);
  for (size_t size : {0, 1, 63, 64, 65, 1000}) {
    std::string input(size, 'x');
    absl::StatusOr<VrfPrivateKey::Proven> proven = key->Prove(input);
    ASSERT_TRUE(proven.ok()) << proven.status();
    EXPECT_EQ(proven->proof.bytes.size(), GetParam().proof_size);
    EXPECT_EQ(key->Evaluate(input).value(), proven->output);
    absl::StatusOr<VrfOutput> verified =
        public_key->Verify(input, proven->proof);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(*verified, proven->output);
  }
}

TEST_P(VrfTest, ProofsAreDeterministic) {
  std::unique_ptr<VrfPrivateKey> key = NewKey();
  EXPECT_EQ(key->Prove("x").value().proof, key->Prove("x").value().proof);
  EXPECT_NE(key->Prove("x").value().proof, key->Prove("y").value().proof);
}

TEST_P(VrfTest, RefusesEveryFlippedBit) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  std::unique_ptr<VrfPrivateKey> key = NewKey();
  std::unique_ptr<VrfPublicKey> public_key = PublicKeyOf(*key);
  std::string input = random.Bytes(20);
  VrfProof proof = key->Prove(input).value().proof;
  ASSERT_TRUE(public_key->Verify(input, proof).ok());
  for (size_t bit = 0; bit < 8 * proof.bytes.size(); ++bit) {
    VrfProof flipped = proof;
    flipped.bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
    ExpectRefused(public_key->Verify(input, flipped).status(), "VRF proof");
  }
  for (size_t bit = 0; bit < 8 * input.size(); ++bit) {
    std::string flipped = input;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    ExpectRefused(public_key->Verify(flipped, proof).status(), "does not hold");
  }
}

TEST_P(VrfTest, RefusesTheProofOfAnotherKey) {
  ExpectRefused(PublicKeyOf(*NewKey())
                    ->Verify("x", NewKey()->Prove("x").value().proof)
                    .status(),
                "does not hold");
}

TEST_P(VrfTest, RefusesOtherLengths) {
  std::unique_ptr<VrfPrivateKey> key = NewKey();
  std::string good = key->Prove("x").value().proof.bytes;
  for (const std::string& bad : {std::string(), good.substr(0, good.size() - 1),
                                 good + '\0', '\0' + good, good + good}) {
    ExpectRefused(PublicKeyOf(*key)->Verify("x", VrfProof{bad}).status(),
                  absl::StrCat("bytes, not ", GetParam().proof_size));
  }
}

TEST_P(VrfTest, KeySurvivesPem) {
  std::unique_ptr<VrfPrivateKey> key = NewKey();
  absl::StatusOr<SecretText> pem = key->ToPem();
  ASSERT_TRUE(pem.ok()) << pem.status();
  EXPECT_THAT(std::string(pem->view()), StartsWith("-----BEGIN PRIVATE KEY"));
  auto again = VrfPrivateKey::FromPem(GetParam().number, pem->view());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->public_key(), key->public_key());
  EXPECT_EQ((*again)->Prove("x").value().proof, key->Prove("x").value().proof);
  ExpectRefused(VrfPrivateKey::FromPem(GetParam().number, "no key").status(),
                "no unencrypted private key");
}

TEST_P(VrfTest, RefusesTheKeysOfTheOtherSuite) {
  const CipherSuite other = GetParam().number == CipherSuite::kP256
                                ? CipherSuite::kEd25519
                                : CipherSuite::kP256;
  std::unique_ptr<VrfPrivateKey> key = NewKey();
  ExpectRefused(VrfPublicKey::Parse(other, key->public_key()).status(),
                absl::StrCat(GetParam().public_key_size, " bytes, not "));
  absl::StatusOr<SecretText> pem = key->ToPem();
  ASSERT_TRUE(pem.ok()) << pem.status();
  ExpectRefused(VrfPrivateKey::FromPem(other, pem->view()).status(),
                "expected an E");
}

TEST(VrfSuiteTest, OtherCipherSuitesAreUnimplemented) {
  for (int number : {0x0000, 0x0003, 0xf000}) {
    CipherSuite suite = static_cast<CipherSuite>(number);
    EXPECT_EQ(VrfProofSize(suite), 0u);
    for (const absl::Status& status :
         {VrfPublicKey::Parse(suite,
                              absl::HexStringToBytes(kExamples[0].public_key))
              .status(),
          VrfPrivateKey::Generate(suite).status(),
          VrfPrivateKey::FromPem(suite, P256PemForTest(kExamples[0].secret))
              .status()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
      EXPECT_THAT(status.message(), HasSubstr("cipher suite 0x"));
    }
  }
}

TEST_P(VrfTest, ThreadsShareOneKey) {
  std::unique_ptr<VrfPrivateKey> key = NewKey();
  std::unique_ptr<VrfPublicKey> public_key = PublicKeyOf(*key);
  std::vector<int> good(4);
  std::vector<std::thread> threads;
  threads.reserve(good.size());
  for (int& count : good) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        std::string input = absl::StrCat(i);
        absl::StatusOr<VrfPrivateKey::Proven> proven = key->Prove(input);
        if (!proven.ok()) continue;
        absl::StatusOr<VrfOutput> verified =
            public_key->Verify(input, proven->proof);
        count += verified.ok() && *verified == proven->output &&
                 key->Evaluate(input).value() == proven->output;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 25));
}

}  // namespace
}  // namespace sealbook::crypto
