// Whether a private key belongs to a certificate, for TLS configuration.
#ifndef SEALBOOK_SMIME_CERTIFICATE_KEY_H_
#define SEALBOOK_SMIME_CERTIFICATE_KEY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sealbook::smime {

// Checks that the private key in `key_pem` (unencrypted PEM) is the one of the
// certificate `der`. INVALID_ARGUMENT: `der` is not one certificate, `key_pem`
// holds no private key or an encrypted one, or they do not belong together; the
// message tells which.
absl::Status CheckCertificateKey(absl::string_view der,
                                 absl::string_view key_pem);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_CERTIFICATE_KEY_H_
