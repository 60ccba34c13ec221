#include "keytrans/proof_recorder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/implicit_tree.h"
#include "merkle/log_tree.h"
#include "merkle/prefix_tree.h"

namespace sealbook::keytrans {
namespace {

absl::Status TooManyElements() {
  return absl::ResourceExhaustedError(
      absl::StrCat("the proof needs more than ", kMaxProofElements,
                   " elements of a kind, which is all that an answer holds"));
}

}  // namespace

ProofRecorder::ProofRecorder(ProofSource& log,
                             const std::map<uint32_t, LadderVersion>& versions,
                             const LogHead& head, std::optional<uint64_t> last)
    : log_(log), versions_(versions), size_(head.size()), last_(last) {
  // With head_type `same`, no auditor's head comes.
  if (last_ != size_ && head.auditor.has_value()) {
    auditor_size_ = head.auditor->tree_size;
  }
  if (last_.has_value()) retained_ = Frontier(*last_);
}

absl::StatusOr<LogEntry> ProofRecorder::Entry(uint64_t position) {
  auto known = entries_.find(position);
  if (known != entries_.end()) return known->second;
  if (entries_.empty()) {
    // Nearly every request reads the frontier: one batched read for it.
    std::vector<uint64_t> frontier = Frontier(size_);
    SEALBOOK_ASSIGN_OR_RETURN(std::vector<LogEntry> read,
                              log_.ReadEntries(frontier));
    for (size_t i = 0; i < frontier.size(); ++i) {
      entries_.emplace(frontier[i], read[i]);
    }
    return Entry(position);
  }
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<LogEntry> read,
                            log_.ReadEntries({position}));
  entries_.emplace(position, read[0]);
  return read[0];
}

absl::StatusOr<uint64_t> ProofRecorder::Timestamp(uint64_t position) {
  SEALBOOK_ASSIGN_OR_RETURN(LogEntry entry, Entry(position));
  bool known =
      std::binary_search(retained_.begin(), retained_.end(), position) ||
      std::find(provided_.begin(), provided_.end(), position) !=
          provided_.end();
  if (known) return entry.timestamp;
  if (provided_.size() == kMaxProofElements) return TooManyElements();
  provided_.push_back(position);
  return entry.timestamp;
}

absl::Status ProofRecorder::BeginProof(uint64_t position) {
  if (series_.size() == kMaxProofElements) return TooManyElements();
  series_.push_back(Series{position, {}});
  return absl::OkStatus();
}

absl::StatusOr<bool> ProofRecorder::Lookup(uint32_t version) {
  auto known = versions_.find(version);
  if (known == versions_.end()) {
    return absl::InternalError(
        absl::StrCat("no search key for version ", version));
  }
  series_.back().versions.push_back(version);
  const std::optional<uint64_t>& position = known->second.position;
  return position.has_value() && *position <= series_.back().position;
}

absl::Status ProofRecorder::EndProof() { return absl::OkStatus(); }

absl::StatusOr<CombinedTreeProof> ProofRecorder::Finish() {
  CombinedTreeProof proof;
  for (uint64_t position : provided_) {
    proof.timestamps.push_back(entries_.at(position).timestamp);
  }

  std::vector<merkle::PrefixLookup> lookups;
  for (const Series& series : series_) {
    SEALBOOK_ASSIGN_OR_RETURN(LogEntry entry, Entry(series.position));
    std::vector<crypto::VrfOutput> keys;
    keys.reserve(series.versions.size());
    for (uint32_t version : series.versions) {
      keys.push_back(versions_.at(version).search_key);
    }
    lookups.push_back(
        {{merkle::PageId{series.position, 0}, entry.prefix_root}, keys});
  }
  SEALBOOK_ASSIGN_OR_RETURN(proof.prefix_proofs,
                            merkle::ProveLookups(log_.pages(), lookups));

  merkle::LogProofShape shape;
  shape.size = size_;
  shape.leaves = provided_;
  std::sort(shape.leaves.begin(), shape.leaves.end());
  shape.retained_size = last_;
  shape.auditor_size = auditor_size_;
  for (uint64_t position : shape.leaves) {
    bool has_proof = std::any_of(
        series_.begin(), series_.end(),
        [position](const Series& s) { return s.position == position; });
    if (!has_proof) {
      proof.prefix_roots.push_back(entries_.at(position).prefix_root);
    }
  }
  SEALBOOK_ASSIGN_OR_RETURN(proof.inclusion,
                            log_.ReadLogNodes(merkle::ProofNodes(shape)));
  return proof;
}

}  // namespace sealbook::keytrans
