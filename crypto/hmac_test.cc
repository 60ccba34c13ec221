#include "crypto/hmac.h"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <string>

namespace sealbook::crypto {
namespace {

// RFC 4231, test cases 1, 2 and 4.
TEST(HmacSha256Test, AgreesWithRfc4231) {
  EXPECT_EQ(HmacSha256(std::string(20, '\x0b')).Compute("Hi There").ToHex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HmacSha256("Jefe").Compute("what do ya want for nothing?").ToHex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  std::string key;
  for (char c = 1; c <= 25; ++c) key += c;
  EXPECT_EQ(HmacSha256(key).Compute(std::string(50, '\xcd')).ToHex(),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

TEST(HmacSha256Test, AgreesWithOpenSslForEveryKeyAndMessageLength) {
  for (size_t key_size = 1; key_size <= 64; ++key_size) {
    std::string key(key_size, static_cast<char>(key_size));
    HmacSha256 hmac(key);
    for (size_t size = 0; size < 150; size += 7) {
      std::string message(size, static_cast<char>(0x80 + size));
      Hash expected;
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()),
           message.size(), expected.data(), nullptr);
      ASSERT_EQ(hmac.Compute(message), expected)
          << "key " << key_size << " message " << size;
      ASSERT_EQ(ComputeHmacSha256(key, message), expected)
          << "key " << key_size << " message " << size;
    }
  }
}

TEST(HmacSha256DeathTest, KeyIsAtMostOneBlock) {
  EXPECT_DEATH(HmacSha256(std::string(65, 'k')), "at most one block");
  EXPECT_DEATH(ComputeHmacSha256(std::string(65, 'k'), ""),
               "at most one block");
}

}  // namespace
}  // namespace sealbook::crypto
