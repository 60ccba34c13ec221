#include "crypto/library.h"

#include <openssl/crypto.h>

namespace sealbook::crypto {

std::string CryptoLibraryVersion() {
  return std::string("OpenSSL ") + OpenSSL_version(OPENSSL_VERSION_STRING);
}

}  // namespace sealbook::crypto
