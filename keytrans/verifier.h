// Verifies the log's answers. Trusts nothing but the Configuration and what was
// retained from verified answers; changes no state: it returns what the caller
// is to retain once, and only if, everything has been verified.
//
//   absl::StatusOr<Verifier> verifier = Verifier::Create(configuration);
//   auto found = verifier->VerifySearch(request, retained, bytes, now);
//   if (!found.ok()) ... RefusalOf(found.status()) ...
#ifndef SEALBOOK_KEYTRANS_VERIFIER_H_
#define SEALBOOK_KEYTRANS_VERIFIER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/signature.h"
#include "crypto/vrf.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/history_structures.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/owner_state.h"
#include "keytrans/structures.h"
#include "keytrans/tree_view.h"
#include "keytrans/update_structures.h"
#include "keytrans/verified.h"

namespace sealbook::keytrans {

// Whose signatures a log's answers need.
struct LogKeys {
  Configuration configuration;
  std::shared_ptr<const crypto::SignaturePublicKey> log;
  // In thirdPartyAuditing mode.
  std::shared_ptr<const crypto::SignaturePublicKey> auditor;
  // In thirdPartyManagement mode: the Service Operator's.
  std::shared_ptr<const crypto::SignaturePublicKey> leaf;
};

// Immutable and thread-safe.
class Verifier {
 public:
  // Validates the configuration's keys. INVALID_ARGUMENT, UNIMPLEMENTED: as
  // the parsers of the keys say. UNIMPLEMENTED also: a deployment mode that
  // this version does not speak.
  static absl::StatusOr<Verifier> Create(const Configuration& configuration);

  // The same with keys that the caller made; all belong to keys.configuration.
  static Verifier WithKeys(LogKeys keys,
                           std::shared_ptr<const crypto::VrfPublicKey> vrf_key);

  const Configuration& configuration() const { return keys_.configuration; }

  // Verifies the bytes of a SearchResponse to `request`. `retained` is the view
  // that request.last advertises: both present, of one size, or both absent
  // (FAILED_PRECONDITION otherwise). `now` in milliseconds since the Unix
  // epoch, when the response was received. Every refusal carries a
  // RefusalReason.
  absl::StatusOr<VerifiedVersion> VerifySearch(
      const SearchRequest& request, const std::optional<TreeView>& retained,
      absl::string_view response, uint64_t now) const;

  // The same for the answer that the version which the request names does not
  // exist: a SearchResponse to the same request without a version. Returns the
  // greatest version.
  absl::StatusOr<VerifiedVersion> VerifyNoSuchVersion(
      const SearchRequest& request, const std::optional<TreeView>& retained,
      absl::string_view response, uint64_t now) const;

  // The same for an AbsenceResponse.
  absl::StatusOr<VerifiedAbsence> VerifyAbsence(
      const SearchRequest& request, const std::optional<TreeView>& retained,
      absl::string_view response, uint64_t now) const;

  // The same for a HistoryResponse. `newer`: the first appearance of the
  // version above request.newest, where the page before has shown it; versions
  // shown here must not appear later.
  absl::StatusOr<VerifiedHistory> VerifyHistory(
      const HistoryRequest& request, const std::optional<TreeView>& retained,
      absl::string_view response, uint64_t now,
      std::optional<uint64_t> newer = std::nullopt) const;

  // The same for an AsOfResponse.
  absl::StatusOr<VerifiedState> VerifyAsOf(
      const AsOfRequest& request, const std::optional<TreeView>& retained,
      absl::string_view response, uint64_t now) const;

  // The same for a ContactMonitorResponse. `keys` has those of the monitoring
  // binary ladder of every version in request.entries, with commitments
  // (FAILED_PRECONDITION otherwise; also where position or version do not
  // ascend, or a position is not in the retained tree).
  absl::StatusOr<VerifiedContact> VerifyContactMonitor(
      const ContactMonitorRequest& request,
      const std::optional<TreeView>& retained, const LadderKeys& keys,
      absl::string_view response, uint64_t now) const;

  // The same for an OwnerInitResponse.
  absl::StatusOr<VerifiedOwner> VerifyOwnerInit(
      const OwnerInitRequest& request, const std::optional<TreeView>& retained,
      absl::string_view response, uint64_t now) const;

  // The same for an OwnerMonitorResponse. `owner` is what the request
  // advertises (FAILED_PRECONDITION otherwise).
  absl::StatusOr<VerifiedOwner> VerifyOwnerMonitor(
      const OwnerMonitorRequest& request,
      const std::optional<TreeView>& retained, const OwnerState& owner,
      absl::string_view response, uint64_t now) const;

  // The same for an UpdateResponse; `owner` as above.
  absl::StatusOr<VerifiedUpdate> VerifyUpdate(
      const UpdateRequest& request, const std::optional<TreeView>& retained,
      const OwnerState& owner, absl::string_view response, uint64_t now) const;

  // Verifies the bytes of a Credential ([KT] "Credentials"; a provisional one
  // initially). `recent`: the trees that ended at recent distinguished log
  // entries, as the user has verified them (DistinguishedEntry::Tree).
  // NOT_FOUND without a reason: the credential is based on none of them: it has
  // expired, or is younger than what the user has seen, and is no reason to ask
  // the log. The user's view of the log, and other credentials, are not touched
  // by it.
  absl::StatusOr<VerifiedCredential> VerifyCredential(
      absl::string_view credential, absl::Span<const TreeView> recent) const;

  // Final verification of a provisional credential. True: its terminal log
  // entry has become distinguished, with the prefix tree that it showed. False:
  // it has not, as far as is known. Refused: kRootMismatch.
  static absl::StatusOr<bool> VerifyTerminal(
      const VerifiedCredential& credential, absl::Span<const TreeView> recent);

  // The other way: with the bytes of the CredentialUpdate that leads to
  // CredentialUpdateBase(). NOT_FOUND: there is no such log entry yet.
  absl::Status VerifyCredentialUpdate(const VerifiedCredential& credential,
                                      absl::string_view update,
                                      absl::Span<const TreeView> recent) const;

  // The same for a DistinguishedResponse.
  absl::StatusOr<VerifiedDistinguished> VerifyDistinguished(
      const DistinguishedRequest& request,
      const std::optional<TreeView>& retained, absl::string_view response,
      uint64_t now) const;

 private:
  Verifier(LogKeys keys, std::shared_ptr<const crypto::VrfPublicKey> vrf_key)
      : keys_(std::move(keys)), vrf_key_(std::move(vrf_key)) {}

  LogKeys keys_;
  std::shared_ptr<const crypto::VrfPublicKey> vrf_key_;
};

// Refuses (RefusalReason::kFork) two verified views of one log that have one
// size and different roots. Neither is believed then: both are evidence.
absl::Status CheckNoFork(const TreeView& a, const TreeView& b);

// The recent distinguished log entry that a CredentialUpdate leads to: the
// first one at or right of the terminal log entry whose tree is not smaller
// than the one that the credential shows. (The draft names the first one right
// of the terminal entry; no update leads to a smaller tree.) Null: there is
// none yet.
const TreeView* CredentialUpdateBase(const VerifiedCredential& credential,
                                     absl::Span<const TreeView> recent);

// The rightmost distinguished log entry of a verified tree: where an owner may
// begin. Absent: there is none.
std::optional<uint64_t> RightmostDistinguished(
    const Configuration& configuration, const TreeView& view);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_VERIFIER_H_
