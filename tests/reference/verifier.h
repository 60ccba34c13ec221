// What a user accepts. Every check of the draft's "Search", "Full Tree Head
// Verification" and "Combined Tree" for a greatest-version search, and the
// same for a proof of absence.
#ifndef SEALBOOK_TESTS_REFERENCE_VERIFIER_H_
#define SEALBOOK_TESTS_REFERENCE_VERIFIER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/reference/structures.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// "Updating Views of the Tree": what a user keeps of the last tree head.
struct RetainedState {
  uint64_t tree_size = 0;
  std::vector<std::string> full_subtrees;  // values, left to right
  std::map<uint64_t, LogEntry> frontier;   // by position

  bool operator==(const RetainedState&) const = default;
};

// What a user who saw n entries of this world keeps.
RetainedState StateOf(const World& world, uint64_t n);

// Two public-key operations, given by whoever runs the verifier. They may be
// called many times with the same arguments.
struct PublicKeys {
  std::function<bool(const std::string& tree_head_tbs,
                     const std::string& signature)>
      verify;
  // The VRF output that a valid proof for these VrfInput bytes stands for.
  std::function<std::optional<std::string>(const std::string& vrf_input,
                                           const std::string& proof)>
      vrf_verify;
};

struct Accepted {
  // Only of a search response.
  uint32_t version = 0;
  std::string value;
  std::string opening;
  // The leftmost inspected entry that contains the version.
  uint64_t terminal = 0;
  // It lies right of the rightmost distinguished entry (or there is none): in
  // contactMonitoring mode the user has to monitor the label.
  bool must_monitor = false;

  // Of both.
  uint64_t tree_size = 0;
  std::string root;
  RetainedState state;
};

// Exactly one is set. A refusal changes nothing: the old state stays in force.
struct Outcome {
  std::optional<Accepted> accepted;
  std::string refusal;
};

// Checks response bytes against request bytes. `state` is what the user holds
// (the request has to advertise its size), `now` the user's clock in ms.
Outcome VerifySearch(const Configuration& config, const PublicKeys& keys,
                     const std::optional<RetainedState>& state,
                     const std::string& request, const std::string& response,
                     uint64_t now);
Outcome VerifyAbsence(const Configuration& config, const PublicKeys& keys,
                      const std::optional<RetainedState>& state,
                      const std::string& request, const std::string& response,
                      uint64_t now);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_VERIFIER_H_
