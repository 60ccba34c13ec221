// What the planner of a batch has to know about revocations, read from the
// store.
//
// A certificate is revoked by the number that its issuer gave it (RFC 5280,
// 5.1.2.6) and not by its bytes: an ECDSA signature has a second encoding that
// is just as valid, and would else be a way around the revocation.
#ifndef SEALBOOK_SERVER_REVOCATION_STATE_H_
#define SEALBOOK_SERVER_REVOCATION_STATE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "merkle/prefix_tree.h"
#include "proto/sealbook/v1/records.pb.h"
#include "server/label_state.h"
#include "server/log_store.h"
#include "server/publication.h"
#include "smime/types.h"

namespace sealbook::server {

// How a certificate, or a serial number, that was ever revoked stands.
struct RevokedCertificate {
  v1::RevocationRecord record;
  // The versions that `record` names, by label; none of a serial number.
  absl::flat_hash_map<std::string, StoredPublication> versions;

  // False after a hold that was lifted.
  bool revoked() const {
    return record.reason() != v1::CRL_REASON_REMOVE_FROM_CRL;
  }
};

// Of the certificates of a batch; most batches have an empty one.
struct RevocationState {
  absl::flat_hash_map<smime::CertificateHash, RevokedCertificate> certificates;
  // By SerialKeyOf.
  absl::flat_hash_map<std::string, RevokedCertificate> serials;
  // Subject keys that were revoked for keyCompromise.
  absl::flat_hash_set<smime::KeyHash> compromised_keys;
  // DATA_LOSS, of certificates about which a record is damaged.
  absl::flat_hash_map<smime::CertificateHash, absl::Status> damaged;

  bool empty() const {
    return certificates.empty() && serials.empty() &&
           compromised_keys.empty() && damaged.empty();
  }
};

// The issuing key and serial number of `certificate`.
SerialNumber SerialNumberOf(const smime::AdmittedCertificate& certificate);
// The same as a key for maps.
std::string SerialKeyOf(const smime::AdmittedCertificate& certificate);

// A damaged record spoils its own certificate only. Errors other than DATA_LOSS
// are returned.
absl::StatusOr<RevocationState> ReadRevocationState(
    const LogStore& store, absl::Span<const PublishRequest* const> requests,
    const merkle::ParallelFor& parallel);

// The certificates that the revocation `request` concerns, ascending: those
// with the serial number of the one that it names. On the writer's thread,
// where no publication can come in between. DATA_LOSS: records are damaged.
absl::StatusOr<std::vector<smime::CertificateHash>> CertificatesOf(
    const LogStore& store, const PublishRequest& request);

// The revocation `request` for one of them, with one submission for each label
// that it was published under; at most as many as 32 KiB of certificate can
// name. Errors as above.
absl::StatusOr<PublishRequest> ExpandRevocation(
    const LogStore& store, const PublishRequest& request,
    const smime::CertificateHash& certificate);

// RFC 5280's name of a reason: "keyCompromise".
absl::string_view CrlReasonName(v1::CrlReason reason);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_REVOCATION_STATE_H_
