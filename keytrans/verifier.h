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

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/signature.h"
#include "crypto/vrf.h"
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

  friend bool operator==(const MonitoringObligation&,
                         const MonitoringObligation&) = default;
};

// A verified answer: this label has this greatest version and value.
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

// Immutable and thread-safe.
class Verifier {
 public:
  // Validates the configuration's keys. INVALID_ARGUMENT, UNIMPLEMENTED: as
  // the parsers of the keys say.
  static absl::StatusOr<Verifier> Create(const Configuration& configuration);

  // The same with keys that the caller made; both belong to `configuration`.
  static Verifier WithKeys(
      const Configuration& configuration,
      std::shared_ptr<const crypto::SignaturePublicKey> signature_key,
      std::shared_ptr<const crypto::VrfPublicKey> vrf_key);

  const Configuration& configuration() const { return configuration_; }

  // Verifies the bytes of a SearchResponse to `request`. `retained` is the view
  // that request.last advertises: both present, of one size, or both absent
  // (FAILED_PRECONDITION otherwise). `now` in milliseconds since the Unix
  // epoch, when the response was received. Every refusal carries a
  // RefusalReason. UNIMPLEMENTED: the request names a version.
  absl::StatusOr<VerifiedVersion> VerifySearch(
      const SearchRequest& request, const std::optional<TreeView>& retained,
      absl::string_view response, uint64_t now) const;

  // The same for an AbsenceResponse.
  absl::StatusOr<VerifiedAbsence> VerifyAbsence(
      const SearchRequest& request, const std::optional<TreeView>& retained,
      absl::string_view response, uint64_t now) const;

 private:
  explicit Verifier(const Configuration& configuration)
      : configuration_(configuration) {}

  Configuration configuration_;
  std::shared_ptr<const crypto::SignaturePublicKey> signature_key_;
  std::shared_ptr<const crypto::VrfPublicKey> vrf_key_;
};

// Refuses (RefusalReason::kFork) two verified views of one log that have one
// size and different roots. Neither is believed then: both are evidence.
absl::Status CheckNoFork(const TreeView& a, const TreeView& b);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_VERIFIER_H_
