// Certificates that were published, read back from the log's records: what a
// revocation has to know of them.
#ifndef SEALBOOK_SERVER_PUBLISHED_CERTIFICATES_H_
#define SEALBOOK_SERVER_PUBLISHED_CERTIFICATES_H_

#include <memory>

#include "absl/status/statusor.h"
#include "server/log_store.h"
#include "smime/admission.h"
#include "smime/types.h"

namespace sealbook::server {

// The certificate as it was admitted; of `addresses` only those that it was
// published under (as labels). NOT_FOUND: it never was. DATA_LOSS: its records
// are damaged. Thread-safe.
absl::StatusOr<std::shared_ptr<const smime::AdmittedCertificate>>
ReadPublishedCertificate(const LogStore& store,
                         const smime::CertificateHash& certificate);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_PUBLISHED_CERTIFICATES_H_
