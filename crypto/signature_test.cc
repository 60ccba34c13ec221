#include "crypto/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/test_util.h"

namespace sealbook::crypto {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// RFC 6979, A.2.5.
constexpr char kScalar[] =
    "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
constexpr char kPublic[] =
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr char kR[] =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
constexpr char kS[] =
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
// The order of the group.
constexpr char kN[] =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

std::unique_ptr<SignaturePublicKey> PublishedKey() {
  auto key = SignaturePublicKey::Parse(CipherSuite::kP256,
                                       absl::HexStringToBytes(kPublic));
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

absl::Status VerifySample(absl::string_view r_hex, absl::string_view s_hex) {
  return PublishedKey()->Verify(
      "sample", absl::HexStringToBytes(absl::StrCat(r_hex, s_hex)));
}

void ExpectRefused(const absl::Status& status, const std::string& word) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr(word));
}

TEST(EcdsaP256Test, VerifiesThePublishedSignatures) {
  EXPECT_EQ(VerifySample(kR, kS), absl::OkStatus());
  EXPECT_EQ(
      PublishedKey()->Verify(
          "test",
          absl::HexStringToBytes(
              "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
              "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f008"
              "3")),
      absl::OkStatus());
}

TEST(EcdsaP256Test, RefusesDer) {
  // What OpenSSL itself calls a signature.
  std::string der =
      absl::HexStringToBytes(absl::StrCat("3046022100", kR, "022100", kS));
  ExpectRefused(PublishedKey()->Verify("sample", der), "72 bytes, not 64");
}

TEST(EcdsaP256Test, RefusesROrSOutOfRange) {
  const std::string zero(64, '0');
  const std::string ones(64, 'f');
  const std::string n_plus_one = std::string(kN).substr(0, 63) + "2";
  for (const std::string& bad : {zero, std::string(kN), n_plus_one, ones}) {
    ExpectRefused(VerifySample(bad, kS), "r or s out of range");
    ExpectRefused(VerifySample(kR, bad), "r or s out of range");
    ExpectRefused(VerifySample(bad, bad), "r or s out of range");
  }
  // In range, but wrong: the largest and the smallest.
  const std::string n_minus_one = std::string(kN).substr(0, 63) + "0";
  ExpectRefused(VerifySample(n_minus_one, kS), "does not verify");
  ExpectRefused(VerifySample(std::string(63, '0') + "1", n_minus_one),
                "does not verify");
}

