#include "smime/certificate_key.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/status_macros.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "smime/x509.h"

namespace sealbook::smime {
namespace {

// Stands in for OpenSSL's own, which would ask on the terminal.
int RefusePassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

absl::Status CheckCertificateKey(absl::string_view der,
                                 absl::string_view key_pem) {
  const crypto::ScopedOpenSslErrors errors;
  SEALBOOK_ASSIGN_OR_RETURN(const crypto::X509Ptr certificate, ParseX509(der));
  const crypto::BioPtr bio(
      BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  bool asked = false;
  const crypto::EvpPkeyPtr key(
      bio == nullptr ? nullptr
                     : PEM_read_bio_PrivateKey(bio.get(), nullptr,
                                               RefusePassword, &asked));
  if (asked) {
    return absl::InvalidArgumentError(
        "the private key is encrypted; a server needs it unencrypted, in a "
        "file "
        "that only its user can read");
  }
  if (key == nullptr) {
    return absl::InvalidArgumentError("there is no private key in PEM");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::InvalidArgumentError(
        "the private key is not the one of the certificate");
  }
  return absl::OkStatus();
}

}  // namespace sealbook::smime
