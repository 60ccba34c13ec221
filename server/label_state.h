// What the planner of a batch has to know about the labels in it, read from the
// store in a few batched reads.
#ifndef SEALBOOK_SERVER_LABEL_STATE_H_
#define SEALBOOK_SERVER_LABEL_STATE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "crypto/types.h"
#include "keytrans/prover.h"
#include "merkle/prefix_tree.h"
#include "proto/sealbook/v1/records.pb.h"
#include "server/log_store.h"
#include "smime/live.h"
#include "smime/types.h"

namespace sealbook::server {

// A certificate in force for a label.
struct CertificateState {
  smime::InForce facts;
  v1::CertificateInForce stored;
};

// A version that a certificate made.
struct StoredPublication {
  uint32_t version = 0;
  keytrans::VersionFacts facts;
};

struct LabelState {
  // DATA_LOSS: the label's records are damaged; the rest is empty then.
  absl::Status status;
  // Absent: the label has no version.
  std::optional<uint32_t> greatest_version;
  // Of that version, expired ones included; oldest publication first.
  std::vector<std::shared_ptr<const CertificateState>> in_force;
  // Those of the requested certificates that were published under the label.
  absl::flat_hash_map<smime::CertificateHash, StoredPublication> published;
};

struct LabelQuery {
  std::string label;
  // Certificates that are to be published under it.
  std::vector<smime::CertificateHash> certificates;
};

// The states of the labels of `queries`, in their order. A damaged record
// spoils its own label only. Errors other than DATA_LOSS are returned.
absl::StatusOr<std::vector<LabelState>> ReadLabelStates(
    const LogStore& store, absl::Span<const LabelQuery> queries,
    const merkle::ParallelFor& parallel);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_LABEL_STATE_H_
