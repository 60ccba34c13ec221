// The form of a certificate, whatever it certifies (RFC 5280, 4.1 and 4.2).
#ifndef SEALBOOK_SMIME_FORM_H_
#define SEALBOOK_SMIME_FORM_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/openssl_ptr.h"

namespace sealbook::smime {

// The certificate in `der` when it is X.509 v3 in DER throughout, has a
// positive serial number below 2^159, names one signature algorithm inside and
// outside, and has no extension twice, none critical that we do not know, and
// none that cannot be decoded. INVALID_ARGUMENT otherwise.
//
// What is accepted re-encodes to the bytes it came in, so that no second
// encoding of one certificate can be published: CheckDer leaves each element
// one form, and the values that may be left out because they are a default
// (version, critical, those inside extensions) are checked here.
absl::StatusOr<crypto::X509Ptr> ParseStrictly(absl::string_view der);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_FORM_H_
