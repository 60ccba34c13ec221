// What every factory by cipher suite answers for a suite that it lacks.
#ifndef SEALBOOK_CRYPTO_CIPHER_SUITE_H_
#define SEALBOOK_CRYPTO_CIPHER_SUITE_H_

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "crypto/types.h"

namespace sealbook::crypto {

// UNIMPLEMENTED.
inline absl::Status UnsupportedCipherSuite(CipherSuite suite) {
  return absl::UnimplementedError(absl::StrFormat(
      "cipher suite 0x%04x is not supported", static_cast<unsigned>(suite)));
}

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_CIPHER_SUITE_H_
