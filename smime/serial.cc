#include "smime/serial.h"

#include "base/status_macros.h"
#include "crypto/openssl_ptr.h"
#include "smime/x509.h"

namespace sealbook::smime {

absl::StatusOr<std::string> ReadSerialHex(absl::string_view der) {
  SEALBOOK_ASSIGN_OR_RETURN(const crypto::X509Ptr certificate,
                            ParseX509WithoutKey(der));
  return SerialText(certificate.get());
}

}  // namespace sealbook::smime