TEST(EcdsaP256Test, RefusesABadPublicKey) {
  std::string compressed = absl::HexStringToBytes(
      "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
  ExpectRefused(
      SignaturePublicKey::Parse(CipherSuite::kP256, compressed).status(),
      "33 bytes, not 65");
  std::string off_curve = absl::HexStringToBytes(kPublic);
  off_curve.back() ^= 1;
  ExpectRefused(
      SignaturePublicKey::Parse(CipherSuite::kP256, off_curve).status(),
      "not a point");
}

// What both suites have in common.
struct Suite {
  CipherSuite number;
  const char* name;
  size_t public_key_size;
  std::string (*pem)(absl::string_view secret_hex);
};

class SignatureTest : public ::testing::TestWithParam<Suite> {
 protected:
  static std::unique_ptr<SignaturePrivateKey> NewKey() {
    auto key = SignaturePrivateKey::Generate(GetParam().number);
    EXPECT_TRUE(key.ok()) << key.status();
    return *std::move(key);
  }
  static std::unique_ptr<SignaturePublicKey> PublicKey(
      const SignaturePrivateKey& of) {
    auto key = SignaturePublicKey::Parse(GetParam().number, of.public_key());
    EXPECT_TRUE(key.ok()) << key.status();
    return *std::move(key);
  }
};

INSTANTIATE_TEST_SUITE_P(
    Suites, SignatureTest,
    ::testing::Values(
        Suite{CipherSuite::kP256, "EcdsaP256", 65, P256PemForTest},
        Suite{CipherSuite::kEd25519, "Ed25519", 32, Ed25519PemForTest}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(SignatureTest, VerifiesWhatItSigns) {
  auto key =
      SignaturePrivateKey::FromPem(GetParam().number, GetParam().pem(kScalar));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ((*key)->public_key().size(), GetParam().public_key_size);
  std::unique_ptr<SignaturePublicKey> public_key = PublicKey(**key);
  // Enough that r and s with leading zeros, which DER shortens, occur.
  for (int i = 0; i < 600; ++i) {
    std::string message = absl::StrCat("message ", i);
    absl::StatusOr<std::string> signature = (*key)->Sign(message);
    ASSERT_TRUE(signature.ok()) << signature.status();
    EXPECT_EQ(signature->size(), 64u);
    EXPECT_EQ(public_key->Verify(message, *signature), absl::OkStatus());
  }
}

TEST_P(SignatureTest, SignsTheEmptyMessage) {
  std::unique_ptr<SignaturePrivateKey> key = NewKey();
  absl::StatusOr<std::string> signature = key->Sign("");
  ASSERT_TRUE(signature.ok()) << signature.status();
  EXPECT_EQ(PublicKey(*key)->Verify("", *signature), absl::OkStatus());
  ExpectRefused(PublicKey(*key)->Verify(absl::string_view("\0", 1), *signature),
                "does not verify");
}

TEST_P(SignatureTest, RefusesEveryFlippedBit) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  std::unique_ptr<SignaturePrivateKey> key = NewKey();
  std::unique_ptr<SignaturePublicKey> public_key = PublicKey(*key);
  std::string message = random.Bytes(40);
  absl::StatusOr<std::string> signature = key->Sign(message);
  ASSERT_TRUE(signature.ok()) << signature.status();
  ASSERT_EQ(public_key->Verify(message, *signature), absl::OkStatus());
  for (size_t bit = 0; bit < 8 * signature->size(); ++bit) {
    std::string flipped = *signature;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    ExpectRefused(public_key->Verify(message, flipped), "signature");
  }
  for (size_t bit = 0; bit < 8 * message.size(); ++bit) {
    std::string flipped = message;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    ExpectRefused(public_key->Verify(flipped, *signature), "does not verify");
  }
}

TEST_P(SignatureTest, RefusesTheKeyOfSomebodyElse) {
  ExpectRefused(PublicKey(*NewKey())->Verify("m", NewKey()->Sign("m").value()),
                "does not verify");
}

TEST_P(SignatureTest, RefusesOtherLengths) {
  std::unique_ptr<SignaturePrivateKey> key = NewKey();
  std::string good = key->Sign("sample").value();
  for (const std::string& bad : {std::string(), good.substr(0, 63), good + '\0',
                                 '\0' + good, good + good}) {
    ExpectRefused(PublicKey(*key)->Verify("sample", bad), "bytes, not 64");
  }
}

TEST_P(SignatureTest, KeySurvivesPem) {
  std::unique_ptr<SignaturePrivateKey> key = NewKey();
  absl::StatusOr<SecretText> pem = key->ToPem();
  ASSERT_TRUE(pem.ok()) << pem.status();
  EXPECT_THAT(std::string(pem->view()), StartsWith("-----BEGIN PRIVATE KEY"));
  auto again = SignaturePrivateKey::FromPem(GetParam().number, pem->view());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->public_key(), key->public_key());
  ExpectRefused(
      SignaturePrivateKey::FromPem(GetParam().number, "no key").status(),
      "no unencrypted private key");
}

TEST_P(SignatureTest, RefusesTheKeysOfTheOtherSuite) {
  const CipherSuite other = GetParam().number == CipherSuite::kP256
                                ? CipherSuite::kEd25519
                                : CipherSuite::kP256;
  std::unique_ptr<SignaturePrivateKey> key = NewKey();
  ExpectRefused(SignaturePublicKey::Parse(other, key->public_key()).status(),
                absl::StrCat(GetParam().public_key_size, " bytes, not "));
  absl::StatusOr<SecretText> pem = key->ToPem();
  ASSERT_TRUE(pem.ok()) << pem.status();
  ExpectRefused(SignaturePrivateKey::FromPem(other, pem->view()).status(),
                "expected an E");
}

TEST(SignatureSuiteTest, OtherCipherSuitesAreUnimplemented) {
  for (int number : {0x0000, 0x0003, 0xf000}) {
    CipherSuite suite = static_cast<CipherSuite>(number);
    for (const absl::Status& status :
         {SignaturePublicKey::Parse(suite, absl::HexStringToBytes(kPublic))
              .status(),
          SignaturePrivateKey::Generate(suite).status(),
          SignaturePrivateKey::FromPem(suite, P256PemForTest(kScalar))
              .status()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
      EXPECT_THAT(status.message(), HasSubstr("cipher suite 0x"));
    }
  }
}

TEST_P(SignatureTest, ThreadsShareOneKey) {
  std::unique_ptr<SignaturePrivateKey> key = NewKey();
  std::unique_ptr<SignaturePublicKey> public_key = PublicKey(*key);
  std::vector<int> good(4);
  std::vector<std::thread> threads;
  threads.reserve(good.size());
  for (int& count : good) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        std::string message = absl::StrCat(i);
        absl::StatusOr<std::string> signature = key->Sign(message);
        count += signature.ok() && public_key->Verify(message, *signature).ok();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 50));
}

}  // namespace
}  // namespace sealbook::crypto
