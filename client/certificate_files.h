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

struct CertificateFiles {
  std::vector<CertificateToPublish> certificates;
  // Files of folders that hold no certificates or cannot be read: the name and
  // why.
  std::vector<std::string> skipped;
};

// Reads files (PEM, DER, PKCS#7 without signatures), and folders with all that
// is below them, in the order of their names. A certificate that issued another
// one of them (by name) goes along as an intermediate, every other one is to be
// published; the same certificate counts once. Of a folder, what is no
// certificate is skipped. INVALID_ARGUMENT, naming the file: not certificates;
// a folder without any. Others: as ReadFile.
absl::StatusOr<CertificateFiles> ReadCertificateFiles(
    absl::Span<const std::string> paths);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CERTIFICATE_FILES_H_
