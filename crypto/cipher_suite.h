// Names of the cipher suites, and what every factory answers for others.
#ifndef SEALBOOK_CRYPTO_CIPHER_SUITE_H_
#define SEALBOOK_CRYPTO_CIPHER_SUITE_H_

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"

namespace sealbook::crypto {

// As in [KT] "KT Cipher Suites", for example KT_128_SHA256_P256.
inline absl::string_view CipherSuiteName(CipherSuite suite) {
  switch (suite) {
    case CipherSuite::kP256:
      return "KT_128_SHA256_P256";
    case CipherSuite::kEd25519:
      return "KT_128_SHA256_Ed25519";
  }
  return "unknown";
}

// UNIMPLEMENTED.
inline absl::Status UnsupportedCipherSuite(CipherSuite suite) {
  return absl::UnimplementedError(absl::StrFormat(
      "cipher suite 0x%04x is not supported", static_cast<unsigned>(suite)));
}

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_CIPHER_SUITE_H_
