// What an honest log answers, by the draft's "Greatest-Version Search",
// "Combined Tree" and "Search".
#ifndef SEALBOOK_TESTS_REFERENCE_PROVER_H_
#define SEALBOOK_TESTS_REFERENCE_PROVER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tests/reference/structures.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// In the functions below n is the tree size shown, 1 to entries.size(), and
// `last` the size that the user advertised, 1 to n, or nothing. With say_same
// the head says `same`, otherwise `updated`. A log is honest if it says `same`
// only when last is n, and always then; the other combinations are answers
// that have to be refused.

// The answer to a search for the greatest version of a label. `claim` is the
// version that the log claims to be the greatest: the truth unless given, and
// a lie otherwise. Every version up to the greatest counts as added, as it is
// in the draft (skipped versions have leaves too); where a world has gaps that
// a ladder runs into, the answer is one that has to be refused.
SearchResponse BuildSearchResponse(
    const World& world, uint64_t n, std::optional<uint64_t> last,
    const std::string& label, bool say_same,
    std::optional<uint32_t> claim = std::nullopt);

// The answer that a label does not exist. If it does, this is what is left of
// a lie when all lookups are shown as they are.
AbsenceResponse BuildAbsenceResponse(const World& world, uint64_t n,
                                     std::optional<uint64_t> last,
                                     const std::string& label, bool say_same);

// The same in TLS bytes. A search response needs the label to exist at n - 1.
std::string MakeSearchResponse(const World& world, uint64_t n,
                               std::optional<uint64_t> last,
                               const std::string& label, bool say_same);
std::string MakeAbsenceResponse(const World& world, uint64_t n,
                                std::optional<uint64_t> last,
                                const std::string& label, bool say_same);

// The bytes of the request that these answer.
std::string MakeSearchRequest(std::optional<uint64_t> last,
                              const std::string& label);

// The head of the tree of n entries, with its signature.
TreeHead SignedTreeHead(const World& world, uint64_t n);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_PROVER_H_
