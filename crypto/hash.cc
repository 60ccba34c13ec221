#include "crypto/hash.h"

#include <openssl/evp.h>

#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "crypto/sha256_md.h"

namespace sealbook::crypto {

const EVP_MD* Sha256Md() {
  static const EVP_MD* const md = [] {
    const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    RequireOpenSsl(fetched != nullptr, "EVP_MD_fetch(SHA256)");
    return fetched;
  }();
  return md;
}

Hash Sha256(std::initializer_list<absl::string_view> parts) {
  thread_local const EvpMdCtxPtr context(EVP_MD_CTX_new());
  bool ok = context != nullptr &&
            EVP_DigestInit_ex2(context.get(), Sha256Md(), nullptr) == 1;
  for (absl::string_view part : parts) {
    ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  Hash hash;
  ok = ok && EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1;
  RequireOpenSsl(ok, "SHA-256");
  return hash;
}

Hash Sha256(absl::string_view data) { return Sha256({data}); }

}  // namespace sealbook::crypto
