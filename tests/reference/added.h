// What a log says about a label: the versions that its entries added, also
// where an entry of a log that lies shows something else (`Entry::instead`).
#ifndef SEALBOOK_TESTS_REFERENCE_ADDED_H_
#define SEALBOOK_TESTS_REFERENCE_ADDED_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tests/reference/algorithms.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// In all functions of the first n entries.
GreatestVersions GreatestAdded(const World& world, uint64_t n,
                               const std::string& label);
// The entry that added the version.
std::optional<uint64_t> PositionAdded(const World& world, uint64_t n,
                                      const std::string& label,
                                      uint32_t version);
std::optional<std::string> CommitmentAdded(const World& world, uint64_t n,
                                           const std::string& label,
                                           uint32_t version);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_ADDED_H_
