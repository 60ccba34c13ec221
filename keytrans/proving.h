// What the answers to all requests share. Internal to the prover.
#ifndef SEALBOOK_KEYTRANS_PROVING_H_
#define SEALBOOK_KEYTRANS_PROVING_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "keytrans/proof_recorder.h"
#include "keytrans/prover.h"
#include "keytrans/structures.h"

namespace sealbook::keytrans {

// INVALID_ARGUMENT: `last` is zero or larger than the tree.
absl::Status CheckLast(const LogHead& head, std::optional<uint64_t> last);
// INVALID_ARGUMENT: longer than kMaxLabelSize.
absl::Status CheckLabel(absl::string_view label);

// `same` where the user has that tree already.
FullTreeHead MakeFullTreeHead(const LogHead& head,
                              std::optional<uint64_t> last);

// Where an algorithm refuses our own log: OUT_OF_RANGE because an entry that
// `what` needs is expired, DATA_LOSS otherwise. Other statuses stay.
absl::Status ExplainRefusal(const absl::Status& status, absl::string_view what);

// A label's versions in the tree of a size, each read once. Not thread-safe.
class LabelVersions {
 public:
  // `source` outlives this.
  LabelVersions(ProverSource& source, absl::string_view label, uint64_t size)
      : source_(source), label_(label), size_(size) {}

  const std::string& label() const { return label_; }
  ProverSource& source() const { return source_; }

  // The greatest version in the tree; absent where the label has none.
  // DATA_LOSS: the greatest version that the source names is not there, or
  // there is a greater one in the tree.
  absl::StatusOr<std::optional<uint32_t>> Greatest();

  // The greatest version in the tree as of log entry `position`.
  absl::StatusOr<std::optional<uint32_t>> GreatestAt(uint64_t position);

  // In the order of `versions`; absent for one that is not in the tree.
  absl::StatusOr<std::vector<std::optional<VersionFacts>>> Facts(
      absl::Span<const uint32_t> versions);
  absl::StatusOr<std::optional<VersionFacts>> Facts(uint32_t version);

  // Requires: the version is in the tree.
  absl::StatusOr<OpenedValue> Value(uint32_t version);

 private:
  // As the source has them, whether in the tree or not.
  absl::Status Read(absl::Span<const uint32_t> versions);

  ProverSource& source_;
  const std::string label_;
  const uint64_t size_;
  std::map<uint32_t, std::optional<VersionFacts>> read_;
};

// The VRF proofs of a label's versions, and what a ProofRecorder needs to know
// of them.
class LadderMaker {
 public:
  // `label` outlives this.
  explicit LadderMaker(LabelVersions& label) : label_(label) {}

  // Those not there yet.
  absl::Status Add(absl::Span<const uint32_t> versions);
  // The same without their search keys and VRF proofs, which Prove makes: most
  // of what an answer costs, so that what cannot be answered is found out
  // before.
  absl::Status AddFacts(absl::Span<const uint32_t> versions);
  absl::Status Prove();

  // Grows with Add; the reference stays valid.
  const std::map<uint32_t, LadderVersion>& versions() const {
    return versions_;
  }
  // Of an added version; absent when it does not exist in the tree.
  const std::optional<uint64_t>& PositionOf(uint32_t version) const {
    return versions_.at(version).position;
  }

  // One for each of `versions`, which were added. Commitments of those that
  // exist and are not in `opened`.
  std::vector<BinaryLadderStep> Steps(absl::Span<const uint32_t> versions,
                                      const std::set<uint32_t>& opened) const;

 private:
  LabelVersions& label_;
  std::map<uint32_t, LadderVersion> versions_;
  std::vector<uint32_t> unproven_;
  std::map<uint32_t, crypto::VrfProof> proofs_;
  std::map<uint32_t, crypto::Commitment> commitments_;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_PROVING_H_
