// Credentials: proofs that users send each other ([KT] "Credentials").
// keytrans/structures.h says what every Encode and Parse keeps to.
#ifndef SEALBOOK_KEYTRANS_CREDENTIAL_STRUCTURES_H_
#define SEALBOOK_KEYTRANS_CREDENTIAL_STRUCTURES_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "keytrans/structures.h"
#include "merkle/prefix_proof.h"

namespace sealbook::keytrans {

// What a Credential of CredentialType standard(1) ends with.
struct StandardCredential {
  merkle::PrefixProof distinguished;

  friend bool operator==(const StandardCredential&,
                         const StandardCredential&) = default;
};

// What a Credential of CredentialType provisional(2) ends with.
struct ProvisionalCredential {
  TreeHead tree_head;
  CombinedTreeProof search;

  friend bool operator==(const ProvisionalCredential&,
                         const ProvisionalCredential&) = default;
};

// [KT] "Credentials".
struct Credential {
  std::string label;
  uint32_t version = 0;
  crypto::Opening opening;
  // `value` and `suffix` are those of the UpdateValue.
  std::string value;
  UpdateSuffix suffix;
  std::vector<BinaryLadderStep> binary_ladder;
  // Of a recent distinguished log entry.
  uint64_t position = 0;
  // Its alternative is the credential_type.
  std::variant<StandardCredential, ProvisionalCredential> proof;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<Credential> Parse(const Configuration& configuration,
                                          absl::string_view bytes);

  friend bool operator==(const Credential&, const Credential&) = default;
};

// [KT] "Provisional" under "Credentials".
struct CredentialUpdate {
  CombinedTreeProof monitor;

  // RESOURCE_EXHAUSTED: a vector is longer than its ceiling.
  absl::StatusOr<std::string> Encode() const;
  static absl::StatusOr<CredentialUpdate> Parse(absl::string_view bytes);

  friend bool operator==(const CredentialUpdate&,
                         const CredentialUpdate&) = default;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_CREDENTIAL_STRUCTURES_H_
