#include "crypto/hmac.h"

#include <openssl/crypto.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "crypto/hash.h"
#include "crypto/openssl_error.h"
#include "crypto/sha256_md.h"

namespace sealbook::crypto {
namespace {

constexpr size_t kBlockSize = 64;

constexpr uint8_t kInnerPad = 0x36;
constexpr uint8_t kOuterPad = 0x5c;

// The key, padded to a block and XORed with `pad`. Wiped when it goes.
class KeyBlock {
 public:
  KeyBlock(absl::string_view key, uint8_t pad) {
    RequireOpenSsl(key.size() <= kBlockSize, "HMAC key of at most one block");
    block_.fill(static_cast<char>(pad));
    for (size_t i = 0; i < key.size(); ++i) block_[i] ^= key[i];
  }
  ~KeyBlock() { OPENSSL_cleanse(block_.data(), block_.size()); }
  KeyBlock(const KeyBlock&) = delete;
  KeyBlock& operator=(const KeyBlock&) = delete;

  absl::string_view view() const {
    return absl::string_view(block_.data(), block_.size());
  }

 private:
  std::array<char, kBlockSize> block_;
};

// SHA-256 after a key's block.
EvpMdCtxPtr Absorb(const KeyBlock& block) {
  EvpMdCtxPtr context(EVP_MD_CTX_new());
  bool ok = context != nullptr &&
            EVP_DigestInit_ex2(context.get(), Sha256Md(), nullptr) == 1 &&
            EVP_DigestUpdate(context.get(), block.view().data(),
                             block.view().size()) == 1;
  RequireOpenSsl(ok, "HMAC-SHA256 key");
  return context;
}

// SHA-256 of what `start` has absorbed, followed by `message`.
Hash Finish(const EVP_MD_CTX* start, absl::string_view message) {
  thread_local const EvpMdCtxPtr context(EVP_MD_CTX_new());
  Hash hash;
  bool ok =
      context != nullptr && EVP_MD_CTX_copy_ex(context.get(), start) == 1 &&
      EVP_DigestUpdate(context.get(), message.data(), message.size()) == 1 &&
      EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1;
  RequireOpenSsl(ok, "HMAC-SHA256");
  return hash;
}

}  // namespace

Hash ComputeHmacSha256(absl::string_view key, absl::string_view message) {
  Hash inner = Sha256({KeyBlock(key, kInnerPad).view(), message});
  return Sha256({KeyBlock(key, kOuterPad).view(), inner.view()});
}

HmacSha256::HmacSha256(absl::string_view key)
    : inner_(Absorb(KeyBlock(key, kInnerPad))),
      outer_(Absorb(KeyBlock(key, kOuterPad))) {}

Hash HmacSha256::Compute(absl::string_view message) const {
  Hash inner = Finish(inner_.get(), message);
  return Finish(outer_.get(), inner.view());
}

}  // namespace sealbook::crypto
