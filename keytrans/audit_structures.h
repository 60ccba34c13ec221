// What a log sends its Third-Party Auditor ([KT] "Auditing"); the auditor's
// answer is the AuditorTreeHead in keytrans/structures.h, which also says what
// every Encode and Parse keeps to.
#ifndef SEALBOOK_KEYTRANS_AUDIT_STRUCTURES_H_
#define SEALBOOK_KEYTRANS_AUDIT_STRUCTURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/prefix_proof.h"

namespace sealbook::keytrans {

// [KT] "Auditing": one new log entry.
struct AuditorUpdate {
  // Of the log entry, in milliseconds since the Unix epoch.
  uint64_t timestamp = 0;
  // Each ascending by vrf_output.
  std::vector<merkle::PrefixLeaf> added;
  std::vector<merkle::PrefixLeaf> removed;
  // From the prefix tree of the previous log entry: the search keys of `added`,
  // then those of `removed`.
  merkle::PrefixProof proof;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling.
  absl::StatusOr<std::string> Encode() const;
  // INVALID_ARGUMENT: also where `added` or `removed` does not ascend strictly
  // (step 2 of the auditor).
  static absl::StatusOr<AuditorUpdate> Parse(absl::string_view bytes);

  friend bool operator==(const AuditorUpdate&, const AuditorUpdate&) = default;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_AUDIT_STRUCTURES_H_
