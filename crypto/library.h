// What the cryptography runs on, for `version` commands.
#ifndef SEALBOOK_CRYPTO_LIBRARY_H_
#define SEALBOOK_CRYPTO_LIBRARY_H_

#include <string>

namespace sealbook::crypto {

// For example "OpenSSL 3.0.15, libsodium 1.0.18": the libraries that are
// loaded.
std::string CryptoLibraryVersion();

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_LIBRARY_H_
