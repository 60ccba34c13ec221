// What those who monitor a label, and its owner, retain and accept: every check
// of the draft's "Contact Monitor", "Owner Initialization", "Owner Monitoring"
// and "Updating a Label".
#ifndef SEALBOOK_TESTS_REFERENCE_MONITOR_VERIFIER_H_
#define SEALBOOK_TESTS_REFERENCE_MONITOR_VERIFIER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/reference/algorithms.h"
#include "tests/reference/structures.h"
#include "tests/reference/verifier.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// "Contact Algorithm", of one label. The responses carry neither search keys
// nor commitments: `known` has both for each version in the monitoring ladder
// of each version in the map, from the search that led to it.
struct ContactState {
  std::string label;
  MonitoringMap map;
  KnownVersions known;

  bool operator==(const ContactState&) const = default;
};

// "Owner Algorithm", of one label.
struct OwnerState {
  std::string label;
  MonitoringMap map;
  // The search keys in the base ladder of each greatest version below, with the
  // commitments of those that exist by now.
  KnownVersions known;
  // The rightmost distinguished entry that was verified.
  uint64_t start = 0;
  // From the starting position that was chosen at first, then from each
  // position with an update.
  GreatestVersions greatest;

  bool operator==(const OwnerState&) const = default;
};

// The greatest version that the owner knows of, if any.
std::optional<uint32_t> GreatestKnown(const OwnerState& owner);

// What users of a world know: who was shown these versions, each with the
// terminal entry that led to it; and who became owner at `start`, was informed
// of all updates in a tree of n entries, and has not monitored since.
ContactState ContactStateOf(const World& world, const std::string& label,
                            const MonitoringMap& map);
OwnerState OwnerStateOf(const World& world, uint64_t n,
                        const std::string& label, uint64_t start);

// In all four the request has to advertise what is held, `state` and `now` are
// those of verifier.h, and positions that are held lie inside of the tree.

struct AcceptedContactMonitor : NewView {
  ContactState contact;  // knows only what the map still needs
};
Verdict<AcceptedContactMonitor> VerifyContactMonitor(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const ContactState& contact,
    const std::string& request, const std::string& response, uint64_t now);

struct AcceptedOwner : NewView {
  OwnerState owner;
};

Verdict<AcceptedOwner> VerifyOwnerInit(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const std::string& request,
    const std::string& response, uint64_t now);

struct AcceptedOwnerMonitor : AcceptedOwner {
  // No distinguished entry lies right of the new start: otherwise the owner has
  // to ask again, or is behind.
  bool complete = false;
};
Verdict<AcceptedOwnerMonitor> VerifyOwnerMonitor(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const OwnerState& owner,
    const std::string& request, const std::string& response, uint64_t now);

struct NewVersion {
  uint32_t version = 0;
  std::string value;
  std::string opening;
};
struct AcceptedUpdate : AcceptedOwner {
  uint64_t position = 0;
  std::vector<NewVersion> versions;  // ascending, at least one
  // In kThirdPartyManagement: that many version numbers before them came in at
  // the same position without a value.
  uint32_t skipped = 0;
  // They are the request's own values.
  bool created = false;
};
Verdict<AcceptedUpdate> VerifyUpdate(const Configuration& config,
                                     const PublicKeys& keys,
                                     const std::optional<RetainedState>& state,
                                     const OwnerState& owner,
                                     const std::string& request,
                                     const std::string& response, uint64_t now);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_MONITOR_VERIFIER_H_
