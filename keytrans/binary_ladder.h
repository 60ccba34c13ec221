// Binary ladders ([KT] "Binary Ladder" and its appendix).
#ifndef SEALBOOK_KEYTRANS_BINARY_LADDER_H_
#define SEALBOOK_KEYTRANS_BINARY_LADDER_H_

#include <cstdint>
#include <vector>

namespace sealbook::keytrans {

// The versions that are looked up to establish that `version` is the greatest
// that exists, in order: for 6, that is 0, 1, 3, 7, 5, 6. Lookups above 2^32 -
// 1 are left out (KEYTRANS rule 19). At most 64 versions.
std::vector<uint32_t> BaseBinaryLadder(uint32_t version);

// The versions that a monitoring binary ladder looks up ("Binary Ladder" under
// "Monitoring the Tree"): for 9, that is 0, 1, 3, 7, 9.
std::vector<uint32_t> MonitoringBinaryLadder(uint32_t target);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_BINARY_LADDER_H_
