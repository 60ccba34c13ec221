// What is published: one certificate under one label, and where it stands then.
#ifndef SEALBOOK_SERVER_PUBLICATION_H_
#define SEALBOOK_SERVER_PUBLICATION_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/types.h"
#include "server/directory_entry.h"
#include "smime/admission.h"

namespace sealbook::server {

// A new version whose number and value were given: it becomes just that, or
// nothing.
struct ProposedVersion {
  uint32_t version = 0;
  // A serialized DirectoryEntry.
  std::string value;
};

// One certificate to be published under one label; or, with the causes kRevoked
// and kRestored, to be taken out of, or put back into, every label that it was
// published under, and with it every certificate of its issuing key that has
// its serial number.
struct Submission {
  // Canonical; one of certificate->addresses. Empty for a revocation.
  std::string label;
  // Shared by the submissions of one certificate.
  std::shared_ptr<const smime::AdmittedCertificate> certificate;
  PublishCause cause = PublishCause::kIssued;
  // Id of the publisher record.
  std::string publisher;
  // Of a revocation.
  v1::CrlReason reason = v1::CRL_REASON_UNSPECIFIED;
  // Of a restoration: why the certificate would not be admitted now. Counts
  // unless it is back already.
  absl::Status readmission;
  // sealbook.v1.PublishBasis.
  uint32_t basis = 0;
  // Null: the version is made as the label stands then.
  std::shared_ptr<const ProposedVersion> proposed;
};

// What is submitted and answered together. A revocation stands alone, and so
// do the proposed versions of one label: all of them are made, or none.
using PublishRequest = std::vector<Submission>;

inline bool IsRevocation(const Submission& submission) {
  return submission.cause == PublishCause::kRevoked ||
         submission.cause == PublishCause::kRestored;
}
inline bool IsProposal(const PublishRequest& request) {
  return !request.empty() && request[0].proposed != nullptr;
}
inline bool IsRevocation(const PublishRequest& request) {
  return !request.empty() && IsRevocation(request[0]);
}

// What queues, batches and shares count: addresses. At least 1 of a revocation,
// which counts those that were known when it was asked for.
inline size_t AddressesOf(const PublishRequest& request) {
  if (!IsRevocation(request)) return request.size();
  return std::max<size_t>(1, request[0].certificate->addresses.size());
}

// One label-version that is in the log.
struct Publication {
  std::string label;
  uint32_t version = 0;
  // The log entry that holds it.
  uint64_t position = 0;
  crypto::Commitment commitment;
  // The certificate had been published under this label before.
  bool already_published = false;
  // Of a version that is only planned: its value.
  std::string value = {};

  friend bool operator==(const Publication&, const Publication&) = default;
};

// What became of one request.
struct PublishOutcome {
  // In the order of the submissions; of a revocation, one for each certificate
  // and label.
  // FAILED_PRECONDITION: too many live certificates (smime/live.h); the
  // certificate was revoked, or its key for keyCompromise; a revocation that
  // cannot be lifted. INVALID_ARGUMENT: more than 128 new versions
  // of one label in a request, or too many bytes of them, or no further version
  // number. DATA_LOSS: the stored records of the label, or of the certificate's
  // revocation, are damaged. All of a proposal's, also: OUT_OF_RANGE, the label
  // has other versions meanwhile; ALREADY_EXISTS, a certificate was published;
  // INVALID_ARGUMENT, a value is not that of its version.
  std::vector<absl::StatusOr<Publication>> results;
  // Size of the signed tree that holds all of them.
  uint64_t tree_size = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_PUBLICATION_H_
