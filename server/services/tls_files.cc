#include "server/services/tls_files.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/key_file.h"
#include "server/config/text_file.h"
#include "smime/certificate.h"
#include "smime/certificate_key.h"
#include "smime/chain.h"

namespace sealbook::server {
namespace {

constexpr size_t kMaxBundleBytes = 4 << 20;

absl::Status InFile(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

}  // namespace

absl::StatusOr<TlsFiles> ReadTlsFiles(const ListenerConfig& listener) {
  TlsFiles files;
  SEALBOOK_ASSIGN_OR_RETURN(
      files.certificates,
      ReadTextFile(listener.certificate_file, kMaxBundleBytes));
  absl::StatusOr<std::vector<std::string>> certificates =
      smime::ReadCertificates(files.certificates);
  SEALBOOK_RETURN_IF_ERROR(
      InFile(listener.certificate_file, certificates.status()));

  SEALBOOK_ASSIGN_OR_RETURN(files.private_key,
                            crypto::ReadKeyFile(listener.private_key_file));
  SEALBOOK_RETURN_IF_ERROR(
      InFile(absl::StrCat(listener.private_key_file, " (the key of ",
                          listener.certificate_file, ")"),
             smime::CheckCertificateKey(certificates->front(),
                                        files.private_key.view())));
  // gRPC takes PEM only.
  std::string pem;
  for (const std::string& der : *certificates) {
    pem += smime::CertificateToPem(der);
  }
  files.certificates = std::move(pem);

  if (listener.client_ca_file.empty()) return files;
  SEALBOOK_ASSIGN_OR_RETURN(
      std::string contents,
      ReadTextFile(listener.client_ca_file, kMaxBundleBytes));
  SEALBOOK_RETURN_IF_ERROR(InFile(
      listener.client_ca_file, smime::TrustAnchors::Read(contents).status()));
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::string> cas,
                            smime::ReadCertificates(contents));
  for (const std::string& der : cas) {
    files.client_cas += smime::CertificateToPem(der);
  }
  return files;
}

}  // namespace sealbook::server
