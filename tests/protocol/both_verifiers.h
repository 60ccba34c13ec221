// Our verifier beside that of tests/reference: both judge the same bytes, for
// users of the same log who hold the same.
#ifndef SEALBOOK_TESTS_PROTOCOL_BOTH_VERIFIERS_H_
#define SEALBOOK_TESTS_PROTOCOL_BOTH_VERIFIERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/owner_state.h"
#include "keytrans/update_structures.h"
#include "keytrans/verified.h"
#include "keytrans/verifier.h"
#include "tests/reference/credential_verifier.h"
#include "tests/reference/monitor_verifier.h"
#include "tests/reference/verifier.h"

namespace sealbook {

// What both hold of a tree: both parts absent, or both of one size.
struct Seen {
  std::optional<keytrans::TreeView> view;
  std::optional<reference::RetainedState> state;

  std::optional<uint64_t> last() const {
    if (!view.has_value()) return std::nullopt;
    return view->size();
  }
};

struct BothContacts {
  keytrans::LadderKeys keys;
  reference::ContactState contact;
};

struct BothOwners {
  keytrans::OwnerState ours;
  reference::OwnerState theirs;
};

// The requests that these make.
keytrans::ContactMonitorRequest RequestOf(const Seen& seen,
                                          const BothContacts& contacts);
keytrans::OwnerMonitorRequest RequestOf(const Seen& seen,
                                        const BothOwners& owners);
keytrans::UpdateRequest UpdateRequestOf(const Seen& seen,
                                        const BothOwners& owners);

// The recent distinguished entries that they know, the same ones.
struct BothRecent {
  std::vector<keytrans::TreeView> ours;
  reference::RecentEntries theirs;
};

template <typename Ours, typename Theirs>
struct Judgement {
  absl::StatusOr<Ours> ours;
  reference::Verdict<Theirs> theirs;

  bool accepted() const { return ours.ok(); }
  std::string Words() const {
    return "ours: " + (ours.ok() ? "accepted" : ours.status().ToString()) +
           "; theirs: " +
           (theirs.accepted.has_value() ? "accepted" : theirs.refusal);
  }
};

using SearchJudgement =
    Judgement<keytrans::VerifiedVersion, reference::Accepted>;
using AbsenceJudgement =
    Judgement<keytrans::VerifiedAbsence, reference::Accepted>;
using WalkJudgement =
    Judgement<keytrans::VerifiedDistinguished, reference::AcceptedWalk>;
using CredentialJudgement =
    Judgement<keytrans::VerifiedCredential, reference::AcceptedCredential>;
using ContactJudgement =
    Judgement<keytrans::VerifiedContact, reference::AcceptedContactMonitor>;
using InitJudgement =
    Judgement<keytrans::VerifiedOwner, reference::AcceptedOwner>;
using MonitorJudgement =
    Judgement<keytrans::VerifiedOwner, reference::AcceptedOwnerMonitor>;
using UpdateJudgement =
    Judgement<keytrans::VerifiedUpdate, reference::AcceptedUpdate>;

// Whether both accept and show the same, or both refuse. After an update ours
// holds MergeMonitoringMap of the reference's map.
::testing::AssertionResult Agree(const SearchJudgement& judged);
::testing::AssertionResult Agree(const AbsenceJudgement& judged);
::testing::AssertionResult Agree(const WalkJudgement& judged);
::testing::AssertionResult Agree(const CredentialJudgement& judged);
::testing::AssertionResult Agree(const ContactJudgement& judged);
::testing::AssertionResult Agree(const InitJudgement& judged);
::testing::AssertionResult Agree(const MonitorJudgement& judged);
::testing::AssertionResult Agree(const UpdateJudgement& judged);

// What both make of an update of a credential; `theirs` is empty, or why they
// refuse it.
struct CredentialUpdateJudgement {
  absl::Status ours;
  std::string theirs;
};

// Whether both find the same about the terminal entry of a provisional
// credential that both have accepted.
::testing::AssertionResult AgreeAboutTerminal(const CredentialJudgement& judged,
                                              const BothRecent& recent);

class BothVerifiers {
 public:
  BothVerifiers(const keytrans::Verifier& ours,
                const reference::Configuration& config,
                const reference::PublicKeys& keys)
      : ours_(ours), config_(config), keys_(keys) {}

  // Fake VRF keys, and signatures that are all believed: what is refused then
  // is refused for what it proves.
  static BothVerifiers Credulous(const keytrans::Configuration& configuration);

  // `bytes` as the response to the requests above, or to those given.
  SearchJudgement Search(const Seen& seen, const keytrans::SearchRequest& asked,
                         const std::string& bytes, uint64_t now) const;
  AbsenceJudgement Absence(const Seen& seen,
                           const keytrans::SearchRequest& asked,
                           const std::string& bytes, uint64_t now) const;
  WalkJudgement Walk(const Seen& seen,
                     const keytrans::DistinguishedRequest& asked,
                     const std::string& bytes, uint64_t now) const;
  CredentialJudgement Credential(const BothRecent& recent,
                                 const std::string& bytes) const;
  // Of a provisional credential that both have accepted.
  CredentialUpdateJudgement CredentialUpdate(const CredentialJudgement& judged,
                                             const BothRecent& recent,
                                             const std::string& bytes) const;
  ContactJudgement Contact(const Seen& seen, const BothContacts& contacts,
                           const std::string& bytes, uint64_t now) const;
  InitJudgement Init(const Seen& seen, const keytrans::OwnerInitRequest& asked,
                     const std::string& bytes, uint64_t now) const;
  MonitorJudgement Monitor(const Seen& seen, const BothOwners& owners,
                           const std::string& bytes, uint64_t now) const;
  UpdateJudgement Update(const Seen& seen, const BothOwners& owners,
                         const keytrans::UpdateRequest& asked,
                         const std::string& bytes, uint64_t now) const;

 private:
  keytrans::Verifier ours_;
  reference::Configuration config_;
  reference::PublicKeys keys_;
};

}  // namespace sealbook

#endif  // SEALBOOK_TESTS_PROTOCOL_BOTH_VERIFIERS_H_
