// Which keys and signatures a certificate may have: S/MIME BR 6.1.5, 6.1.6 and
// 7.1.3, which give the AlgorithmIdentifiers byte for byte.
#ifndef SEALBOOK_SMIME_ALGORITHMS_H_
#define SEALBOOK_SMIME_ALGORITHMS_H_

#include <openssl/x509.h>

#include "absl/status/status.h"

namespace sealbook::smime {

// RSA of at least 2048 bits, a multiple of eight, with an odd exponent >= 3;
// P-256, P-384, P-521 as named curves, the point on the curve; Ed25519, Ed448.
// INVALID_ARGUMENT, checks `key-algorithm`, `key-decode`, `key-size`,
// `key-exponent`.
absl::Status CheckKey(X509* certificate);

// SHA-256, -384, -512 with RSA PKCS#1 v1.5, RSASSA-PSS (MGF1 with the same
// hash, salt as long as the hash) or ECDSA; EdDSA. INVALID_ARGUMENT, check
// `signature-algorithm`.
absl::Status CheckSignatureAlgorithm(const X509* certificate);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_ALGORITHMS_H_
