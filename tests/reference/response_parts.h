// What the responses of several operations consist of.
#ifndef SEALBOOK_TESTS_REFERENCE_RESPONSE_PARTS_H_
#define SEALBOOK_TESTS_REFERENCE_RESPONSE_PARTS_H_

#include <cstdint>
#include <string>

#include "tests/reference/structures.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

template <typename T>
std::string EncodeFor(const World& world, const T& structure) {
  return Encode(structure, world.config.ciphersuite, world.config.mode);
}

FullTreeHead BuildHead(const World& world, uint64_t n, bool say_same);

// A step with the commitment of a version that exists in the tree shown,
// unless the user computes it.
BinaryLadderStep BuildStep(const World& world, uint64_t n,
                           const std::string& label, uint32_t version,
                           bool computed_by_user);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_RESPONSE_PARTS_H_
