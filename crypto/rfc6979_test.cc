#include "crypto/rfc6979.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/hash.h"
#include "crypto/p256.h"
#include "crypto/test_util.h"

namespace sealbook::crypto {
namespace {

BnPtr FromBytes(const std::string& bytes) {
  return BnPtr(BN_bin2bn(reinterpret_cast<const uint8_t*>(bytes.data()),
                         static_cast<int>(bytes.size()), nullptr));
}

std::string ToBytes(const BIGNUM* number) {
  std::string bytes(32, '\0');
  EXPECT_EQ(BN_bn2binpad(number, reinterpret_cast<uint8_t*>(bytes.data()), 32),
            32);
  return bytes;
}

// A.2.5, the two messages of the appendix with SHA-256.
TEST(Rfc6979Test, AgreesWithThePublishedNoncesForP256) {
  BnPtr secret = FromBytes(absl::HexStringToBytes(
      "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"));
  auto nonce = [&](absl::string_view message) {
    return absl::BytesToHexString(ToBytes(
        Rfc6979Nonce(P256Order(), secret.get(), Sha256(message)).get()));
  };
  EXPECT_EQ(nonce("sample"),
            "a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60");
  EXPECT_EQ(nonce("test"),
            "d16b6ae827f17175e040871a1c7ec3500192c4c92677336ec2537acaee0008e0");
}

std::string ReferenceHmac(const std::string& key, const std::string& message) {
  std::string mac(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const uint8_t*>(message.data()), message.size(),
       reinterpret_cast<uint8_t*>(mac.data()), nullptr);
  return mac;
}

// Section 3.2 word for word; counts the candidates that it refused.
std::string ReferenceNonce(const std::string& order, const std::string& secret,
                           const std::string& reduced_digest, int* refused) {
  std::string v(32, '\x01');
  std::string k(32, '\0');
  const std::string zero(1, '\0');
  k = ReferenceHmac(k, absl::StrCat(v, zero, secret, reduced_digest));
  v = ReferenceHmac(k, v);
  k = ReferenceHmac(k, absl::StrCat(v, "\x01", secret, reduced_digest));
  v = ReferenceHmac(k, v);
  while (true) {
    v = ReferenceHmac(k, v);
    // std::string compares bytes as unsigned.
    if (v != std::string(32, '\0') && v < order) return v;
    ++*refused;
    k = ReferenceHmac(k, absl::StrCat(v, zero));
    v = ReferenceHmac(k, v);
  }
}

// With the order of P-256 a candidate is refused once in 2^32 times, with this
// one every other time.
TEST(Rfc6979Test, RefusesCandidatesAndReducesDigestsAsTheReferenceDoes) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  std::string order(32, '\0');
  order[0] = '\x80';
  order[31] = '\x05';
  BnPtr order_number = FromBytes(order);
  int refused = 0;
  int reduced = 0;
  for (int i = 0; i < 200; ++i) {
    std::string secret = random.Bytes(32);
    secret[0] &= 0x7f;
    Hash digest = *Hash::FromBytes(random.Bytes(32));
    BnPtr digest_number = FromBytes(digest.ToString());
    if (BN_cmp(digest_number.get(), order_number.get()) >= 0) {
      ++reduced;
      ASSERT_EQ(
          BN_sub(digest_number.get(), digest_number.get(), order_number.get()),
          1);
    }
    std::string expected =
        ReferenceNonce(order, secret, ToBytes(digest_number.get()), &refused);
    BnPtr nonce =
        Rfc6979Nonce(order_number.get(), FromBytes(secret).get(), digest);
    ASSERT_EQ(absl::BytesToHexString(ToBytes(nonce.get())),
              absl::BytesToHexString(expected));
    EXPECT_NE(BN_get_flags(nonce.get(), BN_FLG_CONSTTIME), 0);
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(reduced, 50);
}

}  // namespace
}  // namespace sealbook::crypto
