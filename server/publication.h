// What is published: one certificate under one label, and where it stands then.
#ifndef SEALBOOK_SERVER_PUBLICATION_H_
#define SEALBOOK_SERVER_PUBLICATION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/types.h"
#include "server/directory_entry.h"
#include "smime/admission.h"

namespace sealbook::server {

// One certificate to be published under one label.
struct Submission {
  // Canonical; one of certificate->addresses.
  std::string label;
  // Shared by the submissions of one certificate.
  std::shared_ptr<const smime::AdmittedCertificate> certificate;
  PublishCause cause = PublishCause::kIssued;
  // Id of the publisher record.
  std::string publisher;
  // sealbook.v1.PublishBasis.
  uint32_t basis = 0;
};

// One label-version that is in the log.
struct Publication {
  std::string label;
  uint32_t version = 0;
  // The log entry that holds it.
  uint64_t position = 0;
  crypto::Commitment commitment;
  // The certificate had been published under this label before.
  bool already_published = false;

  friend bool operator==(const Publication&, const Publication&) = default;
};

// What became of one request.
struct PublishOutcome {
  // In the order of the submissions. FAILED_PRECONDITION: too many live
  // certificates (smime/live.h). INVALID_ARGUMENT: more than 128 new versions
  // of one label in a request, or no further version number. DATA_LOSS: the
  // label's stored records are damaged.
  std::vector<absl::StatusOr<Publication>> results;
  // Size of the signed tree that holds all of them.
  uint64_t tree_size = 0;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_PUBLICATION_H_
