// Search binary ladders ([KT] "Binary Ladder" under "Greatest-Version Search").
#ifndef SEALBOOK_KEYTRANS_SEARCH_LADDER_H_
#define SEALBOOK_KEYTRANS_SEARCH_LADDER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "keytrans/proof_handle.h"

namespace sealbook::keytrans {

// The lookups that a response has made, so that none is made twice and that
// they agree (docs/protocol.md, "History").
class MadeLookups {
 public:
  // Absent: this one has not been made.
  std::optional<bool> Find(uint32_t version, uint64_t position) const;
  // Refused (kLadder): an entry to the left of another one includes what that
  // one lacks. Leaves are only added.
  absl::Status Add(uint32_t version, uint64_t position, bool included);

 private:
  // By position, of each version.
  std::map<uint32_t, std::map<uint64_t, bool>> made_;
};

// What the lookups of one search have shown, so that redundant ones are left
// out: leaves are only added, so what is included in an entry is included in
// those to its right. What other searches have inspected must not count: a
// search ends in entries that owners check, but others of a response may have
// seen some that nobody does.
class KnownLookups {
 public:
  // Of a search that is a response of its own.
  KnownLookups() = default;
  // Of one among others in a response; `made` outlives this.
  explicit KnownLookups(MadeLookups& made) : made_(&made) {}

  // Looks `version` up in the proof that was begun at `position`, unless that
  // is redundant or was made already.
  absl::StatusOr<bool> Lookup(ProofHandle& handle, uint32_t version,
                              uint64_t position);
  // The same as a PrefixProof of its own, also when it is redundant; no
  // PrefixProof at all when it was made already.
  absl::StatusOr<bool> SingleLookup(ProofHandle& handle, uint32_t version,
                                    uint64_t position);

 private:
  // Absent: the lookup is not redundant.
  std::optional<bool> Redundant(uint32_t version, uint64_t position) const;
  std::optional<bool> Made(uint32_t version, uint64_t position) const;
  absl::Status Add(uint32_t version, uint64_t position, bool included);

  MadeLookups* made_ = nullptr;
  // The leftmost entry with an inclusion proof, and the rightmost with a
  // non-inclusion proof, by version.
  std::map<uint32_t, uint64_t> leftmost_inclusion_;
  std::map<uint32_t, uint64_t> rightmost_non_inclusion_;
};

// How the greatest version in one log entry compares with the target version.
enum class LadderOutcome { kLess, kEqual, kGreater };

class SearchLadder {
 public:
  // `handle` and `known` outlive this.
  SearchLadder(ProofHandle& handle, KnownLookups& known, uint32_t target);

  // Obtains a ladder from the entry at `position` as one PrefixProof. It ends
  // after the first lookup that disagrees with the target being the greatest.
  absl::StatusOr<LadderOutcome> Obtain(uint64_t position);

 private:
  ProofHandle& handle_;
  KnownLookups& known_;
  uint32_t target_;
  std::vector<uint32_t> versions_;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_SEARCH_LADDER_H_
