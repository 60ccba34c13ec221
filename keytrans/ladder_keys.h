// What a verifier knows of a label's versions.
#ifndef SEALBOOK_KEYTRANS_LADDER_KEYS_H_
#define SEALBOOK_KEYTRANS_LADDER_KEYS_H_

#include <cstdint>
#include <map>

#include "merkle/prefix_proof.h"

namespace sealbook::keytrans {

// By version: the search key (VRF output), and the commitment where the version
// is known to exist.
using LadderKeys = std::map<uint32_t, merkle::PrefixQuery>;

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_LADDER_KEYS_H_
