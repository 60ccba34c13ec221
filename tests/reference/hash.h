// The hashes of both cipher suites ("Cryptographic Computations"). Hashes are
// 32 bytes in a std::string, here and in the whole reference.
#ifndef SEALBOOK_TESTS_REFERENCE_HASH_H_
#define SEALBOOK_TESTS_REFERENCE_HASH_H_

#include <string>

#include "tests/reference/structures.h"

namespace sealbook::reference {

std::string Sha256(const std::string& bytes);

// "Commitment": HMAC(Kc, CommitmentValue), 32 bytes.
std::string Commit(const CommitmentValue& value,
                   DeploymentMode mode = DeploymentMode::kContactMonitoring);

// "Log Tree": the value of a leaf is the hash of its LogEntry; of a parent,
// the hash of its children's values, each behind 0x00 if the child is a leaf
// and 0x01 if it is a parent.
std::string LogLeafValue(const LogEntry& entry);
std::string LogParentValue(const std::string& left, bool left_is_leaf,
                           const std::string& right, bool right_is_leaf);

// "Prefix Tree": 0x02 before a leaf, 0x03 before a parent. A child that does
// not exist has the value MissingNode(), 32 zero bytes.
std::string PrefixLeafValue(const PrefixLeaf& leaf);
std::string PrefixParentValue(const std::string& left,
                              const std::string& right);
std::string MissingNode();

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_HASH_H_
