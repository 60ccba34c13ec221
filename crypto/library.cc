#include "crypto/library.h"

#include <openssl/crypto.h>
#include <sodium.h>

namespace sealbook::crypto {

std::string CryptoLibraryVersion() {
  return std::string("OpenSSL ") + OpenSSL_version(OPENSSL_VERSION_STRING) +
         ", libsodium " + sodium_version_string();
}

}  // namespace sealbook::crypto
