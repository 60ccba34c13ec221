#include "crypto/p256_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cctype>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/p256.h"
#include "crypto/private_key_pem.h"
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

std::string Text(const BioPtr& bio) {
  char* data = nullptr;
  size_t size = static_cast<size_t>(BIO_get_mem_data(bio.get(), &data));
  return std::string(data, size);
}

std::string Pkcs8(const EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  char password[] = "password";
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, cipher,
                                          cipher ? password : nullptr,
                                          cipher ? 8 : 0, nullptr, nullptr),
            1);
  return Text(bio);
}

std::string Block(absl::string_view name, absl::string_view der_hex) {
  std::string base64 = absl::Base64Escape(absl::HexStringToBytes(der_hex));
  for (size_t at = 64; at < base64.size(); at += 65) base64.insert(at, "\n");
  return absl::StrCat("-----BEGIN ", name, "-----\n", base64, "\n-----END ",
                      name, "-----\n");
}

void ExpectPublishedKey(const std::string& pem) {
  absl::StatusOr<EvpPkeyPtr> key = P256KeyFromPem(pem);
  ASSERT_TRUE(key.ok()) << key.status() << "\n" << pem;
  absl::StatusOr<std::string> public_key = P256PublicKey(key->get());
  ASSERT_TRUE(public_key.ok()) << public_key.status();
  EXPECT_EQ(absl::BytesToHexString(*public_key), kPublic);
  absl::StatusOr<BnPtr> scalar = P256PrivateScalar(key->get());
  ASSERT_TRUE(scalar.ok()) << scalar.status();
  std::string bytes(32, '\0');
  BN_bn2binpad(scalar->get(), reinterpret_cast<uint8_t*>(bytes.data()), 32);
  EXPECT_EQ(absl::BytesToHexString(bytes), kScalar);
  EXPECT_NE(BN_get_flags(scalar->get(), BN_FLG_CONSTTIME), 0);
}

