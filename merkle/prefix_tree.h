// The prefix tree over immutable pages ([KT] "Prefix Tree" under "Tree
// Construction" and "Cryptographic Computations"): lookups as of any log entry,
// and insertion of the leaves of several successive log entries at once.
//
// A page holds up to four bit-levels (16 places below its root); merkle/page.h
// has its format. Leaves are only added, never changed or removed.
#ifndef SEALBOOK_MERKLE_PREFIX_TREE_H_
#define SEALBOOK_MERKLE_PREFIX_TREE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "crypto/types.h"
#include "merkle/page_store.h"
#include "merkle/prefix_proof.h"

namespace sealbook::merkle {

// The tree as of one log entry.
struct PrefixTreeVersion {
  // Absent for the empty tree, whose root is 32 zero bytes.
  std::optional<PageId> root_page;
  crypto::Hash root;
};

// Search keys looked up in one tree version, in proof order.
struct PrefixLookup {
  PrefixTreeVersion tree;
  std::vector<crypto::VrfOutput> keys;
};

// Answers all lookups with one batched read a page level (a page that several
// lookups need is read once). Result i proves lookups[i]; its elements are the
// fewest possible, also where several searches end at one node. Without keys
// the proof is the root alone, and nothing is read. DATA_LOSS: a stored page is
// missing or broken, its hash is not the one that named it, or a leaf is not
// where its search key leads. INVALID_ARGUMENT: more than
// kMaxPrefixProofResults keys in one lookup. Errors of the store are handed on.
// Thread-safe.
absl::StatusOr<std::vector<PrefixProof>> ProveLookups(
    PageStore& pages, absl::Span<const PrefixLookup> lookups);

// The leaves with these search keys, in the keys' order. DATA_LOSS also: one is
// not in the tree. Other errors as ProveLookups. Thread-safe.
absl::StatusOr<std::vector<PrefixLeaf>> ReadLeaves(
    PageStore& pages, const PrefixTreeVersion& tree,
    absl::Span<const crypto::VrfOutput> keys);

// A page to be stored; merkle/page.h has its format.
struct NewPage {
  PageId id;
  std::string bytes;
};

struct PrefixTreeUpdate {
  // One a log entry, in order.
  std::vector<PrefixTreeVersion> versions;
  // Ascending by id.
  std::vector<NewPage> pages;
};

// Runs `task(0) .. task(n - 1)`, possibly in parallel, and returns when all
// have ended.
using ParallelFor =
    std::function<void(size_t n, const std::function<void(size_t)>& task)>;

// Inserts the leaves of successive log entries at positions first_position,
// first_position + 1, ...: `entries[i]` are the leaves that entry i adds (at
// least one), and versions[i] is the tree after it. Nothing is stored. The
// result does not depend on how `parallel` schedules.
// That an entry has at most 255 leaves, so that it can be audited, is the
// caller's business: only the proof for the auditor is bound by it.
// ALREADY_EXISTS: a search key is in the tree already, or twice in `entries`.
// INVALID_ARGUMENT: an entry without leaves; first_position not after base's
// (its pages would be overwritten); two search keys that share 255 bits, whose
// depth no proof can express. DATA_LOSS and errors of the store: as in
// ProveLookups.
absl::StatusOr<PrefixTreeUpdate> InsertLeaves(
    PageStore& pages, const PrefixTreeVersion& base, uint64_t first_position,
    absl::Span<const std::vector<PrefixLeaf>> entries,
    const ParallelFor& parallel);

}  // namespace sealbook::merkle

#endif  // SEALBOOK_MERKLE_PREFIX_TREE_H_
