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
  // UpdateValue.value.
  std::string value;
};

// A log and its labels. Thread-safe.
class ProverSource : public ProofSource {
 public:
  // The greatest version of `label` now; absent when it has none.
  virtual absl::StatusOr<std::optional<uint32_t>> ReadGreatestVersion(
      absl::string_view label) = 0;
  // In the order of `versions`; absent for a version that does not exist.
  virtual absl::StatusOr<std::vector<std::optional<VersionFacts>>> ReadVersions(
      absl::string_view label, absl::Span<const uint32_t> versions) = 0;
  // Requires: the version exists.
  virtual absl::StatusOr<OpenedValue> ReadValue(absl::string_view label,
                                                uint32_t version) = 0;
  // VRF output and proof of a label-version, possibly from a cache.
  virtual absl::StatusOr<crypto::VrfPrivateKey::Proven> ProveVrf(
      absl::string_view label, uint32_t version) = 0;
};

struct SearchAnswer {
  // True: `bytes` is a SearchResponse. False: an AbsenceResponse.
  bool found = false;
  std::string bytes;
  // UpdateValue.value, when found.
  std::string value;
};

// Answers a greatest-version search in the tree that `head` signs. Later
// entries of the log are not seen. INVALID_ARGUMENT: `last` is zero or larger
// than the tree, a label longer than 255 bytes. UNIMPLEMENTED: a fixed version
// is asked for. DATA_LOSS, INTERNAL: from the source.
absl::StatusOr<SearchAnswer> AnswerSearch(ProverSource& source,
                                          const Configuration& configuration,
                                          const TreeHead& head,
                                          const SearchRequest& request);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_PROVER_H_
