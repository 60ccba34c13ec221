// A log as plain lists, from which the prover recomputes everything.
#ifndef SEALBOOK_TESTS_REFERENCE_WORLD_H_
#define SEALBOOK_TESTS_REFERENCE_WORLD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/reference/log_tree.h"
#include "tests/reference/prefix_tree.h"
#include "tests/reference/structures.h"

namespace sealbook::reference {

struct VrfResult {
  std::string output;  // 32 bytes
  std::string proof;   // 81 or 80 bytes, by cipher suite
};

struct OpenedValue {
  std::string opening;  // 16 bytes
  std::string value;
  std::string signature;  // only in kThirdPartyManagement

  UpdateValue update() const { return {value, {signature}}; }
};

// A prefix leaf together with what it stands for.
struct Leaf {
  std::string label;
  uint32_t version = 0;
  std::string vrf_output;
  std::string commitment;
};

struct Entry {
  uint64_t timestamp = 0;  // ms
  std::vector<Leaf> added;
  // Of a log that lies: this entry's prefix tree holds exactly these leaves,
  // whatever was added before. Later entries go on as if it were not set.
  std::optional<std::vector<Leaf>> instead;
};

// What was computed from a world before.
struct WorldCache {
  std::vector<std::optional<PrefixTree>> trees;  // by position
  std::vector<std::string> leaf_values;          // by position
  PrefixCache prefix;
  LogCache log;
  std::map<std::pair<std::string, uint32_t>, VrfResult> vrf;
  std::map<std::string, std::string> signatures;          // by signed bytes
  std::map<std::string, std::string> auditor_signatures;  // the same
};

// Entries may be appended at any time; whoever changes anything else after the
// first use empties `cache`. Not thread safe, reading included.
struct World {
  Configuration config;
  std::vector<Entry> entries;

  // Called once for each pair and each distinct message: results are cached.
  std::function<VrfResult(const std::string& label, uint32_t version)> vrf;
  std::function<std::string(const std::string& tree_head_tbs)> sign;
  // Called for pairs that were added.
  std::function<OpenedValue(const std::string& label, uint32_t version)> open;

  // Only in kThirdPartyAuditing: the auditor's signature, and the size of the
  // newest tree that the auditor has signed when n entries are shown, 1 to n.
  std::function<std::string(const std::string& auditor_tree_head_tbs)>
      sign_auditor;
  std::function<uint64_t(uint64_t n)> audited;

  mutable WorldCache cache;
};

// Of all leaves in the prefix tree of the entry at `position`: the greatest
// version of the label, or nothing if there is none.
std::optional<uint32_t> GreatestVersion(const World& world, uint64_t position,
                                        const std::string& label);

// The commitment of a leaf in the prefix tree at `position`.
std::optional<std::string> CommitmentAt(const World& world, uint64_t position,
                                        const std::string& label,
                                        uint32_t version);

// "Management": a version that was skipped has an all-zero commitment, and no
// value. The leaf that skips one; whether the tree at `position` has it.
Leaf SkippedLeaf(const World& world, const std::string& label,
                 uint32_t version);
bool IsSkipped(const World& world, uint64_t position, const std::string& label,
               uint32_t version);

// The world's VRF, asked once for each pair.
const VrfResult& VrfOf(const World& world, const std::string& label,
                       uint32_t version);

// Whether the prefix tree at `position` has a leaf for this version.
bool ContainsVersion(const World& world, uint64_t position,
                     const std::string& label, uint32_t version);

// The prefix tree of the entry at `position`, its root, and its log entry.
const PrefixTree& TreeAt(const World& world, uint64_t position);
LogEntry LogEntryAt(const World& world, uint64_t position);

// The head that the auditor signs after so many entries, or a lie with another
// timestamp than that of the last one.
AuditorTreeHead SignedAuditorTreeHead(
    const World& world, uint64_t tree_size,
    std::optional<uint64_t> timestamp = std::nullopt);

// The value of the log tree's node above a range of the world's entries.
std::string LogValue(const World& world, Range range);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_WORLD_H_
