// The fetched EVP_MD behind crypto/hash.h, for those who keep their own state.
#ifndef SEALBOOK_CRYPTO_SHA256_MD_H_
#define SEALBOOK_CRYPTO_SHA256_MD_H_

#include <openssl/evp.h>

namespace sealbook::crypto {

// Never null, never freed. Fetching takes a lock, and EVP_sha256() fetches
// again on every use.
const EVP_MD* Sha256Md();

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_SHA256_MD_H_
