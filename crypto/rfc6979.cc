#include "crypto/rfc6979.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "crypto/hmac.h"
#include "crypto/openssl_error.h"

namespace sealbook::crypto {
namespace {

constexpr size_t kSize = 32;  // of the digest, the order, K and V

// HMAC_DRBG as RFC 6979 uses it. Wipes its state.
class NonceGenerator {
 public:
  // Steps b to g. `seed` is int2octets(x) || bits2octets(h1).
  explicit NonceGenerator(const std::array<uint8_t, 2 * kSize>& seed) {
    std::fill_n(value_.data(), kSize, 0x01);
    std::fill_n(key_.data(), kSize, 0x00);
    std::copy(seed.begin(), seed.end(), message_.begin() + kSize + 1);
    Update(0x00, message_.size());
    Update(0x01, message_.size());
  }
  ~NonceGenerator() {
    OPENSSL_cleanse(key_.data(), kSize);
    OPENSSL_cleanse(value_.data(), kSize);
    OPENSSL_cleanse(message_.data(), message_.size());
  }
  NonceGenerator(const NonceGenerator&) = delete;
  NonceGenerator& operator=(const NonceGenerator&) = delete;

  // Step h.2: since a digest is as long as the order, V itself is T.
  const Hash& Next() {
    value_ = ComputeHmacSha256(key_.view(), value_.view());
    return value_;
  }

  // Step h.3, when the candidate was out of range.
  void Reject() { Update(0x00, kSize + 1); }

 private:
  // K = HMAC_K(V || separator || seed), V = HMAC_K(V); the message is cut after
  // `size` bytes.
  void Update(uint8_t separator, size_t size) {
    std::copy_n(value_.data(), kSize, message_.begin());
    message_[kSize] = separator;
    key_ = ComputeHmacSha256(
        key_.view(), absl::string_view(
                         reinterpret_cast<const char*>(message_.data()), size));
    value_ = ComputeHmacSha256(key_.view(), value_.view());
  }

  Hash key_;
  Hash value_;
  std::array<uint8_t, 3 * kSize + 1> message_;
};

// int2octets(secret) || bits2octets(digest), RFC 6979, 2.3.3 and 2.3.4.
void MakeSeed(const BIGNUM* order, const BIGNUM* secret, const Hash& digest,
              std::array<uint8_t, 2 * kSize>& seed) {
  BnPtr reduced(BN_bin2bn(digest.data(), kSize, nullptr));
  // One subtraction is enough, as the order has as many bits as the digest.
  bool ok = reduced != nullptr &&
            (BN_cmp(reduced.get(), order) < 0 ||
             BN_sub(reduced.get(), reduced.get(), order) == 1) &&
            BN_bn2binpad(secret, seed.data(), kSize) == kSize &&
            BN_bn2binpad(reduced.get(), seed.data() + kSize, kSize) == kSize;
  RequireOpenSsl(ok, "the seed of a nonce");
}

}  // namespace

BnPtr Rfc6979Nonce(const BIGNUM* order, const BIGNUM* secret,
                   const Hash& digest) {
  std::array<uint8_t, 2 * kSize> seed;
  MakeSeed(order, secret, digest, seed);
  NonceGenerator generator(seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  while (true) {
    BnPtr nonce(BN_bin2bn(generator.Next().data(), kSize, nullptr));
    RequireOpenSsl(nonce != nullptr, "BN_bin2bn");
    if (!BN_is_zero(nonce.get()) && BN_cmp(nonce.get(), order) < 0) {
      BN_set_flags(nonce.get(), BN_FLG_CONSTTIME);
      return nonce;
    }
    generator.Reject();
  }
}

}  // namespace sealbook::crypto
