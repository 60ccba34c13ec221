// Deterministic nonces (RFC 6979, section 3.2) with SHA-256 for groups whose
// order has 256 bits.
#ifndef SEALBOOK_CRYPTO_RFC6979_H_
#define SEALBOOK_CRYPTO_RFC6979_H_

#include <openssl/bn.h>

#include "crypto/openssl_ptr.h"
#include "crypto/types.h"

namespace sealbook::crypto {

// The nonce k, in [1, order), for the private key `secret` (in [1, order)) and
// a message whose SHA-256 is `digest`. Requires 2^255 <= order < 2^256. The
// result is flagged for constant-time use.
BnPtr Rfc6979Nonce(const BIGNUM* order, const BIGNUM* secret,
                   const Hash& digest);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_RFC6979_H_
