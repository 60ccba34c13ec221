// What the Verifier returns: facts that have been verified.
#ifndef SEALBOOK_KEYTRANS_VERIFIED_H_
#define SEALBOOK_KEYTRANS_VERIFIED_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/types.h"
#include "keytrans/ladder_keys.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/owner_state.h"
#include "keytrans/structures.h"
#include "keytrans/tree_view.h"

namespace sealbook::keytrans {

// What Contact Monitoring asks a user to keep and follow up ("Monitoring the
// Tree"; KEYTRANS rule 26).
struct MonitoringObligation {
  std::string label;
  // The terminal log entry of the search.
  uint64_t position = 0;
  uint32_t version = 0;
  // Shows that the user was allowed to look the version up.
  crypto::Opening opening;
  // Of the versions that its monitoring binary ladder looks up, with their
  // commitments: answers to monitoring carry no VRF proofs. Lacks those whose
  // commitment the search did not need; then it is to be made again.
  LadderKeys ladder;

  bool CanBeMonitored() const;

  friend bool operator==(const MonitoringObligation&,
                         const MonitoringObligation&) = default;
};

// A verified answer: this label has this version and value; it is the greatest
// when the request named none.
struct VerifiedVersion {
  uint32_t version = 0;
  // UpdateValue.value, the committed bytes.
  std::string value;
  crypto::Opening opening;
  // Position of the terminal log entry.
  uint64_t terminal = 0;
  // To be retained in place of what the request advertised.
  TreeView view;
  // To be added to what the user monitors; absent where nothing is owed.
  std::optional<MonitoringObligation> obligation;
};

// A verified answer: this label has never had a version.
struct VerifiedAbsence {
  TreeView view;
};

// One version of a verified history.
struct VerifiedHistoryVersion {
  // The first log entry that contains the version.
  struct Appearance {
    uint64_t position = 0;
    // Its timestamp, milliseconds since the Unix epoch.
    uint64_t timestamp = 0;

    friend bool operator==(const Appearance&, const Appearance&) = default;
  };

  uint32_t version = 0;
  // UpdateValue.value, the committed bytes.
  std::string value;
  crypto::Opening opening;
  // Absent where the log's maximum lifetime excuses that it is not proven.
  std::optional<Appearance> since;
};

// A page of history: consecutive versions, newest first.
struct VerifiedHistory {
  std::vector<VerifiedHistoryVersion> versions;
  TreeView view;
  // To be added to what the user monitors.
  std::vector<MonitoringObligation> obligations;
};

// The state of a label as of a time.
struct VerifiedState {
  // The rightmost log entry that is not later than the time; absent when the
  // log began later.
  std::optional<uint64_t> position;
  // The version that was the greatest there; absent when there was none.
  // Its view is that of the state.
  std::optional<VerifiedVersion> in_force;
  TreeView view;
};

// A recent distinguished log entry, and the tree that ended there.
struct DistinguishedEntry {
  uint64_t position = 0;
  LogEntry entry;
  // Of the tree with position + 1 log entries.
  std::vector<crypto::Hash> full_subtrees;
  // Of that tree: the log entries on its frontier.
  std::vector<LogEntry> frontier;

  // The log root of that tree, which users compare ("Detecting Forks").
  crypto::Hash Root() const;
  // That tree, under a head without a signature: what credentials are verified
  // against.
  TreeView Tree() const;

  friend bool operator==(const DistinguishedEntry&,
                         const DistinguishedEntry&) = default;
};

struct VerifiedDistinguished {
  // Right to left, at most kRecentDistinguished.
  std::vector<DistinguishedEntry> entries;
  TreeView view;
};

// A verified step of Contact Monitoring.
struct VerifiedContact {
  // What remains to be monitored, in place of what the request named.
  std::vector<MonitorMapEntry> entries;
  TreeView view;
};

// A verified step of an owner: the state to retain in place of the one that the
// request advertised.
struct VerifiedOwner {
  OwnerState owner;
  // Of regular monitoring: whether the rightmost distinguished log entry was
  // reached; otherwise there is more to ask for.
  bool complete = false;
  TreeView view;
};

// A credential that has been verified ([KT] "Credentials").
struct VerifiedCredential {
  std::string label;
  // The greatest version, at least as of the log entry that it is based on.
  uint32_t version = 0;
  crypto::Opening opening;
  // UpdateValue.value, the committed bytes.
  std::string value;
  // The distinguished log entry that it is based on.
  uint64_t position = 0;

  // What the final verification of a provisional credential needs.
  struct Pending {
    // The log entry that the search ended at, and its prefix root.
    uint64_t terminal = 0;
    crypto::Hash prefix_root;
    // Of the monitoring binary ladder.
    LadderKeys ladder;
    // The tree that the credential shows, under the head that it has.
    TreeView view;

    friend bool operator==(const Pending&, const Pending&) = default;
  };
  // Absent: it is standard, and final.
  std::optional<Pending> pending;

  friend bool operator==(const VerifiedCredential&,
                         const VerifiedCredential&) = default;
};

// New versions of a label, verified by its owner.
struct VerifiedUpdate {
  struct Version {
    uint32_t version = 0;
    crypto::Opening opening;
    // UpdateValue.value, the committed bytes.
    std::string value;
  };

  // The log entry that added them.
  uint64_t position = 0;
  // Ascending, without gaps. In thirdPartyManagement mode, some before the
  // first may have been skipped.
  std::vector<Version> versions;
  OwnerState owner;
  TreeView view;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_VERIFIED_H_
