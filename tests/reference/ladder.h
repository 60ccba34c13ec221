// Binary ladders, by playing the lookups of the draft's text one after the
// other ("Binary Ladder", "Greatest-Version Search", "Monitoring the Tree").
#ifndef SEALBOOK_TESTS_REFERENCE_LADDER_H_
#define SEALBOOK_TESTS_REFERENCE_LADDER_H_

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace sealbook::reference {

// The versions looked up to establish that `greatest` is the greatest version
// of a label, in order. Nothing means that the label does not exist: then it
// is version 0 alone. Lookups from 2^32 on are left out.
std::vector<uint32_t> BaseLadder(std::optional<uint32_t> greatest);

// The versions looked up in a search binary ladder for `target` in an entry
// whose greatest version is `greatest`, without those known to be included
// from an entry to the left or known to be absent from one to the right.
std::vector<uint32_t> SearchLadder(
    uint32_t target, std::optional<uint32_t> greatest,
    const std::set<uint32_t>& left_inclusion = {},
    const std::set<uint32_t>& right_non_inclusion = {});

// The versions looked up in a monitoring binary ladder for `target`.
std::vector<uint32_t> MonitoringLadder(uint32_t target);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_LADDER_H_
