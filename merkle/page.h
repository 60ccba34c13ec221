// One page of the prefix tree: a node at a depth divisible by four and up to
// four bit-levels below it, as stored.
//
//   SEALBOOK_ASSIGN_OR_RETURN(std::shared_ptr<const Page> page,
//                             Page::Decode(bytes));
//   if (page->hash() != named) return absl::DataLossError(...);
//   switch (page->kind(Page::Child(Page::kRoot, key.Bit(depth)))) ...
//
// Format. Integers are unsigned LEB128 in their shortest form.
//
//   page      = format node [check]
//   format    = 0x01
//   node      = empty / leaf / parent / reference
//   empty     = 0x00
//   leaf      = 0x01 vrf_output commitment     ; 32 and 32 bytes
//   parent    = 0x02 node node                 ; left, right
//   reference = 0x03 id hash                   ; hash is 32 bytes
//   id        = position ordinal               ; PageId
//   check     = the first 4 bytes of SHA-256 over all ids, as they stand there
//
// The first node is the page's root, at level 0 of the page. A parent sits at
// levels 0 to 3; a reference at level 4 only, in place of a parent that has a
// page of its own, and gives that parent's value. A leaf may sit at any level:
// a lonely leaf at level 4 stays in this page. An empty node is the missing
// child of a parent, whose other child is then a parent or a reference (a leaf
// without a neighbour would sit higher). `check` is there if a reference is. It
// guards the ids, the only part of a page that its root's value does not cover:
// a damaged id would else be copied into every later version of the page.
#ifndef SEALBOOK_MERKLE_PAGE_H_
#define SEALBOOK_MERKLE_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "merkle/page_store.h"
#include "merkle/prefix_proof.h"

namespace sealbook::merkle {

// Immutable, thread-safe. Holds the value of every node in it, so that a cached
// page answers for siblings without hashing.
class Page {
 public:
  // Bit-levels below a page's root.
  static constexpr size_t kLevels = 4;

  // The numbers are part of the format.
  enum class Kind : uint8_t {
    kEmpty = 0,
    kLeaf = 1,
    kParent = 2,
    kReference = 3,
  };

  // Places are numbered like a binary heap: the root is 1, the children of
  // place p are 2p and 2p + 1, level 4 is 16 to 31.
  using Place = uint32_t;
  static constexpr Place kRoot = 1;
  static constexpr Place kFirstBottom = Place{1} << kLevels;
  static constexpr Place kEnd = 2 * kFirstBottom;
  static Place Child(Place place, bool bit) { return 2 * place + bit; }
  // 0 to kLevels.
  static size_t Level(Place place);

  // DATA_LOSS: the bytes break the format above. Bytes that keep it, but are
  // not those written, give another hash().
  static absl::StatusOr<std::shared_ptr<const Page>> Decode(
      absl::string_view bytes);

  // kEmpty also for places below a leaf, a reference or a missing child.
  Kind kind(Place place) const;
  // The value of the page's root.
  const crypto::Hash& hash() const { return hash(kRoot); }
  // The node's value, for a reference that of the page it names; 32 zero bytes
  // where kind is kEmpty.
  const crypto::Hash& hash(Place place) const;
  // Requires: kind(place) == kLeaf.
  const PrefixLeaf& leaf(Place place) const;
  // Requires: kind(place) == kReference.
  const PageId& reference(Place place) const;

  // What this page occupies, for a cache's budget.
  size_t MemoryBytes() const;

 private:
  friend class PageDecoder;
  Page() = default;

  // Bit p is set when place p is such a node; the vectors below list their
  // nodes in ascending order of place, and nothing else.
  uint32_t leaf_places_ = 0;
  uint32_t parent_places_ = 0;
  uint32_t reference_places_ = 0;
  std::vector<crypto::Hash> hashes_;
  std::vector<PrefixLeaf> leaves_;
  std::vector<PageId> references_;
};

// Writes pages, node by node in the order of the format. Reusable.
//
//   writer.AddParent();
//   writer.AddLeaf(left);
//   writer.AddReference(id, hash);
//   std::string bytes = writer.Finish();
//
// The caller keeps the format's rules; Decode refuses what breaks them.
class PageWriter {
 public:
  PageWriter() { Clear(); }

  void AddEmpty();
  void AddLeaf(const PrefixLeaf& leaf);
  // Its left node and all below follow, then its right.
  void AddParent();
  // `hash` is the value of the root of page `id`.
  void AddReference(const PageId& id, const crypto::Hash& hash);

  // The page; the writer is then ready for the next.
  std::string Finish();

 private:
  void Clear();

  std::string buffer_;
  // The ids among it, for the check.
  std::string ids_;
};

}  // namespace sealbook::merkle

#endif  // SEALBOOK_MERKLE_PAGE_H_
