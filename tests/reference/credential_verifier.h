// What a user makes of credentials received from others: every check of the
// draft's "Credentials".
#ifndef SEALBOOK_TESTS_REFERENCE_CREDENTIAL_VERIFIER_H_
#define SEALBOOK_TESTS_REFERENCE_CREDENTIAL_VERIFIER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/reference/credential_structures.h"
#include "tests/reference/structures.h"
#include "tests/reference/verifier.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// "Detecting Forks": for each recent distinguished entry, what is kept of the
// tree in which it is the rightmost one. Nothing that a credential brings ever
// changes it.
using RecentEntries = std::map<uint64_t, RetainedState>;

// After a walk: what it enumerated, and of what was known before those that
// are still among the 10 rightmost ones and have not expired.
RecentEntries Refresh(const Configuration& config, const RecentEntries& before,
                      const AcceptedWalk& walk);

// What a user knows who has walked the tree of n entries.
RecentEntries RecentIn(const World& world, uint64_t n);

// A provisional credential until it is finally verified.
struct PendingCredential {
  std::string label;
  uint32_t version = 0;
  uint64_t terminal = 0;    // of the credential's search
  std::string prefix_root;  // of that entry
  RetainedState state;      // of the credential's tree
  KnownVersions known;      // in the monitoring ladder

  bool operator==(const PendingCredential&) const = default;
};

struct AcceptedCredential {
  std::string label;
  uint32_t version = 0;
  std::string value;
  std::string opening;
  // Once this one is not recent any more, the credential is expired.
  uint64_t position = 0;
  std::optional<PendingCredential> pending;  // of a provisional one
};

// All of a standard credential, or the initial verification.
Verdict<AcceptedCredential> VerifyCredential(const Configuration& config,
                                             const PublicKeys& keys,
                                             const RecentEntries& recent,
                                             const std::string& credential);

// Final verification where the terminal entry has become distinguished: empty,
// or why it is refused. No recent entry to compare with is no misbehavior:
// then the terminal entry is not known to be distinguished.
std::string FinallyVerify(const PendingCredential& pending,
                          const RecentEntries& recent);

// Final verification where it has not: the entry that an update has to lead to,
// if it is known, and the verification of the update.
std::optional<uint64_t> DistinguishedFor(const PendingCredential& pending,
                                         const RecentEntries& recent);
std::string VerifyCredentialUpdate(const Configuration& config,
                                   const PublicKeys& keys,
                                   const PendingCredential& pending,
                                   const RecentEntries& recent,
                                   const std::string& update);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_CREDENTIAL_VERIFIER_H_
