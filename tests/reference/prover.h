// What an honest log answers, by the draft's "Search", "Walking Distinguished
// Heads" and "Combined Tree", and by the project's own operations
// (docs/protocol.md).
#ifndef SEALBOOK_TESTS_REFERENCE_PROVER_H_
#define SEALBOOK_TESTS_REFERENCE_PROVER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/reference/algorithms.h"
#include "tests/reference/own_structures.h"
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

// A response, or why there is none: neither the draft nor the project has a
// response that says one of the two. A version that was skipped counts as one
// that does not exist.
template <typename T>
struct Answer {
  VersionOutcome outcome = VersionOutcome::kDoesNotExist;
  std::optional<T> response;  // exactly with kFound
};

// The answer to a search for one version of a label. Who insists gets what was
// recorded as a response, whatever the outcome: a lie.
Answer<FixedVersionResponse> BuildFixedVersionResponse(
    const World& world, uint64_t n, std::optional<uint64_t> last,
    const std::string& label, uint32_t version, bool say_same,
    bool insist = false);

// The 10 rightmost distinguished and unexpired entries that lie right of
// `stop`. Nothing tells the truth from a lie in it but the signature.
DistinguishedResponse BuildDistinguishedResponse(const World& world, uint64_t n,
                                                 std::optional<uint64_t> last,
                                                 std::optional<uint64_t> stop,
                                                 bool say_same);

// Up to `count` versions (1 to 255) from `newest` down, or from the greatest
// one. The page ends before a version that is expired or skipped, and before
// one whose proofs would not fit into 255 timestamps and 255 prefix proofs; the
// outcome is that of its first version. Each version has its position unless
// the entry before it (entry 0 itself) is expired, or the rightmost
// distinguished one to the left. `claims` has other positions than the true
// ones, which are lies.
Answer<HistoryResponse> BuildHistoryResponse(
    const World& world, uint64_t n, std::optional<uint64_t> last,
    const std::string& label, std::optional<uint32_t> newest, size_t count,
    bool say_same,
    const std::map<uint32_t, std::optional<uint64_t>>& claims = {});

// What a lie about a time says.
struct AsOfClaim {
  std::optional<uint64_t> position;
  std::optional<uint32_t> version;
};

// What was in force at a time. With a claim, what was recorded for it is a
// response whatever the outcome.
Answer<AsOfResponse> BuildAsOfResponse(
    const World& world, uint64_t n, std::optional<uint64_t> last,
    const std::string& label, uint64_t time, bool say_same,
    const std::optional<AsOfClaim>& claim = std::nullopt);

// The same in TLS bytes. A search response needs the label to exist at n - 1.
std::string MakeSearchResponse(const World& world, uint64_t n,
                               std::optional<uint64_t> last,
                               const std::string& label, bool say_same);
std::string MakeAbsenceResponse(const World& world, uint64_t n,
                                std::optional<uint64_t> last,
                                const std::string& label, bool say_same);
Answer<std::string> MakeFixedVersionResponse(const World& world, uint64_t n,
                                             std::optional<uint64_t> last,
                                             const std::string& label,
                                             uint32_t version, bool say_same);
std::string MakeDistinguishedResponse(const World& world, uint64_t n,
                                      std::optional<uint64_t> last,
                                      std::optional<uint64_t> stop,
                                      bool say_same);
Answer<std::string> MakeHistoryResponse(const World& world, uint64_t n,
                                        std::optional<uint64_t> last,
                                        const std::string& label,
                                        std::optional<uint32_t> newest,
                                        size_t count, bool say_same);
Answer<std::string> MakeAsOfResponse(const World& world, uint64_t n,
                                     std::optional<uint64_t> last,
                                     const std::string& label, uint64_t time,
                                     bool say_same);

// The bytes of a response to a request that names the newest version, or does
// not.
std::string EncodeHistory(
    const HistoryResponse& response, bool names_newest,
    uint16_t suite = kSuiteP256,
    DeploymentMode mode = DeploymentMode::kContactMonitoring);

// The bytes of the requests that these answer.
std::string MakeSearchRequest(std::optional<uint64_t> last,
                              const std::string& label,
                              std::optional<uint32_t> version = std::nullopt);
std::string MakeDistinguishedRequest(std::optional<uint64_t> last,
                                     std::optional<uint64_t> stop);
std::string MakeHistoryRequest(std::optional<uint64_t> last,
                               const std::string& label,
                               std::optional<uint32_t> newest);
std::string MakeAsOfRequest(std::optional<uint64_t> last,
                            const std::string& label, uint64_t time);

// The head of the tree of n entries, with its signature.
TreeHead SignedTreeHead(const World& world, uint64_t n);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_PROVER_H_
