// The Distinguished Encoding Rules (X.690, 8 to 11), checked without knowing
// what is encoded. OpenSSL reads BER and keeps parts of a certificate (names,
// extensions) as they came, so that re-encoding alone would not show all of it.
#ifndef SEALBOOK_SMIME_DER_H_
#define SEALBOOK_SMIME_DER_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sealbook::smime {

// OK when `der` is exactly one element, nothing after it, in DER throughout:
// definite minimal lengths, minimal integers and object identifiers, booleans
// 00 or FF, unused bits zero, strings primitive, sets sorted, UTF8String valid,
// time strings whole seconds in UTC. The content of OCTET STRING and of
// primitive context tags is not looked into. INVALID_ARGUMENT otherwise, check
// `der`; the message gives the rule and the offset.
absl::Status CheckDer(absl::string_view der);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_DER_H_