void ExpectRefused(absl::string_view pem, absl::string_view word) {
  absl::Status status = P256KeyFromPem(pem).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << pem;
  EXPECT_THAT(status.message(), HasSubstr(std::string(word)));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(P256KeyTest, ReadsSec1WithAndWithoutItsPublicKey) {
  ExpectPublishedKey(P256PemForTest(kScalar));
  std::string with_public =
      Block("EC PRIVATE KEY",
            absl::StrCat("30770201010420", kScalar,
                         "a00a06082a8648ce3d030107a144034200", kPublic));
  ExpectPublishedKey(with_public);
  // As `openssl ecparam -genkey` writes it.
  ExpectPublishedKey(absl::StrCat(
      Block("EC PARAMETERS", "06082a8648ce3d030107"), with_public));
}

TEST(P256KeyTest, ReadsThePkcs8ThatItWrites) {
  absl::StatusOr<EvpPkeyPtr> key = P256KeyFromPem(P256PemForTest(kScalar));
  ASSERT_TRUE(key.ok()) << key.status();
  absl::StatusOr<SecretText> pem = PrivateKeyToPem(key->get());
  ASSERT_TRUE(pem.ok()) << pem.status();
  EXPECT_THAT(std::string(pem->view()),
              StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  ExpectPublishedKey(std::string(pem->view()));
}

TEST(P256KeyTest, PublicKeyIsUncompressedWhateverFormTheFileHas) {
  absl::StatusOr<EvpPkeyPtr> key = P256KeyFromPem(P256PemForTest(kScalar));
  ASSERT_TRUE(key.ok()) << key.status();
  ASSERT_EQ(
      EVP_PKEY_set_utf8_string_param(
          key->get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
      1);
  ExpectPublishedKey(Pkcs8(key->get()));
}

TEST(P256KeyTest, GeneratedKeysDiffer) {
  absl::StatusOr<EvpPkeyPtr> a = GenerateP256Key();
  absl::StatusOr<EvpPkeyPtr> b = GenerateP256Key();
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_NE(*P256PublicKey(a->get()), *P256PublicKey(b->get()));
}

TEST(P256KeyTest, RefusesOtherAlgorithmsAndCurves) {
  EvpPkeyPtr p384(EVP_EC_gen("P-384"));
  EvpPkeyPtr k256(EVP_EC_gen("secp256k1"));
  EvpPkeyPtr ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  ExpectRefused(Pkcs8(p384.get()), "got curve secp384r1");
  ExpectRefused(Pkcs8(k256.get()), "got curve secp256k1");
  ExpectRefused(Pkcs8(ed25519.get()), "got ED25519");
}

TEST(P256KeyTest, RefusesACurveThatIsSpelledOut) {
  EvpPkeyPtr key(EVP_EC_gen("P-256"));
  ASSERT_EQ(
      EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING,
                                     OSSL_PKEY_EC_ENCODING_EXPLICIT),
      1);
  ExpectRefused(Pkcs8(key.get()), "spells out");
}

TEST(P256KeyTest, RefusesAnEncryptedKeyWithoutAskingForAPassword) {
  EvpPkeyPtr key(EVP_EC_gen("P-256"));
  ExpectRefused(Pkcs8(key.get(), EVP_aes_128_cbc()),
                "no unencrypted private key");
}

TEST(P256KeyTest, RefusesTextWithoutAPrivateKey) {
  EvpPkeyPtr key(EVP_EC_gen("P-256"));
  BioPtr bio(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PUBKEY(bio.get(), key.get()), 1);
  std::string cut = P256PemForTest(kScalar);
  cut.resize(cut.size() - 40);
  for (const std::string& text :
       {std::string(), std::string("hello"), Text(bio), cut}) {
    ExpectRefused(text, "no unencrypted private key");
  }
  ExpectRefused(std::string(65537, '\n'), "65537 bytes");
}

TEST(P256KeyTest, RefusesScalarsOutOfRange) {
  ExpectRefused(P256PemForTest(std::string(64, '0')), "private key");
  ExpectRefused(P256PemForTest("ffffffff00000000ffffffffffffffffbce6faada7179e8"
                               "4f3b9cac2fc632551"),
                "private key");
  ExpectRefused(P256PemForTest(std::string(64, 'f')), "private key");
  // The order and one, which has the generator as its public key.
  ExpectRefused(
      Block("EC PRIVATE KEY",
            "30770201010420ffffffff00000000ffffffffffffffffbce6faada7179e84"
            "f3b9cac2fc632552a00a06082a8648ce3d030107a14403420004"
            "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
      "private key");
}

TEST(P256KeyTest, RefusesAPublicKeyOfAnotherPrivateKey) {
  std::string other = kScalar;
  other.back() = '2';
  ExpectRefused(
      Block("EC PRIVATE KEY",
            absl::StrCat("30770201010420", other,
                         "a00a06082a8648ce3d030107a144034200", kPublic)),
      "does not belong to its public key");
}

TEST(P256KeyTest, PublicKeyIsReadBack) {
  absl::StatusOr<EvpPkeyPtr> key =
      P256KeyFromPublic(absl::HexStringToBytes(kPublic));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(absl::BytesToHexString(*P256PublicKey(key->get())), kPublic);
}

TEST(P256KeyTest, RefusesOtherFormsOfAPublicKey) {
  std::string good = absl::HexStringToBytes(kPublic);
  auto expect_refused = [](const std::string& encoded, const char* word) {
    absl::Status status = P256KeyFromPublic(encoded).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
        << absl::BytesToHexString(encoded);
    EXPECT_THAT(status.message(), HasSubstr(word));
    EXPECT_EQ(ERR_peek_error(), 0u);
  };
  expect_refused("", "bytes, not 65");
  expect_refused(std::string(1, '\0'), "bytes, not 65");
  expect_refused("\x03" + good.substr(1, 32), "bytes, not 65");
  expect_refused(good.substr(0, 64), "bytes, not 65");
  expect_refused(good + '\0', "bytes, not 65");
  // Hybrid: 6 and 7 tell the parity of y once more.
  for (char first : {0, 2, 3, 5, 6, 7}) {
    expect_refused(first + good.substr(1), "not 4");
  }
  for (size_t byte : {1, 32, 33, 64}) {
    std::string off_curve = good;
    off_curve[byte] ^= 1;
    expect_refused(off_curve, "not a point of P-256");
  }
  expect_refused('\x04' + std::string(64, '\0'), "not a point of P-256");
  // The point with x = 5 under x + p.
  std::string big_x = absl::HexStringToBytes(
      "04ffffffff00000001000000000000000000000001000000000000000000000004"
      "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc");
  expect_refused(big_x, "not a point of P-256");
}

}  // namespace
}  // namespace sealbook::crypto
