// Certificates to publish, from files.
#ifndef SEALBOOK_CLIENT_CERTIFICATE_FILES_H_
#define SEALBOOK_CLIENT_CERTIFICATE_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "smime/certificate.h"

namespace sealbook::client {

struct CertificateToPublish {
  // Where it was read.
  std::string file;
  std::string der;
  smime::CertificateFacts facts;
  // DER, issuer first: those of all files that lead up from it by name, without
  // self-signed ones.
  std::vector<std::string> intermediates;
};

// Reads PEM and DER files. A certificate that issued another one of them (by
// name) goes along as an intermediate, every other one is to be published; the
// same certificate counts once. INVALID_ARGUMENT, naming the file: not
// certificates. Others: as ReadFile.
absl::StatusOr<std::vector<CertificateToPublish>> ReadCertificateFiles(
    absl::Span<const std::string> files);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CERTIFICATE_FILES_H_
