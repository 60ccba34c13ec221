// What is particular to Ed25519; crypto/signature_test.cc has the rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/ed25519_key.h"
#include "crypto/edwards25519.h"
#include "crypto/signature.h"
#include "crypto/test_util.h"

namespace sealbook::crypto {
namespace {

using ::testing::HasSubstr;

struct Example {
  const char* name;
  const char* secret;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032, 7.1.
constexpr Example kExamples[] = {
    {"TEST 1",
     "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"TEST 2",
     "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"TEST 3",
     "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"TEST SHA(abc)",
     "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};
// The order of the group, little endian.
constexpr char kOrder[] =
    "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

void ExpectRefused(const absl::Status& status, const std::string& word) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

std::unique_ptr<SignaturePublicKey> PublicKey(const std::string& encoded) {
  auto key = SignaturePublicKey::Parse(CipherSuite::kEd25519, encoded);
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

std::unique_ptr<SignaturePrivateKey> PrivateKey(const char* secret) {
  auto key = SignaturePrivateKey::FromPem(CipherSuite::kEd25519,
                                          Ed25519PemForTest(secret));
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

TEST(Ed25519Test, AgreesWithTheExamplesOfTheRfc) {
  for (const Example& example : kExamples) {
    SCOPED_TRACE(example.name);
    const std::string message = absl::HexStringToBytes(example.message);
    std::unique_ptr<SignaturePrivateKey> key = PrivateKey(example.secret);
    EXPECT_EQ(absl::BytesToHexString(key->public_key()), example.public_key);
    EXPECT_EQ(absl::BytesToHexString(key->Sign(message).value()),
              example.signature);
    EXPECT_EQ(PublicKey(key->public_key())
                  ->Verify(message, absl::HexStringToBytes(example.signature)),
              absl::OkStatus());
  }
}

TEST(Ed25519Test, ReadsThePublishedPem) {
  // RFC 8410, 10.1 and 10.3.
  auto key = SignaturePrivateKey::FromPem(
      CipherSuite::kEd25519,
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
      "-----END PRIVATE KEY-----\n");
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(absl::BytesToHexString((*key)->public_key()),
            "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
}

TEST(Ed25519Test, KeepsTheSeedOfAKey) {
  absl::StatusOr<EvpPkeyPtr> key =
      Ed25519KeyFromPem(Ed25519PemForTest(kExamples[1].secret));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(absl::BytesToHexString(Ed25519Seed(key->get()).value().view()),
            kExamples[1].secret);
}

std::string Pkcs8(const EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  char password[] = "password";
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, cipher,
                                          cipher ? password : nullptr,
                                          cipher ? 8 : 0, nullptr, nullptr),
            1);
  char* data = nullptr;
  size_t size = static_cast<size_t>(BIO_get_mem_data(bio.get(), &data));
  return std::string(data, size);
}

TEST(Ed25519Test, RefusesOtherPrivateKeys) {
  const auto refused = [](const std::string& pem, const char* word) {
    ExpectRefused(
        SignaturePrivateKey::FromPem(CipherSuite::kEd25519, pem).status(),
        word);
  };
  EvpPkeyPtr x25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  EvpPkeyPtr ed448(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"));
  EvpPkeyPtr ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  refused(P256PemForTest(kExamples[0].secret),
          "expected an Ed25519 key, got EC");
  refused(Pkcs8(x25519.get()), "expected an Ed25519 key, got X25519");
  refused(Pkcs8(ed448.get()), "expected an Ed25519 key, got ED448");
  refused(Pkcs8(ed25519.get(), EVP_aes_128_cbc()),
          "no unencrypted private key");
  refused(Ed25519PemForTest(std::string(62, '1')),
          "no unencrypted private key");
  refused(std::string(65537, '\n'), "65537 bytes");
}

TEST(Ed25519Test, RefusesBadPublicKeys) {
  const auto refused = [](const std::string& encoded, const char* word) {
    ExpectRefused(
        SignaturePublicKey::Parse(CipherSuite::kEd25519, encoded).status(),
        word);
  };
  const std::string good = absl::HexStringToBytes(kExamples[0].public_key);
  refused("", "0 bytes, not 32");
  refused(good.substr(0, 31), "31 bytes, not 32");
  refused(good + '\0', "33 bytes, not 32");
  for (const std::string& small : SmallOrderPointsForTest()) {
    refused(small, "small order");
  }
  for (const std::string& small : NonCanonicalSmallOrderPointsForTest()) {
    refused(small, "canonical");
  }
  // y = 2 is on no point.
  refused('\2' + std::string(31, '\0'), "canonical");
  const EdwardsPoint point = EdwardsPoint::FromBytes(good).value();
  for (const std::string& small : SmallOrderPointsForTest()) {
    const EdwardsPoint mixed =
        Add(point, EdwardsPoint::FromBytes(small).value());
    if (mixed == point) continue;  // The identity was added.
    refused(mixed.ToString(), "prime order");
  }
}

TEST(Ed25519Test, RefusesAnSOutOfRange) {
  for (const Example& example : kExamples) {
    std::unique_ptr<SignaturePublicKey> key =
        PublicKey(PrivateKey(example.secret)->public_key());
    const std::string message = absl::HexStringToBytes(example.message);
    const std::string good = absl::HexStringToBytes(example.signature);
    ASSERT_EQ(key->Verify(message, good), absl::OkStatus());
    // S + q fits, too, and is the same to those who do not look.
    std::string bad = good;
    const std::string order = absl::HexStringToBytes(kOrder);
    int carry = 0;
    for (int i = 0; i < 32; ++i) {
      carry +=
          static_cast<uint8_t>(good[32 + i]) + static_cast<uint8_t>(order[i]);
      bad[32 + i] = static_cast<char>(carry);
      carry >>= 8;
    }
    ExpectRefused(key->Verify(message, bad), "S out of range");
    ExpectRefused(key->Verify(message, good.substr(0, 32) + order),
                  "S out of range");
    ExpectRefused(
        key->Verify(message, good.substr(0, 32) + std::string(32, '\xff')),
        "S out of range");
    ExpectRefused(
        key->Verify(message, good.substr(0, 32) + std::string(32, '\0')),
        "does not verify");
  }
}

SecretBytes<64> Sha512(const std::string& data) {
  SecretBytes<64> hash;
  SHA512(reinterpret_cast<const uint8_t*>(data.data()), data.size(),
         hash.data());
  return hash;
}

// The signature with R = 0 * generator under the encoding `r`: who has the key
// can make it.
std::string SignWithIdentity(const std::string& r, const std::string& message) {
  SecretBytes<64> secret = Sha512(absl::HexStringToBytes(kExamples[0].secret));
  secret[0] &= 0xf8;
  secret[31] = (secret[31] & 0x7f) | 0x40;
  std::fill_n(secret.data() + 32, 32, 0);
  const EdwardsScalar h = ReduceScalar(Sha512(absl::StrCat(
      r, absl::HexStringToBytes(kExamples[0].public_key), message)));
  const EdwardsScalar s =
      MultiplyAddScalars(h, ReduceScalar(secret), EdwardsScalar());
  return absl::StrCat(r, absl::string_view(s.view()));
}

TEST(Ed25519Test, RefusesAnRThatIsNotCanonical) {
  std::unique_ptr<SignaturePublicKey> key =
      PublicKey(absl::HexStringToBytes(kExamples[0].public_key));
  // Under its canonical encoding the same point verifies.
  EXPECT_EQ(
      key->Verify("m", SignWithIdentity(SmallOrderPointsForTest()[0], "m")),
      absl::OkStatus());
  for (const std::string& r : {"\x01" + std::string(30, '\0') + "\x80",
                               "\xee" + std::string(30, '\xff') + "\x7f",
                               "\xee" + std::string(31, '\xff')}) {
    ExpectRefused(key->Verify("m", SignWithIdentity(r, "m")),
                  "does not verify");
  }
  // A part of small order is not multiplied away.
  ExpectRefused(
      key->Verify("m", SignWithIdentity(SmallOrderPointsForTest()[1], "m")),
      "does not verify");
}

}  // namespace
}  // namespace sealbook::crypto
