// What a user accepts. Every check of the draft's "Search", "Walking
// Distinguished Heads", "Full Tree Head Verification" and "Combined Tree", and
// the same for absence, history and the state as of a time.
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
  // Only in kThirdPartyAuditing: the newest one that was verified.
  std::optional<AuditorTreeHead> auditor_tree_head;

  bool operator==(const RetainedState&) const = default;
};

// What a user who saw n entries of this world keeps.
RetainedState StateOf(const World& world, uint64_t n);

// What following a lookup of a version takes: its search key, and its
// commitment if it exists.
struct KnownVersion {
  std::string vrf_output;
  std::optional<std::string> commitment;

  bool operator==(const KnownVersion&) const = default;
};
using KnownVersions = std::map<uint32_t, KnownVersion>;

// Public-key operations, given by whoever runs the verifier. They may be called
// many times with the same arguments.
struct PublicKeys {
  std::function<bool(const std::string& tree_head_tbs,
                     const std::string& signature)>
      verify;
  // The VRF output that a valid proof for these VrfInput bytes stands for.
  std::function<std::optional<std::string>(const std::string& vrf_input,
                                           const std::string& proof)>
      vrf_verify;
  // Only in kThirdPartyAuditing: a signature by `auditor_public_key`.
  std::function<bool(const std::string& auditor_tree_head_tbs,
                     const std::string& signature)>
      verify_auditor;
  // Only in kThirdPartyManagement: a signature by `leaf_public_key`.
  std::function<bool(const std::string& update_tbs,
                     const std::string& signature)>
      verify_update;
};

// What every accepted response leaves behind.
struct NewView {
  uint64_t tree_size = 0;
  std::string root;
  RetainedState state;
};

// Exactly one is set. A refusal changes nothing: the old state stays in force.
template <typename T>
struct Verdict {
  std::optional<T> accepted;
  std::string refusal;
};

// Of a search response; of a proof of absence only the view.
struct Accepted : NewView {
  uint32_t version = 0;
  std::string value;
  std::string opening;
  // As the draft defines it for the search made.
  uint64_t terminal = 0;
  // The mode is contactMonitoring, and it lies right of the rightmost
  // distinguished entry (or there is none): the user has to monitor the label.
  bool must_monitor = false;
};
using Outcome = Verdict<Accepted>;

// Checks response bytes against request bytes. `state` is what the user holds
// (the request has to advertise its size), `now` the user's clock in ms. A
// request with a version wants a fixed-version search, and any result but the
// version is a refusal; one without wants a greatest-version search. A proof
// of absence answers a request without a version.
Outcome VerifySearch(const Configuration& config, const PublicKeys& keys,
                     const std::optional<RetainedState>& state,
                     const std::string& request, const std::string& response,
                     uint64_t now);
Outcome VerifyAbsence(const Configuration& config, const PublicKeys& keys,
                      const std::optional<RetainedState>& state,
                      const std::string& request, const std::string& response,
                      uint64_t now);

// A recent distinguished entry.
struct DistinguishedEntry {
  uint64_t position = 0;
  LogEntry entry;
  std::string log_root;  // of the tree of position + 1 entries

  bool operator==(const DistinguishedEntry&) const = default;
};

struct AcceptedWalk : NewView {
  std::vector<DistinguishedEntry> entries;  // from right to left
  // For each entry, what users keep of the tree in which it is the rightmost
  // one ("Detecting Forks" in "Credentials").
  std::vector<RetainedState> states;
};

// The 10 rightmost distinguished and unexpired entries right of the request's
// `stop`.
Verdict<AcceptedWalk> VerifyDistinguished(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const std::string& request,
    const std::string& response, uint64_t now);

struct ShownVersion {
  uint32_t version = 0;
  std::string value;
  std::string opening;
  uint64_t terminal = 0;  // of the version's search
  bool must_monitor = false;
  // The first entry that contains the version, and its timestamp (ms): both or
  // neither, neither outside of a history.
  std::optional<uint64_t> position;
  std::optional<uint64_t> since;
};

struct AcceptedHistory : NewView {
  std::vector<ShownVersion> versions;  // newest first, at least one
};

Verdict<AcceptedHistory> VerifyHistory(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const std::string& request,
    const std::string& response, uint64_t now);

struct AcceptedAsOf : NewView {
  // The rightmost entry not later than the time; nothing before the log began.
  std::optional<uint64_t> position;
  // The greatest version there; nothing if the label did not exist.
  std::optional<ShownVersion> version;
};

Verdict<AcceptedAsOf> VerifyAsOf(const Configuration& config,
                                 const PublicKeys& keys,
                                 const std::optional<RetainedState>& state,
                                 const std::string& request,
                                 const std::string& response, uint64_t now);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_VERIFIER_H_
