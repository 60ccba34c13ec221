#include "keytrans/proof_consumer.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/implicit_tree.h"
#include "keytrans/refusal.h"

namespace sealbook::keytrans {
namespace {

using crypto::Hash;

absl::Status CountMismatch(absl::string_view field, size_t has,
                           absl::string_view expected) {
  return Refuse(
      RefusalReason::kElementCount,
      absl::StrCat(field, " has ", has, " elements, expected ", expected));
}

}  // namespace

ProofConsumer::ProofConsumer(const CombinedTreeProof& proof,
                             const LadderKeys& keys, uint64_t size,
                             const TreeView* retained,
                             std::optional<uint64_t> auditor_size)
    : proof_(proof),
      keys_(keys),
      size_(size),
      retained_(retained),
      auditor_size_(auditor_size) {
  if (retained_ == nullptr) return;
  std::vector<uint64_t> positions = Frontier(retained_->size());
  for (size_t i = 0; i < positions.size(); ++i) {
    retained_entries_.emplace(positions[i], retained_->frontier[i]);
    timestamps_.emplace(positions[i], retained_->frontier[i].timestamp);
  }
}

const LogEntry* ProofConsumer::Retained(uint64_t position) const {
  auto entry = retained_entries_.find(position);
  return entry == retained_entries_.end() ? nullptr : &entry->second;
}

absl::Status ProofConsumer::CheckMonotonic(uint64_t position,
                                           uint64_t timestamp) const {
  auto right = timestamps_.upper_bound(position);
  auto refuse = [&](uint64_t other, uint64_t other_timestamp) {
    return Refuse(
        RefusalReason::kTimestampOrder,
        absl::StrCat("log entry ", position, " has timestamp ", timestamp,
                     ", log entry ", other, " has ", other_timestamp));
  };
  if (right != timestamps_.end() && right->second < timestamp) {
    return refuse(right->first, right->second);
  }
  if (right != timestamps_.begin()) {
    auto left = std::prev(right);
    if (left->second > timestamp) return refuse(left->first, left->second);
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ProofConsumer::Timestamp(uint64_t position) {
  auto known = timestamps_.find(position);
  if (known != timestamps_.end()) return known->second;
  if (next_timestamp_ == proof_.timestamps.size()) {
    return CountMismatch("timestamps", proof_.timestamps.size(), "more");
  }
  uint64_t timestamp = proof_.timestamps[next_timestamp_++];
  SEALBOOK_RETURN_IF_ERROR(CheckMonotonic(position, timestamp));
  timestamps_.emplace(position, timestamp);
  provided_.emplace(position, timestamp);
  return timestamp;
}

absl::Status ProofConsumer::BeginProof(uint64_t position) {
  if (next_proof_ == proof_.prefix_proofs.size()) {
    return CountMismatch("prefix_proofs", proof_.prefix_proofs.size(), "more");
  }
  proof_position_ = position;
  queries_.clear();
  return absl::OkStatus();
}

absl::StatusOr<bool> ProofConsumer::Lookup(uint32_t version) {
  auto key = keys_.find(version);
  if (key == keys_.end()) {
    return absl::InternalError(
        absl::StrCat("no search key for version ", version));
  }
  const auto& results = proof_.prefix_proofs[next_proof_].results;
  if (queries_.size() == results.size()) {
    return CountMismatch("PrefixProof.results", results.size(), "more");
  }
  const merkle::PrefixSearchResult& result = results[queries_.size()];
  queries_.push_back(key->second);
  bool included = result.type == merkle::PrefixSearchResultType::kInclusion;
  if (included && !key->second.commitment.has_value()) {
    return Refuse(RefusalReason::kLadder,
                  absl::StrCat("log entry ", proof_position_,
                               " includes version ", version,
                               ", which is greater than the claimed greatest "
                               "or said to be absent"));
  }
  return included;
}

absl::Status ProofConsumer::EndProof() {
  const merkle::PrefixProof& proof = proof_.prefix_proofs[next_proof_++];
  if (queries_.size() != proof.results.size()) {
    return CountMismatch("PrefixProof.results", proof.results.size(),
                         absl::StrCat(queries_.size()));
  }
  absl::StatusOr<Hash> root = merkle::EvaluatePrefixProof(queries_, proof);
  if (!root.ok()) {
    return Refuse(RefusalReason::kPrefixProof,
                  absl::StrCat("log entry ", proof_position_, ": ",
                               root.status().message()));
  }
  return SetPrefixRoot(proof_position_, *root);
}

absl::Status ProofConsumer::SetPrefixRoot(uint64_t position, const Hash& root) {
  // A retained entry is not covered by the inclusion proof: nothing else binds
  // the ladders there.
  const LogEntry* retained = Retained(position);
  if (retained != nullptr && retained->prefix_root != root) {
    return Refuse(RefusalReason::kRootMismatch,
                  absl::StrCat("log entry ", position,
                               ": the proof gives another prefix root than the "
                               "one retained"));
  }
  auto [known, added] = prefix_roots_.emplace(position, root);
  if (!added && known->second != root) {
    return Refuse(RefusalReason::kRootMismatch,
                  absl::StrCat("log entry ", position,
                               ": two proofs give different prefix roots"));
  }
  return absl::OkStatus();
}

absl::Status ProofConsumer::ConsumePrefixRoots() {
  size_t next = 0;
  for (const auto& [position, timestamp] : provided_) {
    if (prefix_roots_.contains(position)) continue;
    if (next == proof_.prefix_roots.size()) {
      return CountMismatch("prefix_roots", proof_.prefix_roots.size(), "more");
    }
    prefix_roots_.emplace(position, proof_.prefix_roots[next++]);
  }
  if (next != proof_.prefix_roots.size()) {
    return CountMismatch("prefix_roots", proof_.prefix_roots.size(),
                         absl::StrCat(next));
  }
  return absl::OkStatus();
}

LogEntry ProofConsumer::EntryAt(uint64_t position) const {
  if (const LogEntry* retained = Retained(position)) return *retained;
  return {provided_.at(position), prefix_roots_.at(position)};
}

absl::StatusOr<merkle::LogProofResult> ProofConsumer::EvaluateInclusion(
    std::vector<uint64_t> earlier_sizes) const {
  merkle::LogProofShape shape;
  shape.size = size_;
  shape.auditor_size = auditor_size_;
  shape.earlier_sizes = std::move(earlier_sizes);
  std::vector<Hash> leaf_values;
  for (const auto& [position, timestamp] : provided_) {
    shape.leaves.push_back(position);
    leaf_values.push_back(
        LogEntry{timestamp, prefix_roots_.at(position)}.LeafValue());
  }
  std::vector<Hash> subtrees;
  if (retained_ != nullptr) {
    shape.retained_size = retained_->size();
    subtrees = retained_->full_subtrees;
  }
  size_t expected = merkle::ProofNodes(shape).size();
  if (proof_.inclusion.size() != expected) {
    return CountMismatch("inclusion", proof_.inclusion.size(),
                         absl::StrCat(expected));
  }
  auto result =
      merkle::EvaluateProof(shape, leaf_values, subtrees, proof_.inclusion);
  if (!result.ok()) {
    return Refuse(RefusalReason::kRootMismatch, result.status().message());
  }
  return result;
}

absl::StatusOr<TreeView> ProofConsumer::Finish() {
  std::vector<DistinguishedEntry> none;
  return Finish(none);
}

absl::StatusOr<TreeView> ProofConsumer::Finish(
    std::vector<DistinguishedEntry>& entries) {
  if (next_timestamp_ != proof_.timestamps.size()) {
    return CountMismatch("timestamps", proof_.timestamps.size(),
                         absl::StrCat(next_timestamp_));
  }
  if (next_proof_ != proof_.prefix_proofs.size()) {
    return CountMismatch("prefix_proofs", proof_.prefix_proofs.size(),
                         absl::StrCat(next_proof_));
  }
  SEALBOOK_RETURN_IF_ERROR(ConsumePrefixRoots());
  // An entry that a ladder came from is bound by its timestamp in the proof, or
  // by having been retained.
  for (const auto& [position, root] : prefix_roots_) {
    if (!provided_.contains(position) && Retained(position) == nullptr) {
      return absl::InternalError(
          absl::StrCat("log entry ", position, " has no timestamp"));
    }
  }
  std::vector<uint64_t> earlier_sizes;
  earlier_sizes.reserve(entries.size());
  for (const DistinguishedEntry& entry : entries) {
    earlier_sizes.push_back(entry.position + 1);
  }
  SEALBOOK_ASSIGN_OR_RETURN(merkle::LogProofResult result,
                            EvaluateInclusion(std::move(earlier_sizes)));
  auditor_root_ = result.auditor_root;
  for (size_t i = 0; i < entries.size(); ++i) {
    entries[i].entry = EntryAt(entries[i].position);
    for (uint64_t position : Frontier(entries[i].position + 1)) {
      // The walk has passed it on its way.
      if (!timestamps_.contains(position)) {
        return absl::InternalError(
            absl::StrCat("log entry ", position, " was not passed"));
      }
      entries[i].frontier.push_back(EntryAt(position));
    }
    entries[i].full_subtrees = std::move(result.earlier[i]);
  }

  TreeView view;
  view.tree_head.tree_size = size_;
  view.full_subtrees = std::move(result.full_subtrees);
  for (uint64_t position : Frontier(size_)) {
    view.frontier.push_back(EntryAt(position));
  }
  return view;
}

}  // namespace sealbook::keytrans
