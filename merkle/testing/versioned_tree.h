// A prefix tree with its store and all its versions, and a source of leaves to
// fill it, for tests.
#ifndef SEALBOOK_MERKLE_TESTING_VERSIONED_TREE_H_
#define SEALBOOK_MERKLE_TESTING_VERSIONED_TREE_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/prefix_proof.h"
#include "merkle/prefix_tree.h"
#include "merkle/testing/memory_page_store.h"
#include "merkle/testing/random_leaves.h"

namespace sealbook::merkle::testing {

// The leaves that successive log entries add.
using Entries = std::vector<std::vector<PrefixLeaf>>;

struct VersionedTree {
  // The position of the first log entry.
  static constexpr uint64_t kFirst = 5;

  // Adds log entries to the newest version. An error changes nothing.
  absl::Status Insert(const Entries& entries,
                      const ParallelFor& parallel = SerialFor());

  absl::StatusOr<PrefixProof> Prove(const std::vector<crypto::VrfOutput>& keys,
                                    size_t version);
  // In the newest version.
  absl::StatusOr<PrefixProof> Prove(const std::vector<crypto::VrfOutput>& keys);

  MemoryPageStore store;
  // The empty tree first, then one a log entry.
  std::vector<PrefixTreeVersion> versions = {PrefixTreeVersion()};
};

// Random entries in which many keys share long prefixes (up to 40 bits), so
// that small trees already grow several pages deep. Never the same key twice.
class EntrySource {
 public:
  explicit EntrySource(uint64_t seed) : leaves(seed) {}

  // `entries` entries of 1 to `most_leaves` leaves.
  Entries Next(size_t entries, size_t most_leaves);

  // Some that exist (perhaps in later versions only), some that do not, some
  // twice.
  std::vector<crypto::VrfOutput> SearchKeys(size_t count);

  RandomLeaves leaves;
  // All keys given out so far.
  std::vector<crypto::VrfOutput> keys;

 private:
  crypto::VrfOutput NewKey();

  std::set<crypto::VrfOutput> used_;
};

}  // namespace sealbook::merkle::testing

#endif  // SEALBOOK_MERKLE_TESTING_VERSIONED_TREE_H_
