// A certificate's serial number, for those who need nothing else of it: reading
// all that smime/certificate.h gives takes long where it names many addresses.
#ifndef SEALBOOK_SMIME_SERIAL_H_
#define SEALBOOK_SMIME_SERIAL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::smime {

// As CertificateFacts::serial_hex. INVALID_ARGUMENT: `der` is not one
// certificate.
absl::StatusOr<std::string> ReadSerialHex(absl::string_view der);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_SERIAL_H_
