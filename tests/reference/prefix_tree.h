// The prefix tree, recomputed from the list of its leaves ("Prefix Tree" in
// "Tree Construction", "Cryptographic Computations" and "Tree Proofs").
#ifndef SEALBOOK_TESTS_REFERENCE_PREFIX_TREE_H_
#define SEALBOOK_TESTS_REFERENCE_PREFIX_TREE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "tests/reference/structures.h"

namespace sealbook::reference {

// Values of parent nodes already hashed. The key is a tree's name, the node's
// prefix as '0' and '1', and the number of leaves below it: trees that only
// ever gain leaves may share a name, because among them the number says which
// leaves these are.
using PrefixCache =
    std::map<std::tuple<uint64_t, std::string, size_t>, std::string>;

// A tree as the list of its leaves, ascending by VRF output, no two alike.
struct PrefixTree {
  uint64_t name = 0;
  std::vector<PrefixLeaf> leaves;
};

// 32 zero bytes for the tree without leaves. The cache may be null.
std::string PrefixRoot(const PrefixTree& tree, PrefixCache* cache);

// The proof of looking up these search keys: results in the order of the
// keys, elements from left to right. No keys give no results and the root as
// the only element. Aborts if a search ends deeper than one byte can say.
PrefixProof ProvePrefix(const PrefixTree& tree,
                        const std::vector<std::string>& keys,
                        PrefixCache* cache);

// A search key that a verifier looks up, and the commitment that it expects to
// find, or nothing if it could not follow an inclusion.
struct Lookup {
  std::string vrf_output;
  std::optional<std::string> commitment;
};

// Exactly one is set: the root that the proof leads to, or why it is refused.
struct PrefixEvaluation {
  std::string root;
  std::string error;
};
PrefixEvaluation EvaluatePrefix(const std::vector<Lookup>& lookups,
                                const PrefixProof& proof);

// "Auditing", step 7: the root after these lookups' leaves in `removed` were
// taken away and then those in `added` put in. Keys of both are looked up, and
// EvaluatePrefix has accepted the proof. A removed leaf becomes a missing
// child; nothing moves up into its place, but a parent without children is
// missing too.
std::string ChangedPrefixRoot(const std::vector<Lookup>& lookups,
                              const PrefixProof& proof,
                              const std::vector<PrefixLeaf>& added,
                              const std::vector<PrefixLeaf>& removed);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_PREFIX_TREE_H_
