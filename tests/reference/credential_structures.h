// "Credentials". Encoded by structures.h.
#ifndef SEALBOOK_TESTS_REFERENCE_CREDENTIAL_STRUCTURES_H_
#define SEALBOOK_TESTS_REFERENCE_CREDENTIAL_STRUCTURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/reference/structures.h"

namespace sealbook::reference {

enum class CredentialType : uint8_t { kStandard = 1, kProvisional = 2 };

struct Credential {
  std::string label;
  uint32_t version = 0;
  std::string opening;
  UpdateValue value;
  std::vector<BinaryLadderStep> binary_ladder;
  uint64_t position = 0;
  CredentialType credential_type = CredentialType::kStandard;
  PrefixProof distinguished;  // only with kStandard
  TreeHead tree_head;         // only with kProvisional
  CombinedTreeProof search;   // only with kProvisional

  bool operator==(const Credential&) const = default;
};

struct CredentialUpdate {
  CombinedTreeProof monitor;

  bool operator==(const CredentialUpdate&) const = default;
};

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_CREDENTIAL_STRUCTURES_H_
