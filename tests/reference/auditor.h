// A Third-Party Auditor ("Auditing", "Auditor Tree Head Signature"): what it
// keeps, how it verifies what it is sent, and what it signs; and what an honest
// log sends to it.
#ifndef SEALBOOK_TESTS_REFERENCE_AUDITOR_H_
#define SEALBOOK_TESTS_REFERENCE_AUDITOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/reference/audit_structures.h"
#include "tests/reference/structures.h"
#include "tests/reference/verifier.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// After the first tree_size entries. A new auditor of a new log has one made
// without arguments.
struct AuditorState {
  uint64_t tree_size = 0;
  std::vector<std::string> full_subtrees;  // of the log tree, left to right
  std::string prefix_root = std::string(kHashSize, '\0');  // of the last entry
  // For step 5 alone. The first entry that was processed; the timestamps of all
  // since, and of those on the frontier before; by VRF output, the entry that
  // added each leaf since.
  uint64_t began = 0;
  std::map<uint64_t, uint64_t> timestamps;
  std::map<std::string, uint64_t> added_at;

  bool operator==(const AuditorState&) const = default;
};

// What an auditor has to be told who begins with the entry at `position`:
// nothing in an AuditorUpdate says so. It is believed.
AuditorState AuditorStateOf(const World& world, uint64_t position);

// Whether leaves may be removed as the draft allows it, or never.
enum class RemovalPolicy { kOfTheDraft, kRefused };

// Steps 1 to 7: the state after the update's entry, or why it is refused.
// `config` gives the Reasonable Monitoring Window.
Verdict<AuditorState> VerifyAuditorUpdate(const Configuration& config,
                                          const AuditorState& state,
                                          const std::string& update,
                                          RemovalPolicy policy);

// The root of the log tree of state.tree_size > 0 entries.
std::string LogRootOf(const AuditorState& state);

// Step 8.
AuditorTreeHead SignState(
    const Configuration& config, const AuditorState& state,
    const std::function<std::string(const std::string& tbs)>& sign);

// What the log sends for the entry at `position`. Of a log whose entry holds
// other leaves than the one before and those added, the difference; a leaf with
// another commitment is removed and added.
AuditorUpdate BuildAuditorUpdate(const World& world, uint64_t position);
std::string MakeAuditorUpdate(const World& world, uint64_t position);

// The largest tree that users may be shown with an auditor's head of this size
// (> 0): its last entry is at most max_auditor_lag later.
uint64_t VisibleSize(const World& world, uint64_t audited);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_AUDITOR_H_
