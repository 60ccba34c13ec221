// "Auditing": what a Service Operator sends to a Third-Party Auditor. Encoded
// by structures.h, where the auditor's head is.
#ifndef SEALBOOK_TESTS_REFERENCE_AUDIT_STRUCTURES_H_
#define SEALBOOK_TESTS_REFERENCE_AUDIT_STRUCTURES_H_

#include <cstdint>
#include <vector>

#include "tests/reference/structures.h"

namespace sealbook::reference {

struct AuditorUpdate {
  uint64_t timestamp = 0;
  std::vector<PrefixLeaf> added;    // up to 2^16-1
  std::vector<PrefixLeaf> removed;  // up to 2^16-1
  PrefixProof proof;

  bool operator==(const AuditorUpdate&) const = default;
};

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_AUDIT_STRUCTURES_H_
