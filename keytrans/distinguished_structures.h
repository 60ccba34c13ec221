// Walking distinguished heads, and what users compare to detect forks ([KT]
// "Walking Distinguished Heads", "Detecting Forks"). keytrans/structures.h says
// what every Encode and Parse keeps to.
#ifndef SEALBOOK_KEYTRANS_DISTINGUISHED_STRUCTURES_H_
#define SEALBOOK_KEYTRANS_DISTINGUISHED_STRUCTURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "keytrans/structures.h"

namespace sealbook::keytrans {

// [KT] "Walking Distinguished Heads" under "User Operations".
struct DistinguishedRequest {
  std::optional<uint64_t> last;
  // The stopping position.
  std::optional<uint64_t> stop;

  std::string Encode() const;
  static absl::StatusOr<DistinguishedRequest> Parse(absl::string_view bytes);

  friend bool operator==(const DistinguishedRequest&,
                         const DistinguishedRequest&) = default;
};

// [KT] "Walking Distinguished Heads" under "User Operations".
struct DistinguishedResponse {
  FullTreeHead full_tree_head;
  CombinedTreeProof distinguished;

  // As SearchResponse::Encode.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<DistinguishedResponse> Parse(
      const Configuration& configuration, absl::string_view bytes);

  friend bool operator==(const DistinguishedResponse&,
                         const DistinguishedResponse&) = default;
};

// [KT] "Detecting Forks": the log roots at which each of the recent
// distinguished log entries is the rightmost, left to right.
struct DistinguishedHead {
  std::vector<crypto::Hash> heads;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<DistinguishedHead> Parse(absl::string_view bytes);

  friend bool operator==(const DistinguishedHead&,
                         const DistinguishedHead&) = default;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_DISTINGUISHED_STRUCTURES_H_
