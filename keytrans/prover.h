// Answers user requests with proofs ([KT] "User Operations"). Reads the log
// through a ProverSource that the server implements over its storage.
#ifndef SEALBOOK_KEYTRANS_PROVER_H_
#define SEALBOOK_KEYTRANS_PROVER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/types.h"
#include "crypto/vrf.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/proof_source.h"
#include "keytrans/structures.h"

namespace sealbook::keytrans {

// One version of a label in the log.
struct VersionFacts {
  // The log entry that added it.
  uint64_t position = 0;
  crypto::VrfOutput vrf_output;
  crypto::Commitment commitment;
};

struct OpenedValue {
  crypto::Opening opening;
  // Of the UpdateValue.
  std::string value;
  UpdateSuffix suffix = {};
};

// The commitment of a version that was skipped ([KT] "Management"): all zero.
inline bool IsSkipped(const VersionFacts& facts) {
  return facts.commitment == crypto::Commitment();
}

// A log and its labels. Thread-safe.
class ProverSource : public ProofSource {
 public:
  // The greatest version of `label` now; absent when it has none.
  virtual absl::StatusOr<std::optional<uint32_t>> ReadGreatestVersion(
      absl::string_view label) = 0;
  // In the order of `versions`; absent for a version that does not exist.
  virtual absl::StatusOr<std::vector<std::optional<VersionFacts>>> ReadVersions(
      absl::string_view label, absl::Span<const uint32_t> versions) = 0;
  // Requires: the version exists, with these facts. DATA_LOSS: the stored bytes
  // do not open its commitment.
  virtual absl::StatusOr<OpenedValue> ReadValue(absl::string_view label,
                                                uint32_t version,
                                                const VersionFacts& facts) = 0;
  // VRF output and proof of a label-version, possibly from a cache.
  virtual absl::StatusOr<crypto::VrfPrivateKey::Proven> ProveVrf(
      absl::string_view label, uint32_t version) = 0;
};

struct SearchAnswer {
  enum class Kind {
    // `bytes` is the SearchResponse to the request.
    kFound,
    // The requested version does not exist: `bytes` is the SearchResponse to
    // the same request without a version, whose version is smaller.
    kGreatest,
    // The label has no version: `bytes` is an AbsenceResponse.
    kAbsent,
  };
  Kind kind = Kind::kAbsent;
  std::string bytes;
  // UpdateValue.value, unless absent.
  std::string value;
};

// Answers a search in the tree that `head` signs. Later entries of the log are
// not seen. INVALID_ARGUMENT: `last` is zero or larger than the tree, a label
// longer than 255 bytes. OUT_OF_RANGE: the requested version is older than the
// maximum lifetime. FAILED_PRECONDITION: it was skipped. DATA_LOSS, INTERNAL:
// from the source.
absl::StatusOr<SearchAnswer> AnswerSearch(ProverSource& source,
                                          const Configuration& configuration,
                                          const LogHead& head,
                                          const SearchRequest& request);

// The bytes of a DistinguishedResponse in that tree. Errors as above.
absl::StatusOr<std::string> AnswerDistinguished(
    ProverSource& source, const Configuration& configuration,
    const LogHead& head, const DistinguishedRequest& request);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_PROVER_H_
