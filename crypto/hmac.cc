#include "crypto/hmac.h"

#include <array>

#include "crypto/openssl_error.h"
#include "crypto/sha256_md.h"

namespace sealbook::crypto {
namespace {

constexpr size_t kBlockSize = 64;

// SHA-256 after the key, padded to a block and XORed with `pad`.
EvpMdCtxPtr AbsorbKey(absl::string_view key, uint8_t pad) {
  RequireOpenSsl(key.size() <= kBlockSize, "HMAC key of at most one block");
  std::array<uint8_t, kBlockSize> block;
  block.fill(pad);
  for (size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
  EvpMdCtxPtr context(EVP_MD_CTX_new());
  bool ok = context != nullptr &&
            EVP_DigestInit_ex2(context.get(), Sha256Md(), nullptr) == 1 &&
            EVP_DigestUpdate(context.get(), block.data(), block.size()) == 1;
  RequireOpenSsl(ok, "HMAC-SHA256 key");
  OPENSSL_cleanse(block.data(), block.size());
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

HmacSha256::HmacSha256(absl::string_view key)
    : inner_(AbsorbKey(key, 0x36)), outer_(AbsorbKey(key, 0x5c)) {}

Hash HmacSha256::Compute(absl::string_view message) const {
  Hash inner = Finish(inner_.get(), message);
  return Finish(outer_.get(), inner.view());
}

}  // namespace sealbook::crypto
